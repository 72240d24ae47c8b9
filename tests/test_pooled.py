"""The overview of a long sequence, formed tile by tile, against the pooled whole."""

import itertools
from typing import Any

import numpy as np
import pytest

from attnviz.maps import AttentionMap
from attnviz.weights import DotProduct

DRAW = np.random.default_rng(0)
QUERY, KEY = (DRAW.standard_normal((4, length, 8)).astype(np.float32) for length in (1100, 2300))
PADDING = np.arange(2300)[None, None] < 2000
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "causal": {"causal": True},
    "padded": {"bias": PADDING},
    "padded, with numbers": {"bias": np.where(PADDING, 0, -np.inf).astype(np.float32)},
    "a bias of every key": {"bias": DRAW.standard_normal((4, 1, 2300)).astype(np.float32)},
    "scores too large for exponentials": {"scale": 40.0},
    "half precision": {"query": QUERY.astype(np.float16), "key": KEY.astype(np.float16)},
}


@pytest.mark.parametrize("how", ["max", "mean"])
@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_an_overview_from_tiles_is_the_pooled_whole(changes: dict[str, Any], how: Any) -> None:
    given = {"query": QUERY, "key": KEY, "scale": 8**-0.5, **changes}
    weights = DotProduct(**given)
    m = AttentionMap("layer", "soft", "multi-head", "softmax", ("head", "query", "key"), weights)
    whole = m.head(2)
    rows, columns = (np.linspace(0, length, 101).round().astype(int) for length in (1100, 2300))
    reduce = np.max if how == "max" else np.mean
    expected = [
        [reduce(whole[top:bottom, left:right]) for left, right in itertools.pairwise(columns)]
        for top, bottom in itertools.pairwise(rows)
    ]
    found = m.pooled(2, size=100, how=how)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=1e-4)
    assert found.max() > 0
