"""Models of others, as transformers saves them: in the cache of the Hugging Face hub, or in a folder.

Nothing of theirs is run but the weights: no code of a repository, no pickles.
"""
