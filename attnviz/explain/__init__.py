"""Maps -> map or score."""

from attnviz.explain.heads import Glance, glance, sampled, sharpness
from attnviz.explain.patches import over_patches
from attnviz.explain.streamed import Overview, looked_at_by, overview
from attnviz.explain.words import by_word, find, shown_words, totals

__all__ = [
    "Glance",
    "Overview",
    "by_word",
    "find",
    "glance",
    "looked_at_by",
    "over_patches",
    "overview",
    "sampled",
    "sharpness",
    "shown_words",
    "totals",
]
