"""Heads as a choice: one of them, or the mean of all."""

from attnviz.maps import AttentionMap
from attnviz.state import Choice, OneOf

MEAN = "mean"


def head_choice(m: AttentionMap, name: str = "head") -> Choice:
    """Which head of a map with heads."""
    heads = OneOf((MEAN, *range(m.size("head"))), lambda head: "Mean of all heads" if head == MEAN else f"Head {head}")
    return Choice(name, "Head", heads, MEAN)


def of_head(m: AttentionMap, head: int | str) -> AttentionMap:
    """The map of one head, or the mean of all, with axes (query, key)."""
    return m.mean_of_heads() if isinstance(head, str) else m.at_head(head)


def placed(place: str, head: int | str) -> str:
    """A place with its head, for a caption."""
    return place if head == MEAN else f"{place}, head {head},"


def head_name(head: int | str) -> str:
    """What to call it within a sentence."""
    return "the mean of all heads" if head == MEAN else f"head {head}"
