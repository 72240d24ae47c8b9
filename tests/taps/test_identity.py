"""Whose row is it: every layout of examples, heads and windows, also where all sizes agree, against what the layer worked out."""

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import AmbiguousExample, NoExample, UnknownShape

Split = Callable[[Tensor], Tensor]


class Layer(nn.Module):
    """4 heads. `split` lays out what a projection gave; `own` are the weights, in that layout."""

    def __init__(self, split: Split, fused: bool, merge: Split = lambda x: x) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.projections = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.split, self.fused, self.merge = split, fused, merge
        self.own = torch.empty(0)

    def forward(self, x: Tensor) -> Tensor:
        x = self.merge(x)
        query, key, value = (self.split(project(x)) for project in self.projections)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1)
        self.own = weights.detach()
        return F.scaled_dot_product_attention(query, key, value) if self.fused else weights @ value


def heads(x: Tensor) -> Tensor:
    """(batch, position, 16) -> (batch, head, position, 4)"""
    return x.unflatten(-1, (4, 4)).transpose(-3, -2)


def interleaved(x: Tensor) -> Tensor:
    """As heads, but the features of a head are those with one remainder."""
    return x.unflatten(-1, (4, 4)).permute(0, 3, 1, 2)


def windows(x: Tensor) -> Tensor:
    """(batch, 4 positions, feature) -> (batch x 2 windows, 2, feature)"""
    return x.unflatten(1, (2, 2)).flatten(0, 1)


# how rows are laid out, and where the weights of an example are in the layer's own, as (head, query, key) or with windows in front
LAYOUTS: dict[str, tuple[Split, Callable[[Tensor, int, int], Tensor]]] = {
    "batch, head": (heads, lambda own, i, _: own[i]),
    "batch, head, copied": (lambda x: heads(x).contiguous(), lambda own, i, _: own[i]),
    "head, batch": (lambda x: heads(x).transpose(0, 1), lambda own, i, _: own[:, i]),
    "head, batch, copied": (lambda x: heads(x).transpose(0, 1).contiguous(), lambda own, i, _: own[:, i]),
    "batch and head in one": (lambda x: heads(x).flatten(0, 1), lambda own, i, _: own[4 * i : 4 * i + 4]),
    "head and batch in one": (lambda x: heads(x).transpose(0, 1).flatten(0, 1), lambda own, i, n: own[i::n]),
    "interleaved features": (lambda x: interleaved(x).flatten(0, 1), lambda own, i, _: own[4 * i : 4 * i + 4]),
    "windows in the batch": (lambda x: heads(windows(x)), lambda own, i, _: own[2 * i : 2 * i + 2]),
    "windows on an axis": (lambda x: heads(windows(x)).unflatten(0, (-1, 2)), lambda own, i, _: own[i]),
    "windows, head and batch in one": (
        lambda x: heads(windows(x)).flatten(0, 1), lambda own, i, _: own[8 * i : 8 * i + 8].unflatten(0, (2, 4)),
    ),
    "one head": (lambda x: x, lambda own, i, _: own[i : i + 1]),
    "one head in windows": (windows, lambda own, i, _: own[2 * i : 2 * i + 2, None]),
}  # fmt: skip


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "eager"])
@pytest.mark.parametrize("examples", [2, 3, 4])
@pytest.mark.parametrize(("split", "own"), LAYOUTS.values(), ids=LAYOUTS)
def test_each_example_has_its_rows(split: Split, own: Callable[[Tensor, int, int], Tensor], examples: int, fused: bool) -> None:
    model = nn.Sequential(Layer(split, fused))
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(examples, 4, 16))
    assert tape.batch == examples
    assert tape["0"].receipt.evidence  # type: ignore[union-attr]
    for i in range(examples):
        expected = own(model[0].own, i, examples)  # type: ignore[arg-type]
        m = tape.example(i)["0"]
        assert m.axes == (("window", "head", "query", "key") if expected.ndim == 4 else ("head", "query", "key"))
        np.testing.assert_allclose(m.dense(), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("length", [3, 4, 6])
def test_time_may_come_first(length: int) -> None:
    model = Layer(lambda x: heads(x.transpose(0, 1)), fused=True)
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(length, 3, 16))
    for i in range(3):
        np.testing.assert_allclose(tape.example(i)["Layer"].dense(), model.own[i].numpy(), atol=1e-6)


def test_views_that_are_joined_behind_each_other_belong_to_their_photo() -> None:
    model = Layer(heads, fused=True, merge=lambda x: torch.cat([x, x.flip(1), 2 * x]))
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(2, 4, 16))
    for i in range(2):
        m = tape.example(i)["Layer"]
        assert m.axes == ("window", "head", "query", "key")
        np.testing.assert_allclose(m.dense(), model.own[i::2].numpy(), atol=1e-6)


def test_rows_of_a_single_example_that_could_be_heads_are_refused_with_a_cure() -> None:
    model = Layer(lambda x: heads(x).flatten(0, 1), fused=False)
    with pytest.raises(UnknownShape, match=r"first axis of 4 .* Call the model with two examples"), record(model):
        model(torch.randn(1, 4, 16))


class Towers(nn.Module):
    """As many photos and texts as there are: each tower has examples of its own, and photos may run one by one."""

    def __init__(self, alone: bool) -> None:
        super().__init__()
        self.alone, self.seen, self.read = alone, Layer(heads, fused=True), Layer(heads, fused=False)

    def forward(self, photos: Tensor, texts: Tensor) -> Tensor:
        seen = torch.cat([self.seen(photo[None]) for photo in photos]) if self.alone else self.seen(photos)
        return self.read(texts).mean() + seen.mean()


