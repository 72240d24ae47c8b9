"""Parts and overviews of a map: a head, some rows, a window, pooled tiles, and a limit on everything."""

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pytest

from attnviz import maps
from attnviz.errors import MapTooLarge
from attnviz.maps import AttentionMap
from attnviz.weights import Dense, DotProduct
from tests.tiny import attention, rows


def factors(heads: int = 2, queries: int = 7, keys: int = 5, seed: int = 0) -> DotProduct:
    random = np.random.default_rng(seed)
    query, key = random.normal(size=(heads, queries, 4)), random.normal(size=(heads, keys, 4))
    return DotProduct(query.astype(np.float32), key.astype(np.float32), 0.5)


def lazy(weights: DotProduct) -> AttentionMap:
    return AttentionMap("layer.0", "self", "multi-head", "softmax", ("head", "query", "key"), weights)


# how the positions are chosen, and the same choice for NumPy
CHOICES: dict[str, tuple[Any, Any]] = {
    "all": (slice(None), slice(None)),
    "a slice": (slice(1, 4), slice(1, 4)),
    "a list": ([3, 0, 3], [3, 0, 3]),
    "from the end": ([-1, 1], [-1, 1]),
    "an array": (np.array([2, 1]), [2, 1]),
    "none": ([], []),
}


@pytest.mark.parametrize("form", ["dense", "factors"])
@pytest.mark.parametrize(("chosen", "same"), CHOICES.values(), ids=CHOICES)
def test_rows_and_windows_are_parts_of_the_whole(chosen: Any, same: Any, form: str) -> None:
    m = lazy(factors())
    whole = m.dense()
    if form == "dense":
        m = attention(whole)
    same = np.asarray(same, dtype=int) if isinstance(same, list) else same
    for head in range(2):
        np.testing.assert_allclose(m.head(head), whole[head], rtol=1e-6)
        np.testing.assert_allclose(m.rows(head, chosen), whole[head][same], rtol=1e-6)
        np.testing.assert_allclose(m.window(head, chosen, [4, 0]), whole[head][same][:, [4, 0]], rtol=1e-6)
        np.testing.assert_allclose(m.window(head, [6], chosen), whole[head][[6]][:, same], rtol=1e-6)


@pytest.mark.parametrize("weights", [factors(), Dense(rows(2, 7, 5))], ids=["factors", "dense"])
def test_positions_outside_are_an_index_error_and_not_another_row(weights: Any) -> None:
    with pytest.raises(IndexError):
        lazy(weights).rows(0, [7])
    with pytest.raises(IndexError):
        lazy(weights).window(0, [0], [-6])


def by_hand(weights: np.ndarray, size: int, how: str) -> np.ndarray:
    """Every tile cut out on its own."""
    rows, columns = (pairwise(np.linspace(0, n, min(n, size) + 1).round().astype(int)) for n in weights.shape)
    places = list(columns)
    return np.array([[getattr(weights[a:b, c:d], how)() for c, d in places] for a, b in rows])


@pytest.mark.parametrize("how", ["max", "mean"])
@pytest.mark.parametrize(("queries", "keys", "size"), [(12, 12, 4), (13, 17, 4), (100, 7, 10), (9, 8, 7), (5, 5, 8), (1, 30, 3)])
def test_an_overview_holds_the_largest_or_mean_weight_of_each_tile(
    queries: int, keys: int, size: int, how: Literal["max", "mean"]
) -> None:
    m = lazy(factors(queries=queries, keys=keys))
    found = m.pooled(1, size, how)
    assert found.shape == (min(queries, size), min(keys, size))
    np.testing.assert_allclose(found, by_hand(m.head(1), size, how), rtol=1e-5)


def test_every_length_pools_without_an_empty_tile() -> None:
    for length in range(1, 70):
        weights = rows(1, length, length, seed=length)
        np.testing.assert_allclose(attention(weights).pooled(0, 8, "mean"), by_hand(weights[0], 8, "mean"), rtol=1e-5)


def test_streaming_over_bands_gives_the_same_overview(monkeypatch: pytest.MonkeyPatch) -> None:
    m = lazy(factors(queries=101, keys=53))
    whole = {how: m.pooled(0, 16, how) for how in ("max", "mean")}  # type: ignore[arg-type]
    monkeypatch.setattr(maps, "TILE", 1)
    for how, expected in whole.items():
        np.testing.assert_allclose(m.pooled(0, 16, how), expected, rtol=1e-6)  # type: ignore[arg-type]


def test_a_short_sequence_is_its_own_overview() -> None:
    m = lazy(factors())
    np.testing.assert_allclose(m.pooled(0), m.head(0), rtol=1e-6)


def test_too_large_a_map_is_refused_before_anything_is_computed() -> None:
    long = np.broadcast_to(np.float32(0), (64, 1_000_000, 1))
    m = lazy(DotProduct(long, long, 1.0))
    with pytest.raises(MapTooLarge, match="256,000,000,000,000 bytes, the limit is 1,073,741,824") as refusal:
        m.dense()
    assert "head(), rows(), window() or pooled()" in str(refusal.value)
    assert m.window(0, [5], slice(0, 3)).shape == (1, 3)


def test_the_limit_itself_is_taken() -> None:
    m = lazy(factors(2, 7, 5))
    assert m.dense(4 * 2 * 7 * 5).shape == (2, 7, 5)
    with pytest.raises(MapTooLarge):
        m.dense(4 * 2 * 7 * 5 - 1)


def test_an_overview_of_a_long_sequence_never_forms_all_weights() -> None:
    import tracemalloc

    m = lazy(factors(1, 4096, 4096))
    tracemalloc.start()
    assert m.pooled(0, 64).shape == (64, 64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4096 * 4096 * 4  # all weights of the one head
