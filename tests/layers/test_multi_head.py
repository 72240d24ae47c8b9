"""Multi-head attention against torch.nn's with the same weights, and positions against the papers' formulas."""

import cmath
import math

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import record
from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import rotated, sinusoids

MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])


def twins() -> tuple[MultiHead, nn.MultiheadAttention]:
    torch.manual_seed(0)
    ours, theirs = MultiHead(8, 2).eval(), nn.MultiheadAttention(8, 2, batch_first=True).eval()
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    return ours, theirs


def test_outputs_and_maps_are_torchs() -> None:
    ours, theirs = twins()
    query, key = torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    with torch.no_grad(), record(ours) as tape:
        output = ours(query, key, MASK)
        expected, weights = theirs(query, key, key, key_padding_mask=~MASK, average_attn_weights=False)
    torch.testing.assert_close(output, expected)
    for example in range(2):
        np.testing.assert_allclose(tape.example(example)[""].dense(), weights[example].numpy(), atol=1e-6)


def test_a_causal_query_sees_no_later_key() -> None:
    ours, theirs = twins()
    x = torch.randn(1, 5, 8)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)
    with torch.no_grad():
        torch.testing.assert_close(ours(x, x, causal=True), theirs(x, x, x, attn_mask=hidden)[0])


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_hides_what_is_further_than_its_reach(causal: bool) -> None:
    ours, theirs = twins()
    x = torch.randn(2, 5, 8)
    places = np.arange(5)
    far = np.abs(places[:, None] - places) > 1
    hidden = torch.tensor(far | (places[:, None] < places) if causal else far)
    with torch.no_grad():
        expected = theirs(x, x, x, attn_mask=hidden, key_padding_mask=~MASK)[0]
        torch.testing.assert_close(ours(x, x, MASK, causal, reach=1)[0], expected[0])
        torch.testing.assert_close(ours(x, x, MASK, causal, reach=1)[1, :4], expected[1, :4])  # query 4 sees padding alone


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_of_the_full_length_is_no_window(causal: bool) -> None:
    ours, _ = twins()
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(ours(x, x, causal=causal, reach=4), ours(x, x, causal=causal))


@pytest.mark.parametrize("groups", [1, 2])
def test_a_group_is_multi_head_with_the_same_key_for_several_heads(groups: int) -> None:
    torch.manual_seed(0)
    shared, full = MultiHead(8, 4, groups), MultiHead(8, 4)
    full.load_state_dict({name: grown(weight, groups) for name, weight in shared.state_dict().items()})
    x = torch.randn(2, 5, 8)
    with torch.no_grad(), record(shared) as tape:
        torch.testing.assert_close(shared(x, x, MASK), full(x, x, MASK))
    with torch.no_grad(), record(full) as other:
        full(x, x, MASK)
    np.testing.assert_allclose(tape[""].dense(), other[""].dense(), atol=1e-6)
    assert tape[""].mechanism == ("multi-query" if groups == 1 else "grouped-query")


def grown(weight: torch.Tensor, groups: int) -> torch.Tensor:
    """Keys and values of `groups` heads of 2 features, repeated for 4 heads."""
    if len(weight) == 8:
        return weight
    return weight.view(groups, 2, -1).repeat_interleave(4 // groups, 0).reshape(8, *weight.shape[1:])


def test_as_many_groups_as_heads_is_multi_head() -> None:
    ours, _ = twins()
    same = MultiHead(8, 2, groups=2)
    same.load_state_dict(ours.state_dict())
    x = torch.randn(2, 5, 8)
    assert torch.equal(same(x, x, MASK), ours(x, x, MASK))


@pytest.mark.parametrize(("heads", "groups"), [(3, None), (4, 3)])
def test_heads_that_do_not_divide_are_refused(heads: int, groups: int | None) -> None:
    with pytest.raises(ValueError, match="each must divide the one before it"):
        MultiHead(8, heads, groups)


def test_turned_pairs_are_complex_numbers_times_a_unit() -> None:
    x = torch.randn(1, 2, 7, 6)
    found = rotated(x)
    for position, pair in ((0, 0), (3, 1), (6, 2)):
        number = complex(*x[0, 1, position, 2 * pair : 2 * pair + 2].tolist())
        expected = number * cmath.exp(1j * position * 10_000 ** (-2 * pair / 6))
        assert cmath.isclose(complex(*found[0, 1, position, 2 * pair : 2 * pair + 2].tolist()), expected, abs_tol=1e-5)


def test_turned_scores_depend_on_the_distance_alone() -> None:
    query, key = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    scores = rotated(query.expand(9, 6)) @ rotated(key.expand(9, 6)).T
    for distance in range(-4, 5):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand(len(diagonal)))
    assert scores[0].std() > 0.01


def test_an_odd_number_of_features_cannot_be_turned() -> None:
    with pytest.raises(ValueError, match="3 features a head make no pairs"):
        rotated(torch.zeros(2, 3))


def test_rotary_attention_is_torchs_over_turned_queries_and_keys() -> None:
    torch.manual_seed(0)
    ours = MultiHead(8, 2, rotary=True)
    x = torch.randn(1, 5, 8)
    with torch.no_grad():
        query, key, value = (part(x).view(1, 5, 2, 4).transpose(1, 2) for part in (ours.query, ours.key, ours.value))
        scores = rotated(query).numpy() @ rotated(key).transpose(2, 3).numpy() / 2
        weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        mixed = torch.tensor(weights) @ value
        torch.testing.assert_close(ours(x, x), ours.out(mixed.transpose(1, 2).flatten(2)))


def test_sinusoids_are_the_papers() -> None:
    table = sinusoids(50, 6)
    for position, i in ((0, 0), (1, 1), (49, 2)):
        angle = position / 10_000 ** (2 * i / 6)
        assert math.isclose(table[position, 2 * i], math.sin(angle), abs_tol=1e-6)
        assert math.isclose(table[position, 2 * i + 1], math.cos(angle), abs_tol=1e-6)
