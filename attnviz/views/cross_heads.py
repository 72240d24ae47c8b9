"""All heads with which the output of a Transformer looks at the source."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain.sides import by_side
from attnviz.maps import AttentionMap
from attnviz.results import Translation
from attnviz.state import Choice, Chosen
from attnviz.views.alignment import choices as of_alignment
from attnviz.views.heads import MEAN
from attnviz.views.translated import merging, of_place, sides
from attnviz.views.view import View


def exhibits(result: Translation, chosen: Chosen) -> Sequence[Exhibit]:
    """A picture of each, and the chosen one."""
    words = sides(result, chosen["merge"])
    m, place = of_place(result, "alignment", chosen)
    shown = by_side(m, words["output"], words["source"])
    caption = plot.caption(shown, result.card.name, None, place)
    detail = Exhibit("map", f"{place}: output looks at source", (plot.heatmap(shown),), caption, (shown,), result, width=0.5)
    return pictures(result, result.tape.of("alignment"), chosen), detail


def pictures(result: Translation, maps: Sequence[AttentionMap], chosen: Chosen) -> Exhibit:
    """One for each layer and head; a click chooses one."""
    head = chosen["head"]
    figure = plot.thumbnails([[*m.dense()] for m in maps], None if head == MEAN else (chosen["layer"], head))
    caption = f"{maps[0].size('head')} heads in each of {len(maps)} layers: rows, the tokens written, look at columns, those read."
    legend = "One picture a head, scaled to its own largest weight. Click one to see it in detail."
    return Exhibit("heads", "All heads", (figure,), caption, maps, result, legend, width=0.5, picks=("layer", "head"))


def choices(result: Translation) -> Sequence[Choice]:
    """Layer and head, as where one step is looked at."""
    return *(choice for choice in of_alignment(result) if choice.name in ("layer", "head")), merging()


VIEW = View(
    "cross-heads", "All its heads", Translation, exhibits, choices,
    lambda result: any("head" in m.axes for m in result.tape.of("alignment")),
)  # fmt: skip
