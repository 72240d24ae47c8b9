"""What is recorded of scaled_dot_product_attention, against torch's and transformers' own eager weights."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import MapError, UnknownShape


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Attention(nn.Module):
    """A layer of one's own that calls the kernel with whatever it is given."""

    def forward(self, *tensors: Tensor, **options: object) -> Tensor:
        return F.scaled_dot_product_attention(*tensors, **options)  # type: ignore[arg-type]


def recorded(*tensors: Tensor, **options: object) -> list[np.ndarray]:
    """The weights of every example of the batch."""
    model = nn.ModuleDict({"attention": Attention()})
    with record(model) as tape:
        model["attention"](*tensors, **options)
    assert tape.layers == ("attention",)
    return [tape.example(i)["attention"].dense() for i in range(tape.batch)]


def eager(query: Tensor, key: Tensor, bias: Tensor | float = 0.0, scale: float | None = None) -> np.ndarray:
    scores = query.double() @ key.double().mT * (query.shape[-1] ** -0.5 if scale is None else scale)
    return (scores + bias).softmax(-1).numpy()


QUERY, KEY, VALUE = random(2, 4, 6, 8), random(2, 4, 9, 8, seed=1), random(2, 4, 9, 8, seed=2)
SHOWN = torch.rand(2, 4, 6, 9, generator=torch.Generator().manual_seed(3)) > 0.4
SHOWN[..., 0] = True


def hidden(shown: Tensor) -> Tensor:
    return torch.zeros(shown.shape).masked_fill(~shown, -torch.inf)


def test_a_plain_call_is_captured() -> None:
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE), eager(QUERY, KEY), atol=1e-6)


@pytest.mark.parametrize("part", [np.s_[:], np.s_[:1], np.s_[:, :1], np.s_[0], np.s_[0, 0], np.s_[:, :1, :1], np.s_[0, 0, :1]])
def test_a_boolean_mask_hides_where_it_is_false(part: object) -> None:
    mask = SHOWN[part]  # type: ignore[index]
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE, mask), eager(QUERY, KEY, hidden(mask)), atol=1e-6)


def test_an_additive_mask_is_added() -> None:
    mask = random(2, 1, 6, 9, seed=4)
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE, attn_mask=mask), eager(QUERY, KEY, mask), atol=1e-6)


def test_a_causal_call_hides_what_comes_later() -> None:
    expected = eager(QUERY, KEY, hidden(torch.ones(6, 9).tril().bool()))
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE, is_causal=True), expected, atol=1e-6)


def test_a_scale_of_ones_own_counts() -> None:
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE, scale=0.9), eager(QUERY, KEY, scale=0.9), atol=1e-6)


