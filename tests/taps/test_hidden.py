"""What cannot be captured is refused, each by a class of its own that names layer and cure."""

import warnings

import pytest
import torch
import transformers as hf
from torch import Tensor, nn
from torch.nn.attention.flex_attention import flex_attention

from attnviz import record
from attnviz.errors import CompiledModel, HiddenKernel, MapTooLarge, NothingRecorded, PromiseBroken
from attnviz.taps import softmax
from tests.taps.families import FAMILIES
from tests.tiny import Emitter

X = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))


def layer() -> nn.Module:
    return nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()


COMPILED = {
    "the model": (lambda: torch.compile(layer(), backend="aot_eager"), "TransformerEncoderLayer|OptimizedModule"),
    "a part": (lambda: nn.Sequential(nn.Identity(), torch.compile(layer(), backend="aot_eager")), "Layer 1:"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("make", "words"), COMPILED.values(), ids=COMPILED)
def test_a_compiled_model_is_refused_after_it_ran(make: object, words: str) -> None:
    model, found = make(), []  # type: ignore[operator]
    plain = model(X)
    with pytest.raises(CompiledModel, match=words), record(model, "1" if words == "Layer 1:" else "*"):
        found.append(model(X))
    torch.testing.assert_close(found[0], plain)


def test_a_part_that_was_compiled_in_place_is_refused() -> None:
    model = nn.Sequential(layer())
    model[0].compile(backend="aot_eager")
    with pytest.raises(CompiledModel, match=r"Layer 0: it is compiled.*_orig_mod"), record(model, "0"):
        pass


def test_a_fused_layer_that_is_called_by_its_name_is_refused() -> None:
    class Fused(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            a = nn.MultiheadAttention(16, 4, batch_first=True)
            return torch._native_multi_head_attention(
                x, x, x, 16, 4, a.in_proj_weight, a.in_proj_bias, a.out_proj.weight, a.out_proj.bias, need_weights=False
            )[0]

    model = nn.Sequential(Fused())
    with pytest.raises(HiddenKernel, match=r"Layer 0: it ran in .*_native_multi_head_attention"), torch.no_grad(), record(model):
        model(X)


def test_a_model_told_to_use_another_kernel_is_refused_where_nothing_was_seen() -> None:
    model = FAMILIES["BERT"].make("sdpa")
    hf.AttentionInterface.register("secret", lambda _, query, *args, **kwargs: (query.transpose(1, 2), None))  # noqa: ARG005
    model.config._attn_implementation = "secret"
    with pytest.raises(HiddenKernel, match=r'Layer BertModel: it ran in secret.*attn_implementation="sdpa"'), record(model):
        model(**FAMILIES["BERT"].inputs())


def test_flex_attention_is_refused_with_the_layer() -> None:
    class Flexible(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return flex_attention(x, x, x)

    model = nn.Sequential(Flexible())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(HiddenKernel, match="Layer 0: it"), torch.no_grad(), record(model):
            model(torch.randn(1, 2, 16, 16))


def test_rows_that_do_not_sum_to_one_are_refused() -> None:
    model = nn.Sequential(Emitter())
    with pytest.raises(PromiseBroken, match=r"Layer 0: rows sum to between 0.9 and 1"), record(model):
        model(torch.tensor([[[0.5, 0.5], [0.5, 0.4]]]))


def test_eager_weights_that_would_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "DENSE_LIMIT", 1000)
    model = FAMILIES["BERT"].make("eager")
    with pytest.raises(MapTooLarge, match=r"Layer encoder.layer.0.attention.self.*\(2, 4, 11, 11\), 3,872 bytes"), record(model):
        model(**FAMILIES["BERT"].inputs())


class By(nn.Module):
    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function
        self.project = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.project(x).unflatten(-1, (4, 4)).transpose(1, 2))  # type: ignore[operator]


def linear(x: Tensor) -> Tensor:
    """Efficient attention (arXiv:1812.01243): a softmax over features, then over positions; no weights of query and key."""
    return x.softmax(-1) @ (x.softmax(-2).mT @ x)


# a softmax over the last of four axes that is no attention
NO_ATTENTION = {
    "linear attention": linear,
    "a vocabulary": lambda x: (x @ x.mT).softmax(-1).argmax(-1),
    "soft words": lambda x: x.softmax(-1) @ torch.ones(4, 9),
    "experts": lambda x: x.softmax(-1).topk(2).values @ torch.ones(2, 4, 2, 3),
}


@pytest.mark.parametrize("function", NO_ATTENTION.values(), ids=NO_ATTENTION)
def test_a_softmax_that_is_no_attention_is_not_recorded(function: object) -> None:
    model = By(function)
    with pytest.raises(NothingRecorded), record(model):
        model(X)


# attention written by hand
BY_HAND = {
    "matmul": lambda x: (x @ x.mT).softmax(-1) @ x,
    "einsum": lambda x: torch.einsum("bhqk,bhkd->bhqd", torch.einsum("bhqd,bhkd->bhqk", x, x).softmax(3), x),
    "einsum, values first": lambda x: torch.einsum("bhkd,bhqk->bqhd", x, nn.Softmax(-1)(torch.einsum("bhqd,bhkd->bhqk", x, x))),
    "bmm": lambda x: torch.bmm((x @ x.mT).softmax(-1).flatten(0, 1), x.flatten(0, 1)),
    "dropout": lambda x: torch.dropout((x @ x.mT).softmax(-1), 0.5, True) @ x,
    "capped": lambda x: (torch.tanh((x @ x.mT) / 30) * 30).softmax(-1) @ x,
}


@pytest.mark.parametrize(("name", "function"), BY_HAND.items(), ids=BY_HAND)
def test_attention_written_by_hand_is_recorded_once(name: str, function: object) -> None:
    torch.manual_seed(0)
    model = By(function)
    with record(model) as tape:
        model(X)
    x = model.project(X).unflatten(-1, (4, 4)).transpose(1, 2)
    scores = (x @ x.mT / 30).tanh() * 30 if name == "capped" else x @ x.mT
    assert tape.layers == ("By",)
    assert tape["By"].kind == "self"
    torch.testing.assert_close(torch.from_numpy(tape["By"].dense().copy()), scores.softmax(-1)[0].detach(), atol=1e-6, rtol=0)
