"""Attention rollout against numbers by hand, an enumeration of paths, and the properties that make it a distribution."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.errors import MapTooLarge, NoRollout
from attnviz.explain import rollout
from attnviz.explain.rollout import Fused
from attnviz.layers.multi_head import MultiHead
from attnviz.maps import AttentionMap
from attnviz.weights import DotProduct
from tests.tiny import attention, gates, rows

FIRST = [[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]]
SECOND = [[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]]


def layers(count: int, heads: int, size: int) -> list[AttentionMap]:
    return [attention(rows(heads, size, size, seed=i), layer=f"layer.{i}") for i in range(count)]


def test_two_layers_of_three_positions_are_the_product_worked_out_by_hand() -> None:
    # with the skip connection the first layer is [1 0 0], [1/4 3/4 0], [0 0 1], the second [1/2 0 1/2], [0 1 0], [0 1/2 1/2]
    found = rollout([attention(FIRST), attention(SECOND)])
    np.testing.assert_allclose(found.dense(), [[0.5, 0, 0.5], [0.25, 0.75, 0], [0.125, 0.375, 0.5]], atol=1e-7)
    assert (found.axes, found.norm, found.kind, found.layer) == (("query", "key"), "softmax", "self", "rollout")


def test_a_number_is_the_sum_over_all_paths_from_the_last_layer_to_the_input() -> None:
    maps = layers(3, heads=2, size=4)
    steps = [(m.dense().mean(0) + np.eye(4)) / 2 for m in maps]
    expected = np.zeros((4, 4))
    for last, third, second, first in product(range(4), repeat=4):
        expected[last, first] += steps[2][last, third] * steps[1][third, second] * steps[0][second, first]
    np.testing.assert_allclose(rollout(maps).dense(), expected, atol=1e-6)


def test_a_masked_query_that_is_looked_at_stays_itself_and_every_row_sums_to_one() -> None:
    # position 1 looks at nothing and the others look at it: normalising over the queries would give it less than its own share
    seen = attention([[[0.2, 0.8, 0.0], [0.0, 0.0, 0.0], [0.3, 0.7, 0.0]]])
    found = rollout([seen, seen]).dense()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    assert found[1].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("heads", "expected"), [("mean", [3 / 4, 1 / 4]), ("max", [2 / 3, 1 / 3]), ("min", [1, 0])])
def test_heads_that_disagree_become_one_as_asked(heads: Fused, expected: list[float]) -> None:
    # head 0 looks at oneself, head 1 at the other: mean (1/2, 1/2), max (1, 1), min (0, 0); then the skip connection
    both = attention([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    np.testing.assert_allclose(rollout([both], heads).dense()[0], expected, atol=1e-7)
    assert f"takes the {heads} of the heads" in rollout([both], heads).notes[0]


def test_a_causal_stack_never_reaches_later_positions() -> None:
    torch.manual_seed(0)
    first, second, x = MultiHead(8, 2), MultiHead(8, 2), torch.randn(1, 5, 8)
    with torch.no_grad(), record(torch.nn.ModuleList([first, second])) as tape:
        y = first(x, x, causal=True)
        second(y, y, causal=True)
    found = rollout(tape).dense()
    assert np.triu(found, 1).max() == 0
    assert found[4].min() > 0
    assert found[0].tolist() == [1, 0, 0, 0, 0]


def test_it_says_that_it_is_an_estimate_from_how_many_layers_and_keeps_names() -> None:
    names = ("a", "b", "c")
    found = rollout([attention(FIRST, names), attention(SECOND, names)])
    assert found.notes[0].startswith("Rollout: an estimate made from all 2 layers, not one layer's weights.")
    assert found.labels == {"query": names, "key": names}


def test_a_layer_is_formed_head_by_head_and_only_when_its_turn_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    head = AttentionMap.head
    monkeypatch.setattr(AttentionMap, "head", lambda m, i: asked.append((m.layer, i)) or head(m, i))  # type: ignore[func-returns-value]
    pulled = (asked.append((m.layer, -1)) or m for m in layers(2, heads=2, size=3))  # type: ignore[func-returns-value]
    rollout(pulled)
    assert asked == [(f"layer.{i}", head) for i in (0, 1) for head in (-1, 0, 1)]


@pytest.mark.parametrize(
    ("maps", "finding"),
    [
        ([], "There are no maps to roll out"),
        ([attention(FIRST), gates([[0.5, 0.5], [0.5, 0.5]])], "stage.cbam is sigmoid over"),
        ([attention(FIRST[0])], "is softmax over"),
        ([attention(np.full((1, 2, 3), 1 / 3))], "looks from some positions at others"),
        ([attention(FIRST).labelled(query=("x", "y", "z"), key=("a", "b", "c"))], "looks from some positions at others"),
        ([attention(FIRST), attention(np.full((1, 4, 4), 0.25))], "do not look at the same positions"),
        ([attention(FIRST, ("a", "b", "c")), attention(FIRST, ("a", "b", "d"))], "do not look at the same positions"),
    ],
)
def test_what_cannot_be_followed_is_refused(maps: list[AttentionMap], finding: str) -> None:
    with pytest.raises(NoRollout, match=finding):
        rollout(maps)


def test_too_many_positions_are_refused_before_anything_is_formed() -> None:
    wide = attention(np.zeros((1, 1, 1)))
    broad = replace(wide, weights=DotProduct(np.zeros((1, 5000, 1)), np.zeros((1, 5000, 1)), 1.0))
    with pytest.raises(MapTooLarge, match="5,000 positions"):
        rollout([broad])
