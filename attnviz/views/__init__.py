"""Ways to look at results, one file each: (result, choices) -> exhibits. Pages, shell, notebook and files show these."""

from collections.abc import Mapping, Sequence
from typing import Any

from attnviz.errors import InputError
from attnviz.exhibit import Exhibit
from attnviz.results import Outcome
from attnviz.state import chosen
from attnviz.views import (
    alignment,
    cross_heads,
    hard,
    long_text,
    mechanism,
    mechanism_photo,
    photo_channel,
    photo_hard,
    photo_self,
    photo_soft,
    photo_spatial,
    reading,
    regression,
    self_attention,
    series_ahead,
    series_past,
    soft,
    writing,
)
from attnviz.views.view import View

# In the order in which a page has them; the first that applies is shown where none is asked for.
VIEWS: tuple[View[Any], ...] = (
    self_attention.VIEW,
    long_text.VIEW,
    soft.VIEW,
    hard.VIEW,
    alignment.VIEW,
    cross_heads.VIEW,
    writing.VIEW,
    reading.VIEW,
    photo_hard.VIEW,
    photo_soft.VIEW,
    photo_self.VIEW,
    photo_spatial.VIEW,
    photo_channel.VIEW,
    series_ahead.VIEW,
    series_past.VIEW,
    mechanism.VIEW,
    mechanism_photo.VIEW,
    regression.VIEW,
)


def views_of(result: Outcome) -> list[View[Any]]:
    """The views that apply to a result."""
    return [view for view in VIEWS if view.applies(result)]


def exhibits(result: Outcome, view: str | None = None, texts: Mapping[str, str] | None = None) -> Sequence[Exhibit]:
    """What a view shows of a result; `texts`: name of a choice -> its value as an address has it.

    InputError where there is no such view of this result, or a choice is not allowed.
    """
    found = {each.name: each for each in views_of(result)}
    name = view or next(iter(found), "")
    if name not in found:
        finding = f"there is no view “{name[:40]}” of this result" if name else "there is no view of this result"
        raise InputError(finding, f"views are {', '.join(found)}" if found else "take the numbers, as .npz or .json")
    return found[name].exhibits(result, chosen(found[name].choices(result), texts or {}))


__all__ = ["VIEWS", "View", "exhibits", "views_of"]
