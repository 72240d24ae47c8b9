"""Weights that change between softmax and values: those that meet the values are recorded, or the layer is refused by name."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import AttnvizError, ChangedInPlace, PromiseBroken, UnknownShape

X = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))
HEADS = torch.tensor([1.0, 0.0, 1.0, 0.5]).view(1, 4, 1, 1)
MIX = torch.tensor([[0.7, 0.3, 0, 0], [0.3, 0.7, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]])
WILD = torch.tensor([[2.0, -1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
NOT_SELF = torch.eye(5, dtype=torch.bool)


def softmax(query: Tensor, key: Tensor) -> Tensor:
    return (query @ key.mT / 2).softmax(-1)


def talk(scores: Tensor, mix: Tensor = MIX) -> Tensor:
    return F.linear(scores.permute(0, 2, 3, 1), mix).permute(0, 3, 1, 2)


def again(weights: Tensor) -> Tensor:
    weights /= weights.sum(-1, keepdim=True)
    return weights


def without_first(weights: Tensor) -> Tensor:
    weights[..., 0] = 0
    return weights


class Layer(nn.Module):
    """Query, key and value of 4 heads, and what a row of a table makes of them."""

    def __init__(self, function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.projections = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.function = function

    def parts(self, x: Tensor) -> list[Tensor]:
        return [project(x).unflatten(-1, (4, 4)).transpose(1, 2) for project in self.projections]

    def forward(self, x: Tensor) -> Tensor:
        return self.function(*self.parts(x))


# weights of query and key, and the promise that they still keep
WORKS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "head mask": (lambda q, k: softmax(q, k) * HEADS, "partial"),
    "talking heads": (lambda q, k: talk(softmax(q, k)), "softmax"),
    "talking heads by convolution": (lambda q, k: F.conv2d(softmax(q, k), MIX[:, :, None, None]), "softmax"),
    "talking heads by einsum": (lambda q, k: torch.einsum("bhqk,gh->bgqk", softmax(q, k), MIX), "softmax"),
    "heads that talk before the softmax": (lambda q, k: talk(q @ k.mT).softmax(-1), "softmax"),
    "hidden after the softmax": (lambda q, k: softmax(q, k).masked_fill(NOT_SELF, 0), "partial"),
    "hidden by where": (lambda q, k: torch.where(NOT_SELF, 0.0, softmax(q, k)), "partial"),
    "made to sum to one again": (lambda q, k: F.normalize(softmax(q, k).masked_fill(NOT_SELF, 0), 1.0, -1), "softmax"),
    "a sink that is dropped": (lambda q, k: F.pad(q @ k.mT, (0, 1)).softmax(-1)[..., :-1], "partial"),
    "head mask in place": (lambda q, k: softmax(q, k).mul_(HEADS), "partial"),
    "hidden in place": (lambda q, k: softmax(q, k).masked_fill_(NOT_SELF, 0), "partial"),
    "hidden in place and made to sum to one again": (lambda q, k: again(softmax(q, k).masked_fill_(NOT_SELF, 0)), "softmax"),
    "set to zero by index": (lambda q, k: without_first(softmax(q, k)), "partial"),
    "scores of key and query, turned": (lambda q, k: (k @ q.mT).softmax(-2).mT, "softmax"),
}


@pytest.mark.parametrize(("weights", "norm"), WORKS.values(), ids=WORKS)
@pytest.mark.parametrize("turned", [False, True])
def test_weights_that_meet_the_values_are_recorded(weights: Callable[[Tensor, Tensor], Tensor], norm: str, turned: bool) -> None:
    model = Layer((lambda q, k, v: (v.mT @ weights(q, k).mT).mT) if turned else (lambda q, k, v: weights(q, k) @ v))
    with torch.no_grad(), record(model) as tape:
        output = model(X)
    query, key, value = model.parts(X)
    expected = weights(query, key).detach()
    torch.testing.assert_close(expected @ value, output)
    assert tape.layers == ("Layer",)
    for example in range(2):
        m = tape.example(example)["Layer"]
        assert (m.norm, m.kind) == (norm, "self")
        torch.testing.assert_close(torch.from_numpy(m.dense().copy()), expected[example], atol=1e-6, rtol=0)


# what is done with query, key and value; the error and what it says
REFUSED: dict[str, tuple[Callable[[Tensor, Tensor, Tensor], Tensor], type[AttnvizError], str]] = {
    "dropout in place": (
        lambda q, k, v: F.dropout(softmax(q, k), 0.5, inplace=True) @ v,
        ChangedInPlace,
        "Layer 0: a dropout in place wrote over its weights.*inplace=False",
    ),
    "heads that talk below zero": (lambda q, k, v: talk(softmax(q, k), WILD) @ v, PromiseBroken, "Layer 0: .*were changed between"),
    "more than one": (lambda q, k, v: (softmax(q, k) + 0.1) @ v, PromiseBroken, "Layer 0: rows sum to between 1.5 and 1.5"),
    "set into another frame": (
        lambda q, k, v: F.pad(softmax(q, k), (1, 0)) @ F.pad(v, (0, 0, 1, 0)),
        UnknownShape,
        r"Layer 0: its weights were set into another frame.*layers=",
    ),
}


@pytest.mark.parametrize(("function", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_a_layer_whose_weights_cannot_be_told_is_refused_by_name(
    function: Callable[[Tensor, Tensor, Tensor], Tensor], error: type[AttnvizError], words: str
) -> None:
    model = nn.Sequential(Layer(function))
    with pytest.raises(error, match=words), torch.no_grad(), record(model):
        model(X)


# one sequence and one head, without axes for either, projected as in a textbook
ALONE = {
    "nn.Linear": lambda w, x: F.linear(x, w.T),
    "a matrix": lambda w, x: x @ w,
}


@pytest.mark.parametrize("project", ALONE.values(), ids=ALONE)
def test_attention_without_batch_and_heads_is_one_head(project: Callable[[Tensor, Tensor], Tensor]) -> None:
    class Alone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.q, self.k, self.v = (nn.Parameter(torch.randn(16, 16) / 4) for _ in range(3))

        def weights(self, x: Tensor) -> Tensor:
            return (project(self.q, x) @ project(self.k, x).T / 4).softmax(-1)

        def forward(self, x: Tensor) -> Tensor:
            return self.weights(x) @ project(self.v, x)

    model = Alone()
    with record(model) as tape:
        model(X[0])
    m = tape["Alone"]
    assert (m.kind, m.axes) == ("self", ("head", "query", "key"))
    torch.testing.assert_close(torch.from_numpy(m.dense().copy()), model.weights(X[0]).detach()[None])


def test_averaging_the_heads_for_a_look_is_no_change_of_the_weights() -> None:
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        weights = softmax(query, key)
        assert weights.mean(1).sum(-1).sum() > 0
        return weights @ value

    model = Layer(attend)
    with record(model) as tape:
        model(X)
    assert tape["Layer"].norm == "softmax"
