"""Heads as a choice: one of them, or all of them: their mean, and where they share one distribution, their sum."""

from attnviz.maps import AttentionMap
from attnviz.state import Choice, OneOf

MEAN = "mean"


def head_choice(m: AttentionMap, name: str = "head") -> Choice:
    """Which head of a map with heads, by its name where it has one."""
    names = m.labels.get("head", tuple(f"Head {head}" for head in range(m.size("head"))))
    all_of_them = "All together" if m.norm == "partial" else "Mean of all heads"
    heads = OneOf((MEAN, *range(m.size("head"))), lambda head: all_of_them if head == MEAN else names[int(head)])
    return Choice(name, "Head", heads, MEAN)


def of_head(m: AttentionMap, head: int | str) -> AttentionMap:
    """The map of one head, or of all, with axes (query, key)."""
    if not isinstance(head, str):
        return m.at_head(head)
    return m.sum_of_heads() if m.norm == "partial" else m.mean_of_heads()


def placed(place: str, head: int | str) -> str:
    """A place with its head, for a caption."""
    return place if head == MEAN else f"{place}, head {head},"


def head_name(head: int | str) -> str:
    """What to call it within a sentence."""
    return "the mean of all heads" if head == MEAN else f"head {head}"
