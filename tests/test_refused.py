"""What a recording cannot take is kept with finding and cure, and the model that is watched goes on."""

import gc
import sys
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import CompiledModel, HiddenKernel, NothingRecorded, PromiseBroken, UnknownLayer
from tests.tiny import Emitter

X = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))


class Layer(nn.Module):
    """Query, key and value of 4 heads, and what a row of a table makes of them."""

    def __init__(self, function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (project(x).unflatten(-1, (4, 4)).transpose(1, 2) for project in self.projections)
        return self.function(q, k, v).transpose(1, 2).flatten(2)


def known(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(query, key, value)


def too_much(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Rows that sum to more than one."""
    return ((query @ key.mT).softmax(-1) + 0.1) @ value


def test_a_layer_without_a_map_does_not_keep_the_others_from_theirs() -> None:
    model = nn.Sequential(Layer(known), Layer(too_much), Layer(known)).eval()
    with torch.no_grad():
        plain = model(X)
        with record(model) as tape:
            recorded = model(X)
    assert torch.equal(plain, recorded)
    assert tape.layers == ("0", "2")
    assert [m.layer for m in tape.example(1)] == ["0", "2"]
    (refusal,) = tape.refused
    assert refusal.layer == "1"
    assert refusal.finding.startswith("layer 1: rows sum to between 1.5 and 1.5")
    for view in (tape, tape.example(1), tape.labelled("0")):
        with pytest.raises(PromiseBroken, match="Layer 1: rows sum to"):
            view["1"]


def test_the_first_finding_is_raised_at_the_end_where_nothing_was_recorded() -> None:
    model = nn.Sequential(Layer(too_much), Layer(too_much))
    with pytest.raises(PromiseBroken, match="Layer 0: rows sum to"), record(model):
        output = model(X)
    assert torch.equal(output, model(X))


def test_layers_leaves_out_what_has_no_map() -> None:
    model = nn.Sequential(Layer(known), Layer(too_much))
    with record(model, "0") as tape:
        model(X)
    assert (tape.layers, tape.refused) == (("0",), ())
    with pytest.raises(UnknownLayer, match="Recorded were 0"):
        tape["1"]


def test_a_layer_that_speaks_again_keeps_its_number_whether_it_was_refused_or_not() -> None:
    model = nn.Sequential(Emitter())
    half = torch.tensor([[[0.5, 0.5]]])
    with record(model) as tape:
        for weights in (half, 2 * half, half):
            model(weights)
    assert tape.layers == ("0", "0:2")
    assert [refusal.layer for refusal in tape.refused] == ["0:1"]


# what would have been recorded outside of torch.vmap
TRANSFORMED = {
    "kernel": Layer(known),
    "gate": Layer(lambda q, k, v: q * k.mean((2, 3), keepdim=True).sigmoid() + v),
}


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("layer", TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_layer_inside_vmap_is_refused_by_name_and_runs(layer: Layer) -> None:
    class Each(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            return torch.vmap(self.layer)(x)

    model, found, x = Each(), [], torch.stack([X, 2 * X])
    with pytest.raises(HiddenKernel, match=r"Layer layer: it ran inside torch\.vmap"), record(model):
        found.append(model(x))
    torch.testing.assert_close(found[0], model(x))


def test_gradients_of_a_transform_are_the_same_and_the_layer_is_refused() -> None:
    model = nn.Sequential(Layer(known))
    loss = torch.func.grad(lambda x: model(x).square().sum())
    found = []
    with pytest.raises(HiddenKernel, match=r"Layer 0: it ran inside .*torch\.func"), record(model):
        found.append(loss(X))
    torch.testing.assert_close(found[0], loss(X))


def test_what_was_not_foreseen_is_kept_with_the_layers_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by surprise")

    monkeypatch.setattr(sys.modules["attnviz.taps.looks"], "from_kernel", broken)
    model = nn.Sequential(Layer(known))
    with pytest.raises(HiddenKernel, match=r"Layer 0: .*ZeroDivisionError: by surprise.*layers="), record(model):
        model(X)


def test_a_refusal_holds_neither_tensors_nor_modules() -> None:
    model = nn.Sequential(Layer(known), Layer(too_much))
    with record(model) as tape:
        model(X)
    held = weakref.ref(model)
    del model
    gc.collect()
    assert held() is None
    assert len(tape.refused) == 1


def test_a_compiled_part_is_refused_and_the_rest_recorded() -> None:
    model = nn.Sequential(Layer(known), torch.compile(Layer(too_much), backend="eager")).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        plain = model(X)
        with record(model) as tape:
            recorded = model(X)
    assert torch.equal(plain, recorded)
    assert "0" in tape.layers
    with pytest.raises(CompiledModel, match="Layer 1: it is compiled"):
        tape["1"]


def test_nothing_recorded_is_an_error_only_where_nothing_was_refused() -> None:
    with pytest.raises(NothingRecorded), record(nn.Linear(16, 16)):
        pass
