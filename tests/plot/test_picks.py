"""Figures of hard choices, and of one row, hold the numbers they are given."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.weights import Dense
from tests.tiny import attention, gates

NAMES = ("so", "<b>", "so")


def maps(odds: list[float], picked: list[int], names: tuple[str, ...] = NAMES) -> tuple[AttentionMap, AttentionMap]:
    first = replace(gates(odds), kind="hard", mechanism="bernoulli", axes=("word",), labels={"word": names}, layer="odds")
    return first, replace(first, norm="binary", weights=Dense(np.array(picked, np.float32)), layer="picks")


def test_picked_words_are_filled_and_others_outlined() -> None:
    bars, squares = plot.hard_choice(*maps([0.9, 0.2, 0.001], [1, 0, 1])).data
    assert list(bars.y) == pytest.approx([0.9, 0.2, 0.001])
    assert [colour.endswith(", 0)") for colour in bars.marker.color] == [False, True, False]
    assert list(squares.marker.symbol) == ["square", "square-open", "square"]
    assert squares.marker.opacity[1] == pytest.approx(0.15 + 0.85 * 0.2)
    assert list(bars.x) == ["so", "&lt;b&gt;", "so\u200b"]


def test_of_very_many_words_picked_ones_still_stand_out() -> None:
    bars, squares = plot.hard_choice(*maps([0.5] * 100, [1, 0] * 50, tuple(map(str, range(100))))).data
    strong, faint = bars.marker.color[:2]
    assert (strong.split(", ")[-1], faint.split(", ")[-1]) == ("0.75)", "0.3)")
    assert list(squares.marker.opacity[:4]) == [1, 0, 1, 0]


@pytest.mark.parametrize(("seed", "how"), [(None, "those with odds above one half"), (8, "each drawn by its odds, with seed 8")])
def test_the_caption_of_a_choice_says_what_was_picked_how_and_what_is_open(seed: int | None, how: str) -> None:
    assert plot.choice_caption(*maps([0.5, 0.25, 0.0], [1, 0, 0]), 1.8113, "tiny", seed) == (
        "Bars: the odds of each word, a number between 0 and 1 of its own, so nothing sums to 1. Filled, under a square: picked. "
        f"1 of 3 are picked, {how}. “so” has the largest odds, 0.500. The odds leave 1.81 bits open, as much as 1.81 tosses of a "
        "fair coin: 0 bits would mean that every draw picks the same, and even odds for 3 words would leave 3. Hard attention "
        "of tiny (bernoulli, odds and picks)."
    )


def test_samples_are_counted_in_twentieths_and_even_ones_count_upwards() -> None:
    bars, now = plot.decisions([0.0, 0.01, 0.5, 0.51, 0.52, 1.0], "<b>", 0.51).data
    counts = [2, *[0] * 9, 3, *[0] * 8, 1]
    assert list(bars.y) == counts
    assert list(bars.text) == [str(count) if count else "" for count in counts]
    assert bars.x[10] == pytest.approx(0.525)
    assert bars.marker.color[9] != bars.marker.color[10]
    assert list(now.x) == [0.51]


def test_the_whisker_is_the_error_and_ends_at_0_and_1() -> None:
    odds, means, errors = np.array([0.5, 0.99]), np.array([0.4, 1.0]), np.array([0.1, 0.02])
    figure = plot.against_odds(("a", "b"), odds, means, errors)
    bars, points = figure.data
    assert list(bars.x) == [0.5, 0.99]
    assert list(points.x) == [0.4, 1.0]
    assert list(bars.error_x.array) == pytest.approx([0.1, 0.01])
    assert list(bars.error_x.arrayminus) == pytest.approx([0.1, 0.02])


def test_of_many_words_those_with_the_largest_odds_stand_in_the_order_of_the_sentence() -> None:
    odds = np.linspace(0, 1, 100)[::-1].copy()
    odds[[3, 60]] = odds[[60, 3]]
    bars, points = plot.against_odds(tuple(f"w{i}" for i in range(100)), odds, odds, odds * 0).data
    expected = [i for i in range(30) if i != 3] + [60]
    assert list(bars.y) == list(points.y) == [f"w{i}" for i in expected]
    assert list(bars.x) == [odds[i] for i in expected]


@pytest.mark.parametrize("size", [1, 41, 256])
def test_any_number_of_words_can_be_drawn_and_sent(size: int) -> None:
    names = tuple(f"word {i}" for i in range(size))
    odds = [i / size for i in range(size)]
    figures = [
        plot.hard_choice(*maps(odds, [0] * size, names)), plot.against_odds(names, np.array(odds), np.array(odds), np.array(odds)),
        plot.one_row(attention(np.full(size, 1 / size), axes=("key",)).labelled(key=names)),
    ]  # fmt: skip
    assert max(len(figure.to_json()) for figure in figures) <= 500_000


def test_one_row_holds_the_weights_and_frames_the_locked_word() -> None:
    m = attention([0.5, 0.2, 0.3], axes=("key",)).labelled(key=NAMES)
    figure = plot.one_row(m, 0.5, locked=1)
    (cells,) = figure.data
    np.testing.assert_allclose(cells.z, [[0.5, 0.2, 0.3]], atol=1e-7)
    assert list(cells.x) == ["so", "&lt;b&gt;", "so\u200b"]
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1) == (0.5, 1.5)
    assert cells.zmax == 0.5
