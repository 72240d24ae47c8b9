"""Colours say the same with any colour vision, in light and in dark.

Dichromatic vision is simulated with the matrices of Machado et al., 2009, doi:10.1109/TVCG.2009.113, at full severity.
"""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from attnviz import plot
from attnviz.plot.drawn import drawn
from attnviz.plot.style import AMBER, BLUE, TEAL, fade
from tests.tiny import attention, gates, rows

VISIONS = {
    "trichromat": np.eye(3),
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
PAGES = {"light": (255, 255, 255), "dark": (14, 17, 23)}
SHADE = np.array([0.2126, 0.7152, 0.0722])


def linear(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB bytes -> linear light, IEC 61966-2-1."""
    share = colour / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def seen(colour: NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    return np.clip(np.asarray(VISIONS[vision]) @ linear(colour), 0, 1)


def on_page(rgba: str, page: tuple[int, int, int]) -> NDArray[np.float64]:
    red, green, blue, alpha = (float(part) for part in rgba.removeprefix("rgba(").removesuffix(")").split(","))
    return alpha * np.array([red, green, blue]) + (1 - alpha) * np.array(page)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("hue", [BLUE, AMBER, TEAL])
def test_a_scale_moves_away_from_the_page_step_by_step(hue: str, page: str, vision: str) -> None:
    shades = [float(SHADE @ seen(on_page(str(colour), PAGES[page]), vision)) for _, colour in fade(hue)]
    steps = np.diff(shades)
    assert np.all(steps < 0) if page == "light" else np.all(steps > 0)
    brighter, darker = max(shades), min(shades)
    assert (brighter + 0.05) / (darker + 0.05) > 2.5


@pytest.mark.parametrize("vision", VISIONS)
def test_a_gate_is_never_the_colour_of_a_distribution(vision: str) -> None:
    blue, amber = (seen(np.array([float(part) for part in hue.split(",")]), vision) for hue in (BLUE, AMBER))
    assert np.abs(blue - amber).max() > 0.25


def test_what_is_drawn_without_plotlys_check_passes_it() -> None:
    words = attention(rows(5, 5), tuple("abcde"))
    figures = [
        plot.heatmap(words, 0.5, locked=2), plot.difference(words, attention(rows(5, 5)[::-1], tuple("abcde"))),
        plot.thumbnails([[rows(4, 4)] * 3] * 2, chosen=(1, 2)), plot.thumbnails([[rows(4, 4)]], hints=["layer 0, head 0"]),
        plot.probabilities([("a", 0.9), ("b", 0.1)]), plot.word_weights(("a", "b"), [0.1, 0.9]),
        plot.one_row(replace(gates([0.1, 0.2, 0.7]), axes=("key",), labels={"key": ("a", "b", "c")}), 1, 2),
        plot.ranks(["a", "b"], [0.2, -0.1], [(0, 1), (1, 0)], 1), plot.thumbnails([[rows(4, 4)]], values=[["0.0"]]),
        plot.curves(({0: 1.0, 1: 0.5, 2: 0.0}, {1: np.array([0.4, 0.8])}), ({0: 0.0, 1: 0.5, 2: 1.0}, {1: np.ones(2)}), "words"),
        plot.channel_gates(gates([0.5, 0.1, 0.9])), plot.channel_gates(gates([0, 0.1, 1]), gates([0.5, 0.1, 0.9]), (0, 2)),
    ]  # fmt: skip
    for figure in figures:
        checked = go.Figure(figure.to_dict())  # a ValueError where a property or its value is none
        assert checked == figure
        assert len(figure.data) == len(checked.data) > 0


def test_plotlys_check_would_find_a_wrong_property() -> None:
    with pytest.raises(ValueError, match="colour"):
        go.Figure(drawn([{"type": "bar", "y": [1], "colour": "red"}], 100).to_dict())