@pytest.mark.parametrize(("photos", "texts"), [(2, 4), (1, 3), (4, 2)])
def test_each_tower_has_its_own_examples(photos: int, texts: int) -> None:
    model = Towers(alone=False)
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(photos, 5, 16), torch.randn(texts, 6, 16))
    assert tape.batch == max(photos, texts)
    for name, count, layer in (("seen", photos, model.seen), ("read", texts, model.read)):
        for i in range(count):
            np.testing.assert_allclose(tape.example(i)[name].dense(), layer.own[i].numpy(), atol=1e-6)
        if count < tape.batch:
            with pytest.raises(NoExample, match=f"Layer {name}: .* has no example {count}"):
                tape.example(count)[name]


def test_a_photo_that_ran_alone_is_the_example_that_it_was() -> None:
    model = Towers(alone=True)
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(2, 5, 16), torch.randn(2, 6, 16))
    assert tape.layers == ("seen", "seen:1", "read")
    assert tape.example(1).layers == ("seen:1", "read")
    np.testing.assert_allclose(tape.example(1)["seen:1"].dense(), model.seen.own[0].numpy(), atol=1e-6)
    np.testing.assert_allclose(tape["seen:1"].dense(), model.seen.own[0].numpy(), atol=1e-6)
    with pytest.raises(NoExample, match="Layer seen:1: this call of it has no example 0"):
        tape.example(0)["seen:1"]


def test_without_evidence_rows_stay_rows_and_no_example_is_made_up() -> None:
    model = Layer(lambda x: heads(x).transpose(0, 1).contiguous(), fused=True)
    model.lock = threading.Lock()  # type: ignore[assignment]  (of which there is no copy)
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(4, 4, 16))
    assert tape["Layer"].axes == ("row", "head", "query", "key")
    np.testing.assert_allclose(tape["Layer"].dense(), model.own.numpy(), atol=1e-6)
    with pytest.raises(AmbiguousExample, match=r"Layer Layer: nothing tells .* example 0\. Ask"):
        tape.example(0)["Layer"]


class Noted(nn.Module):
    """A layer that keeps state of every kind."""

    def __init__(self, split: Split) -> None:
        super().__init__()
        self.layer = Layer(split, fused=False)
        self.register_buffer("count", torch.zeros(1))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.seen.append(x)
        return F.dropout(self.layer(x + torch.rand(1) + random.random()), 0.5)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_more_passes_leave_no_trace(mode: Callable[[], object]) -> None:
    called: list[int] = []

    def run(recorded: bool) -> tuple[Tensor, Tensor, float]:
        model = Noted(lambda x: heads(x).transpose(0, 1).flatten(0, 1))
        model.layer.register_forward_hook(lambda *_: called.append(1))
        torch.manual_seed(3)
        random.seed(3)
        x = torch.randn(2, 4, 16)
        called.clear()
        with mode():  # type: ignore[attr-defined]
            if recorded:
                with record(model) as tape:
                    output = model(x)
                assert tape.batch == 2
            else:
                output = model(x)
        assert (len(called), len(model.seen), model.count.item()) == (1, 1, 1)
        assert model.seen[0] is x
        if output.requires_grad:
            output.sum().backward()
        grad = model.layer.projections[0].weight.grad
        return output.detach(), torch.empty(0) if grad is None else grad, random.random() + torch.rand(1).item()

    plain, recorded = run(False), run(True)
    assert torch.equal(plain[0], recorded[0])
    assert torch.equal(plain[1], recorded[1])
    assert plain[2] == recorded[2]


def test_a_plain_layer_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from attnviz.taps import owners

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(owners, "trial", never)
    model = Layer(heads, fused=True)
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(2, 5, 16))
    assert tape[tape.layers[0]].receipt.evidence == "its first axis is the batch of the inputs"  # type: ignore[union-attr]


class OneByOne(nn.Module):
    """Each example has a call of its own, heads on the first axis, and one head sees all alike whatever it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.one(example) for example in x])

    def one(self, x: Tensor) -> Tensor:
        heads = x.unflatten(-1, (2, -1)).transpose(0, 1)
        weights = (heads @ heads.mT * torch.tensor([1.0, 0.0]).view(2, 1, 1)).softmax(-1)
        return (weights @ heads).transpose(0, 1).flatten(1)


def test_a_row_that_nothing_moves_is_not_given_to_an_example_of_another_call() -> None:
    net = OneByOne()
    with record(net) as tape:
        net(torch.randn(2, 5, 8))
    for layer in tape.layers:
        assert "row" in tape[layer].axes or tape[layer].shape[0] == 2


class GateOfTwoViews(nn.Module):
    """Two views behind each other in the batch, and a gate of the channels of each."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, one: Tensor, two: Tensor) -> Tensor:
        x = torch.cat([one, two])
        self.own = torch.sigmoid(self.fc(x.mean((2, 3))))
        return x * self.own[..., None, None]


def test_the_gates_of_both_views_of_a_single_photo_are_its_windows() -> None:
    net = GateOfTwoViews()
    with torch.no_grad(), record(net) as tape:
        net(torch.randn(1, 4, 5, 6), torch.randn(1, 4, 5, 6))
    m = tape.example(0)["GateOfTwoViews"]
    assert m.axes == ("window", "channel")
    np.testing.assert_array_equal(m.dense(), net.own.numpy())
