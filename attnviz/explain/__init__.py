"""Maps -> map or score."""

from attnviz.explain.heads import sharpness
from attnviz.explain.words import by_word

__all__ = ["by_word", "sharpness"]
