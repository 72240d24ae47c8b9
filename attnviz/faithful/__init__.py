"""Does a map explain a decision? Parts of the input are hidden, and the model is asked again."""

from attnviz.faithful.hiding import Hiding, hiding
from attnviz.faithful.methods import METHODS, rankings
from attnviz.faithful.trials import Tried, tried

__all__ = ["METHODS", "Hiding", "Tried", "hiding", "rankings", "tried"]
