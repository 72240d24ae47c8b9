"""A net looked into, and changed from within, for one call and in one thread: nothing is set on the model."""