@pytest.mark.parametrize(("key_heads", "mechanism"), [(1, "multi-query"), (2, "grouped-query"), (4, "multi-head")])
def test_heads_that_share_a_key_are_captured(key_heads: int, mechanism: str) -> None:
    key, value = KEY[:, :key_heads], VALUE[:, :key_heads]
    found = recorded(QUERY, key, value, enable_gqa=True)
    np.testing.assert_allclose(found, eager(QUERY, key.repeat_interleave(4 // key_heads, dim=1)), atol=1e-6)
    model = Attention()
    with record(model) as tape:
        model(QUERY, key, value, enable_gqa=True)
    assert next(iter(tape)).mechanism == mechanism


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_captured(dtype: torch.dtype) -> None:
    query, key, value = (tensor.to(dtype) for tensor in (QUERY, KEY, VALUE))
    np.testing.assert_allclose(recorded(query, key, value), eager(query, key), atol=1e-6)


def test_a_query_that_may_look_at_nothing_has_a_row_of_zeros() -> None:
    mask = torch.ones(6, 9, dtype=torch.bool)
    mask[2] = False
    for weights in recorded(QUERY, KEY, VALUE, mask):
        assert (weights[:, 2] == 0).all()
        np.testing.assert_allclose(weights[:, [0, 1, 3, 4, 5]].sum(-1), 1, atol=1e-6)


def test_attention_of_a_sequence_to_itself_is_called_self() -> None:
    model = Attention()
    for key, kind in ((QUERY, "self"), (KEY, "soft")):
        with record(model) as tape:
            model(QUERY, key, key)
        assert next(iter(tape)).kind == kind


def test_dropout_is_not_part_of_the_weights() -> None:
    np.testing.assert_allclose(recorded(QUERY, KEY, VALUE, dropout_p=0.5), eager(QUERY, KEY), atol=1e-6)


def test_a_root_module_is_called_by_its_class() -> None:
    model = Attention()
    with record(model) as tape:
        model(QUERY, KEY, VALUE)
    assert tape.layers == ("Attention",)


def test_calls_from_outside_the_model_are_not_recorded() -> None:
    model, stranger = Attention(), Attention()
    with record(model) as tape:
        stranger(QUERY, KEY, VALUE)
        F.scaled_dot_product_attention(QUERY, KEY, VALUE)
        model(QUERY, KEY, VALUE)
    assert len(tape) == 1


def test_tensors_without_heads_are_one_head() -> None:
    mask = SHOWN[0]
    for given, expected in ((None, eager(QUERY[0], KEY[0])), (mask, eager(QUERY[0], KEY[0], hidden(mask)))):
        found = recorded(QUERY[0], KEY[0], VALUE[0], given)
        np.testing.assert_allclose(np.stack(found)[:, 0], expected, atol=1e-6)


def test_rows_of_which_no_projection_tells_what_they_are_stay_rows_of_their_example() -> None:
    class Folded(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            folded = x.flatten(0, 1)
            return F.scaled_dot_product_attention(folded, folded, folded)

    with record(model := nn.Sequential(Folded())) as tape:
        model(QUERY)
    for example in range(2):
        m = tape.example(example)["0"]
        assert m.axes == ("row", "query", "key")
        np.testing.assert_allclose(m.dense(), eager(QUERY, QUERY)[example], atol=1e-6)


def test_tensors_of_two_axes_are_refused_with_the_layer() -> None:
    with (
        pytest.raises(UnknownShape, match=r"Layer 0: .* tensors of 2 axes"),
        record(model := nn.Sequential(Attention())),
    ):
        model[0](QUERY[0, 0], KEY[0, 0], VALUE[0, 0])


def test_broken_numbers_are_refused_with_the_layer() -> None:
    query = QUERY.clone()
    query[0, 0, 0, 0] = float("nan")
    with pytest.raises(MapError, match="Layer attention: the recorded weights do not give the layer's output"):
        recorded(query, KEY, VALUE)


def test_a_mask_that_layers_share_is_kept_once_and_no_larger_than_it_says() -> None:
    padding = torch.ones(2, 9, dtype=torch.bool)
    padding[1, 5:] = False
    mask = padding[:, None, None, :].expand(2, 1, 6, 9).contiguous()
    model = nn.ModuleList([Attention(), Attention()])
    with record(model) as tape:
        for layer in model:
            layer(QUERY, KEY, VALUE, mask)
    first, second = (tape[name].weights for name in ("0", "1"))
    assert np.shares_memory(first.bias, second.bias)  # type: ignore[attr-defined]
    assert first.bias.shape == (1, 1, 9)  # type: ignore[attr-defined]
    np.testing.assert_allclose(tape.example(1)["1"].dense(), eager(QUERY, KEY, hidden(mask))[1], atol=1e-6)


def test_a_shared_mask_that_changes_between_layers_is_kept_anew() -> None:
    mask = torch.zeros(6, 9)
    model = nn.ModuleList([Attention(), Attention()])
    with record(model) as tape:
        model[0](QUERY, KEY, VALUE, mask)
        mask[:, 3] = 2.0
        model[1](QUERY, KEY, VALUE, mask)
    np.testing.assert_allclose(tape["0"].dense(), eager(QUERY, KEY)[0], atol=1e-6)
    np.testing.assert_allclose(tape["1"].dense(), eager(QUERY, KEY, mask)[0], atol=1e-6)
