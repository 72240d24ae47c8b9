"""The overview of a long text: what it shows and what it weighs."""

import numpy as np
import pytest

from attnviz import plot
from attnviz.explain import overview
from attnviz.maps import AttentionMap, edges
from attnviz.weights import DotProduct
from tests.tiny import attention, rows

LIMIT = 500_000


def test_a_cell_is_as_dark_as_the_root_of_its_weight() -> None:
    pooled = np.array([[0.0, 0.01], [0.04, 0.16]], dtype=np.float32)
    figure = plot.overview(pooled, edges(6, 2), edges(8, 2))
    assert figure.data[0].z.tolist() == [[0, 64], [128, 255]]  # 0, 1/4, 1/2 and all of 255
    assert list(figure.data[0].x) == [-0.5, 3.5, 7.5]
    assert list(figure.data[0].y) == [-0.5, 2.5, 5.5]
    assert figure.data[0].colorbar.ticktext == ("0", "0.04", "0.16")


def test_hovering_says_which_tokens_and_their_largest_weight() -> None:
    pooled = rows(64, 64)
    figure = plot.overview(pooled, edges(1000, 64), edges(1000, 64))
    first = figure.data[1].customdata[0]
    assert first[:4].tolist() == [0, 30, 0, 30]  # two tiles of 1000 / 64 tokens
    assert first[4] == pooled[:2, :2].max()
    assert len(figure.data[1].customdata) == 32 * 32


def test_the_window_is_framed_in_numbers_of_tokens() -> None:
    figure = plot.overview(rows(4, 4), edges(100, 4), edges(100, 4), window=(range(10, 20), range(50, 80)))
    (frame,) = figure.layout.shapes
    assert (frame.y0, frame.y1, frame.x0, frame.x1) == (9.5, 19.5, 49.5, 79.5)


@pytest.mark.parametrize("length", [100, 32_768])
def test_all_figures_of_a_view_together_stay_below_the_limit_at_any_length(length: int) -> None:
    random = np.random.default_rng(0)
    query, key = (random.standard_normal((1, length, 2)).astype(np.float32) for _ in range(2))
    names = tuple(f"word{i}" for i in range(length))
    m = AttentionMap(
        "l", "self", "multi-head", "softmax", ("head", "query", "key"), DotProduct(query, key, 1.0), {"query": names, "key": names}
    )
    sizes = edges(length, 256)
    read = plot.overview(rows(len(sizes) - 1, len(sizes) - 1), sizes, sizes)
    part = overview(m, 0, 128, range(min(length, 512)), range(length))
    zoom = plot.overview(part.pooled, part.rows, part.columns)
    heads = plot.thumbnails([[rows(24, 24)] * 12] * 12)
    exact = plot.heatmap(m.part(0, range(length - 64, length), range(64)))
    received = plot.word_weights(names[:12], part.received[:12].tolist(), 1.0)
    weighs = [len(figure.to_json().encode()) for figure in (read, zoom, heads, exact, received, received)]
    assert sum(weighs) < LIMIT
    assert len(exact.data[0].x) == 64


def test_labels_of_a_crowded_axis_are_thinned_and_a_sentence_keeps_all() -> None:
    few, many = (plot.heatmap(attention(rows(n, n))) for n in (30, 64))
    assert (few.layout.xaxis.dtick, few.layout.yaxis.dtick) == (1, 1)
    assert (many.layout.xaxis.dtick, many.layout.yaxis.dtick) == (2, 2)
