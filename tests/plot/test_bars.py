"""Ranked bars show the numbers they are given, the largest first."""

import numpy as np
import pytest

from attnviz.plot import channel_gates, probabilities, three_digits, word_weights
from tests.tiny import gates


def test_probabilities_stand_in_the_order_given() -> None:
    (bars,) = probabilities([("ship", 0.75), ("cat", 0.2), ("dog", 0.05)]).data
    assert list(bars.x) == [0.75, 0.2, 0.05]
    assert list(bars.y) == ["ship", "cat", "dog"]
    assert list(bars.text) == ["0.750", "0.200", "0.050"]


def test_labels_of_a_card_are_no_markup() -> None:
    assert list(probabilities([("<b>", 1.0)]).data[0].y) == ["&lt;b&gt;"]


def test_channels_are_ranked_by_gate_and_keep_their_numbers() -> None:
    figure = channel_gates(gates([0.25, 1.0, 0.5, 0.5]))
    (bars,) = figure.data
    assert list(bars.x) == ["1", "2", "3", "0"]
    assert list(bars.y) == [1, 0.5, 0.5, 0.25]
    assert tuple(figure.layout.yaxis.range) == (0, 1)
    assert figure.layout.shapes[0].y0 == 0.5


@pytest.mark.parametrize("channels", [1, 40, 41, 2048])
def test_any_number_of_channels_can_be_drawn_and_sent(channels: int) -> None:
    figure = channel_gates(gates(np.random.default_rng(0).random(channels)))
    assert len(figure.data[0].x) == channels
    assert len(figure.to_json()) <= 500_000


def test_words_are_ranked_by_weight_and_at_most_twelve() -> None:
    weights = [0.01 * i for i in range(14)]
    (bars,) = word_weights(tuple("abcdefghijklmn"), weights).data
    assert list(bars.y) == list("nmlkjihgfedc")
    assert list(bars.x) == sorted(weights, reverse=True)[:12]


def test_the_same_word_twice_stays_two_bars() -> None:
    (bars,) = word_weights(("so", "so", "<i>"), [0.2, 0.5, 0.3]).data
    assert list(bars.x) == [0.5, 0.3, 0.2]
    assert list(bars.y) == ["so\u200b", "&lt;i&gt;", "so"]


@pytest.mark.parametrize(
    ("probability", "text"), [(0.99951, "> 0.999"), (0.9994, "0.999"), (0.0004, "< 0.001"), (0.0, "0.000"), (0.25, "0.250")]
)
def test_a_probability_never_rounds_to_certainty(probability: float, text: str) -> None:
    assert three_digits(probability) == text
