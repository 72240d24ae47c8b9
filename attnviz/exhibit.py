"""An exhibit: everything about one thing that is shown, so that a page, a notebook and a file show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attnviz.maps import AttentionMap
from attnviz.results import Outcome

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from attnviz.plot import Picture, Words


@dataclass(frozen=True)
class Exhibit:
    """`name`: its id among those of its view. `figures` stand in a row; `legend` says what their colours and marks mean.

    `caption`: full sentences with numbers; `spoken`: what is read to those who do not see the figures, "" for the caption.
    `maps`: the numbers behind it, each with its receipt. `result`: what was put in and decided. `width`: its share of a page.
    `picks`: the choices that a click on a mark or word sets, in the order of its values; `drags`: the window that a box sets.
    `help`: two sentences at most on a term of it.
    """

    name: str
    title: str
    figures: "Sequence[go.Figure | Words | Picture]"
    caption: str
    maps: Sequence[AttentionMap]
    result: Outcome
    legend: str = ""
    spoken: str = ""
    width: float = 1.0
    picks: tuple[str, ...] = ()
    drags: str = ""
    help: str = ""

    @property
    def alt(self) -> str:
        """What is read aloud."""
        return self.spoken or self.caption

    @property
    def text(self) -> str:
        """Caption and legend, in one."""
        return " ".join(filter(None, (self.caption, self.legend)))


def main(exhibits: Sequence[Exhibit]) -> Exhibit:
    """The one of some that says most: the map in detail, or the first that is not a sentence alone."""
    named = next((each for each in exhibits if each.name == "map"), None)
    return named or next((each for each in exhibits if each.maps and not _sentence(each)), exhibits[0])


def _sentence(exhibit: Exhibit) -> bool:
    return all(hasattr(figure, "labels") for figure in exhibit.figures)


def rows(exhibits: Sequence[Exhibit]) -> list[list[Exhibit]]:
    """As they stand on a page: in their order, as many in a row as their widths leave room for."""
    found: list[list[Exhibit]] = []
    for exhibit in exhibits:
        if found and sum(each.width for each in found[-1]) + exhibit.width <= 1.001:
            found[-1].append(exhibit)
        else:
            found.append([exhibit])
    return found
