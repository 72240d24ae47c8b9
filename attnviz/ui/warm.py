"""What a server does before its first visitor: everything late is imported, and what stays is taken out of garbage collection.

Importing this module does it, once, under Python's own lock: visitors who come at once wait for it.
"""

import gc

import pandas  # noqa: F401  (plotly looks at it while it draws, and must not find it half imported)
import plotly.graph_objects  # noqa: F401
import torch  # noqa: F401


def settle() -> None:
    """What is there by now stays: the collection after every run of a page need not look at it again.

    Streamlit collects all garbage after each run, and of an app with torch most of what it looks at are modules and models.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # of nearly nothing: when Python collects next depends on how much the last one found


settle()
