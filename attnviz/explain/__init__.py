"""Maps -> map or score."""

from attnviz.explain.heads import sharpness
from attnviz.explain.patches import over_patches
from attnviz.explain.words import by_word

__all__ = ["by_word", "over_patches", "sharpness"]
