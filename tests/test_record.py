"""The recorder contract: the tape, what is refused, and that the model is as before."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack

from attnviz import record
from attnviz.errors import MapError, NothingRecorded
from tests import tiny
from tests.tiny import Emitter

PHOTOS = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
IDS = torch.randint(5, 20, (2, 7), generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
BOTH: dict[str, tuple[Callable[[], nn.Module], tuple[Tensor, ...]]] = {
    "probes": (tiny.photo_net, (PHOTOS,)),
    "sdpa": (tiny.text_net, (IDS, MASK)),
}
both = pytest.mark.parametrize(("make", "inputs"), BOTH.values(), ids=BOTH)


def hooks(model: nn.Module) -> int:
    """Hooks of every kind on every module, and modes that are on."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    on_modules = sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)
    return on_modules + len(_get_current_function_mode_stack())


@both
def test_outputs_are_the_same_to_the_last_bit(make: Callable[[], nn.Module], inputs: tuple[Tensor, ...]) -> None:
    model = make()
    with torch.no_grad():
        plain = model(*inputs)
        with record(model):
            recorded = model(*inputs)
    assert torch.equal(plain, recorded)


@both
def test_gradients_flow_and_are_the_same(make: Callable[[], nn.Module], inputs: tuple[Tensor, ...]) -> None:
    plain, recorded = make(), make()
    plain(*inputs).square().sum().backward()
    with record(recorded):
        recorded(*inputs).square().sum().backward()
    for (name, expected), (_, found) in zip(plain.named_parameters(), recorded.named_parameters(), strict=True):
        assert (expected.grad is None) == (found.grad is None), name
        assert expected.grad is None or torch.equal(expected.grad, found.grad), name


@both
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_hooks_and_modes_are_as_before(
    make: Callable[[], nn.Module], inputs: tuple[Tensor, ...], error: type[BaseException] | None
) -> None:
    model = make()
    model.register_forward_hook(lambda *_: None)
    before, state = hooks(model), set(vars(model))
    try:
        with record(model), record(model):
            assert hooks(model) > before
            model(*inputs)
            if error:
                raise error("inside")
    except BaseException as caught:
        assert type(caught) is error  # noqa: PT017  (KeyboardInterrupt would end pytest)
    assert hooks(model) == before
    assert set(vars(model)) == state


def test_hooks_are_off_after_a_layer_failed() -> None:
    model = tiny.photo_net()
    with pytest.raises(RuntimeError), record(model):
        model(torch.zeros(1, 5, 32, 32))
    assert hooks(model) == 0


@both
def test_recordings_nest_and_each_keeps_what_was_called_inside_it(
    make: Callable[[], nn.Module], inputs: tuple[Tensor, ...]
) -> None:
    model = make()
    with record(model) as outer:
        model(*inputs)
        with record(model) as inner:
            model(*inputs)
        model(*inputs)
    assert len(outer) == 3 * len(inner)
    with record(model) as alone:
        model(*inputs)
    assert inner.layers == alone.layers
    for m in alone:
        for tape, name in ((inner, m.layer), (outer, m.layer), (outer, m.layer + ":1"), (outer, m.layer + ":2")):
            assert np.array_equal(m.dense(), tape[name].dense())


@both
def test_what_is_recorded_stays_when_the_weights_of_the_model_change(
    make: Callable[[], nn.Module], inputs: tuple[Tensor, ...]
) -> None:
    model = make()
    with torch.no_grad(), record(model) as tape:
        model(*inputs)
        before = [m.dense().copy() for m in tape]
        for parameter in model.parameters():
            parameter.zero_()
    for m, expected in zip(tape, before, strict=True):
        assert np.array_equal(m.dense(), expected)


def test_an_emitted_tensor_that_changes_in_place_does_not_change_the_tape() -> None:
    model, weights = Emitter(), torch.tensor([[[0.25, 0.75]]])
    with record(model) as tape:
        model(weights)
    weights.fill_(7)
    assert tape["probe"].dense().tolist() == [[0.25, 0.75]]


def test_query_and_key_that_change_in_place_do_not_change_the_tape() -> None:
    query = torch.randn(1, 2, 4, 8)
    key, value = query.clone(), query.clone()

    class Attention(nn.Module):
        def forward(self, mask: Tensor) -> Tensor:
            return nn.functional.scaled_dot_product_attention(query, key, value, mask)

    model, mask = Attention(), torch.zeros(4, 4)
    with record(model) as tape:
        model(mask)
    before = tape["Attention"].dense().copy()
    for tensor in (query, key, mask):
        tensor.normal_()
    assert np.array_equal(tape["Attention"].dense(), before)


def test_nothing_emitted_is_an_error_that_names_the_model() -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(NothingRecorded, match="No layer of Sequential emitted attention"), record(model):
        model(torch.zeros(1, 2))


def test_a_model_that_was_never_called_is_an_error() -> None:
    with pytest.raises(NothingRecorded) as refusal, record(tiny.photo_net()):
        pass
    assert "stages.0.block.cbam.channel, stages.0.block.cbam.spatial" in str(refusal.value)


def test_layers_that_match_nothing_are_an_error_that_names_those_there() -> None:
    model = tiny.text_net()
    with pytest.raises(NothingRecorded) as refusal, record(model, "decoder"):
        model(IDS, MASK)
    assert "matching decoder" in str(refusal.value)
    assert "bert.encoder.layer.0.attention.self, bert.encoder.layer.1.attention.self" in str(refusal.value)


def test_an_error_inside_the_block_comes_out_as_it_is_and_not_as_nothing_recorded() -> None:
    with pytest.raises(IndexError, match="mine"), record(nn.Linear(1, 1)):
        raise IndexError("mine")


@pytest.mark.parametrize(
    ("layers", "found"),
    [("*", 4), ("stages.0", 2), ("*.spatial", 2), (["stages.1.block.cbam.channel", "*.spatial"], 3), ("stages.*.cbam.channel", 2)],
)
def test_layers_are_chosen_by_beginning_or_pattern(layers: str | list[str], found: int) -> None:
    model = tiny.photo_net()
    with record(model, layers) as tape:
        model(PHOTOS)
    assert len(tape) == found


# weights that a layer emits as softmax over keys, and what the error says
BROKEN = {
    "NaN": ([[[float("nan"), 1.0]]], "1 weights are not finite"),
    "scores before softmax": ([[[3.0, -1.0]]], "from -1 to 3"),
    "a wrong sum": ([[[0.5, 0.5]], [[0.9, 0.5]]], "between 1 and 1.4"),
}


@pytest.mark.parametrize(("weights", "words"), BROKEN.values(), ids=BROKEN)
def test_a_layer_that_emits_broken_numbers_is_an_error_that_names_it(weights: list[list[list[float]]], words: str) -> None:
    model = nn.Sequential(Emitter())
    with pytest.raises(MapError) as refusal, record(model):
        model(torch.tensor(weights))
    assert str(refusal.value).startswith("Layer 0: ")
    assert words in str(refusal.value)
    assert hooks(model) == 0
