"""How the past of a series looked at itself, before anything was forecast."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import SeriesResult
from attnviz.state import Choice, Chosen
from attnviz.views.heads import head_choice, of_head, placed
from attnviz.views.view import View


def exhibits(result: SeriesResult, chosen: Chosen) -> Sequence[Exhibit]:
    """Past steps over past steps."""
    series, head = result.encoded, chosen["past-head"]
    m = of_head(_past(result), head)
    figure = plot.states_map(m, series.times(series.start, series.first))
    place = placed("Past steps look at themselves and those before them", head)
    caption, legend = plot.caption(m, result.card.name, None, place), "The shade grows with the square root of the weight."
    return (Exhibit("states", "Before that: how the past looked at itself", (figure,), caption, (m,), result, legend),)


def choices(result: SeriesResult) -> Sequence[Choice]:
    """Which head; it is another one than that which looks from ahead."""
    return (head_choice(_past(result), "past-head"),)


def _past(result: SeriesResult) -> AttentionMap:
    return result.tape.of("past")[0]


VIEW = View("past", "The past itself", SeriesResult, exhibits, choices, lambda result: bool(result.tape.of("past")))
