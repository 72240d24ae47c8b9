"""A head read in bands, against the whole matrix."""

import numpy as np
import pytest

from attnviz.encode import Word
from attnviz.explain import all_glances, find, glance, looked_at_by, overview, sampled, sharpness, totals
from attnviz.maps import AttentionMap
from attnviz.weights import DotProduct

LENGTH = 301


@pytest.fixture
def m() -> AttentionMap:
    random = np.random.default_rng(0)
    query, key = (random.standard_normal((2, LENGTH, 4)).astype(np.float32) for _ in range(2))
    weights = DotProduct(query, key, 0.5)
    return AttentionMap("layer.0", "self", "multi-head", "softmax", ("head", "query", "key"), weights)


@pytest.fixture(params=[1 << 22, LENGTH * 20, 1], ids=["one band", "bands", "a tile a band"])
def band(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("attnviz.explain.streamed.BAND", request.param)
    return int(request.param)


def test_the_overview_is_the_pooled_map_and_the_mean_of_all_rows(m: AttentionMap, band: int) -> None:
    read = overview(m, 1, 32)
    assert read.pooled == pytest.approx(m.pooled(1, 32), abs=1e-6)
    assert read.received == pytest.approx(m.head(1).mean(0), abs=1e-6)
    assert read.received.sum() == pytest.approx(1, abs=1e-5)


def test_the_overview_of_a_part_holds_the_largest_weight_of_each_of_its_tiles(m: AttentionMap, band: int) -> None:
    read = overview(m, 0, 8, range(40, 57), range(200, 231))
    whole = m.head(0)
    assert (read.rows[0], read.rows[-1], read.columns[0], read.columns[-1]) == (40, 57, 200, 231)
    for i in range(8):
        for j in range(8):
            tile = whole[read.rows[i] : read.rows[i + 1], read.columns[j] : read.columns[j + 1]]
            assert read.pooled[i, j] == pytest.approx(tile.max(), abs=1e-6)
    assert read.received == pytest.approx(whole[40:57, 200:231].mean(0), abs=1e-6)


def test_who_looks_at_a_word_is_the_sum_of_its_columns(m: AttentionMap, band: int) -> None:
    assert looked_at_by(m, 1, (7, 8)) == pytest.approx(m.head(1)[:, 7:9].sum(1), abs=1e-6)


def test_the_reading_says_how_far_it_is_and_stops_where_told_so(m: AttentionMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attnviz.explain.streamed.BAND", 1)
    said: list[float] = []
    overview(m, 0, 10, tell=said.append)
    assert said == pytest.approx([i / 10 for i in range(1, 11)])

    def enough(share: float) -> None:
        if share >= 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        overview(m, 0, 10, tell=enough)


def test_a_glance_at_all_rows_is_the_pooled_map_and_its_sharpness(m: AttentionMap) -> None:
    special = [True, *[False] * (LENGTH - 2), True]
    every = glance(m, 1, special, np.arange(LENGTH))
    assert every.picture == pytest.approx(m.pooled(1, 24), abs=1e-6)
    content = glance(m, 1, special, np.arange(1, LENGTH - 1))
    assert content.sharpness == pytest.approx(sharpness(m.head(1), special), abs=1e-6)


def test_sharpness_of_some_rows_is_the_mean_over_these(m: AttentionMap) -> None:
    special = [True, *[False] * (LENGTH - 1)]
    rows = np.array([5, 100, 300])
    expected = [max(m.head(0)[i, j] for j in range(1, LENGTH) if abs(i - j) > 1) for i in rows]
    assert sharpness(m.rows(0, rows), special, rows) == pytest.approx(np.mean(expected), abs=1e-6)


def test_a_sample_is_even_and_leaves_special_positions_out() -> None:
    assert sampled([True, *[False] * 9, True], 3).tolist() == [1, 5, 9]
    assert sampled([True, False, False], 96).tolist() == [1, 2]
    assert sampled([True, True]).tolist() == [0, 1]


def words(*texts: str) -> list[Word]:
    return [Word(text, (i,)) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("query", "places"),
    [("film", [1, 4]), ("FILM", [1, 4]), ("a film", [0, 3]), ("il", [1, 4]), ("x", []), (" ", []), ("a a", [2])],
)
def test_a_query_is_found_in_neighbouring_words(query: str, places: list[int]) -> None:
    assert find(words("a", "Film", "a", "a", "films"), query) == places


def test_the_weight_of_a_word_is_the_sum_over_its_tokens() -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
    assert totals(weights, [Word("a", (0,)), Word("unbelievable", (1, 2)), Word(".", (3,))]) == pytest.approx([0.1, 0.5, 0.4])


def test_a_glance_at_all_heads_is_the_pooled_map_and_the_sharpness_of_each(m: AttentionMap) -> None:
    special = [True, *[False] * (LENGTH - 2), True]
    found = all_glances(m, special)
    assert len(found) == m.size("head")
    for head, each in enumerate(found):
        assert each.picture == pytest.approx(m.pooled(head, 24), abs=1e-6)
        assert each.sharpness == pytest.approx(sharpness(m.head(head), special), abs=1e-6)
