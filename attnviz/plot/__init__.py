"""Maps -> Plotly figures; pure functions that neither run models nor display."""

from collections.abc import Callable

import plotly.graph_objects as go

from attnviz.plot.alignment import alignment
from attnviz.plot.bars import RANKED, channel_gates, probabilities, three_digits, word_weights
from attnviz.plot.caption import ALIKE, caption
from attnviz.plot.channels import before_after, feature_maps, gate_strip, marked, signed
from attnviz.plot.chosen_patches import chosen_patches, left_over, patches_caption, shares
from attnviz.plot.curves import curves
from attnviz.plot.difference import difference, place_difference, word_difference
from attnviz.plot.heads import MOST as MOST_HEADS
from attnviz.plot.heads import side_by_side
from attnviz.plot.heatmap import MAX_CELLS, MAX_LABELS, heatmap
from attnviz.plot.numbers import with_numbers
from attnviz.plot.overview import overview
from attnviz.plot.photo import FOOT, as_url, framed, gate_map, laid_over, overlay, photo, small
from attnviz.plot.picks import MOST as MOST_PICKS
from attnviz.plot.picks import against_odds, choice_caption, decisions, hard_choice
from attnviz.plot.picture import Picture, of_map
from attnviz.plot.ranks import ranks
from attnviz.plot.row import one_row
from attnviz.plot.sentence import sentence
from attnviz.plot.series import continued, states_map, steps_map
from attnviz.plot.strip import in_a_row
from attnviz.plot.thumbnails import thumbnails
from attnviz.plot.widths import width_errors
from attnviz.plot.words import Words

# The figure of a map by its axes.
PLOTS: dict[tuple[str, ...], Callable[..., go.Figure]] = {
    ("query", "key"): heatmap,
    ("row", "column"): gate_map,
    ("key_row", "key_column"): gate_map,
    ("channel",): channel_gates,
    ("key",): sentence,
    ("key picked",): sentence,
    ("query",): sentence,
    ("word",): sentence,
}

__all__ = [
    "ALIKE",
    "FOOT",
    "MAX_CELLS",
    "MAX_LABELS",
    "MOST_HEADS",
    "MOST_PICKS",
    "PLOTS",
    "RANKED",
    "Picture",
    "Words",
    "against_odds",
    "alignment",
    "as_url",
    "before_after",
    "caption",
    "channel_gates",
    "choice_caption",
    "chosen_patches",
    "continued",
    "curves",
    "decisions",
    "difference",
    "feature_maps",
    "framed",
    "gate_map",
    "gate_strip",
    "hard_choice",
    "heatmap",
    "in_a_row",
    "laid_over",
    "left_over",
    "marked",
    "of_map",
    "one_row",
    "overlay",
    "overview",
    "patches_caption",
    "photo",
    "place_difference",
    "probabilities",
    "ranks",
    "sentence",
    "shares",
    "side_by_side",
    "signed",
    "small",
    "states_map",
    "steps_map",
    "three_digits",
    "thumbnails",
    "width_errors",
    "with_numbers",
    "word_difference",
    "word_weights",
]
