"""Heads switched off: by the formula of the layer, and as if their part of the output's weights were 0."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from attnviz import load
from attnviz.errors import ChangeError
from attnviz.inside.effects import dialled, first, slopes, switched
from attnviz.inside.switched import switched_off
from attnviz.layers.multi_head import MultiHead
from attnviz.predict import predict_as
from attnviz.record import record
from attnviz.results import TextResult
from tests import tiny

TEXT = "a good film a bad film un"


def test_a_head_that_is_off_gives_what_a_layer_gives_whose_output_does_not_read_it() -> None:
    torch.manual_seed(0)
    layer, x = MultiHead(8, 4), torch.randn(1, 5, 8)
    with torch.no_grad():
        with switched_off({(0, 2)}, of=1):
            found = layer(x, x)
        layer.out.weight[:, 4:6] = 0  # the two features of head 2
        torch.testing.assert_close(found, layer(x, x))


def test_a_group_of_heads_that_share_their_values_loses_one_alone() -> None:
    torch.manual_seed(0)
    layer, x = MultiHead(8, 4, groups=2), torch.randn(1, 5, 8)
    with torch.no_grad():
        with switched_off({(0, 1)}, of=1):
            found = layer(x, x)
        layer.out.weight[:, 2:4] = 0
        torch.testing.assert_close(found, layer(x, x))


def test_each_example_has_heads_of_its_own() -> None:
    layer, x = MultiHead(8, 4), torch.randn(1, 5, 8).expand(3, -1, -1)
    with torch.no_grad():
        with switched_off([{(0, 0)}, set(), {(0, 3)}], of=1):
            together = layer(x, x)
        for row, heads in enumerate([{(0, 0)}, set[tuple[int, int]](), {(0, 3)}]):
            with switched_off(heads, of=1):
                torch.testing.assert_close(together[row : row + 1], layer(x[:1], x[:1]))


def test_what_is_recorded_meanwhile_are_the_weights_and_the_output_without_the_head() -> None:
    """The weights of the layer itself stay, and those of the layer behind follow; the receipts hold."""
    net = tiny.text_net()
    ids = torch.tensor([[2, 5, 7, 3]])
    tapes = []
    for off in (set[tuple[int, int]](), {(0, 1)}):
        with torch.no_grad(), record(net) as tape, switched_off(off, of=2):
            net(ids, torch.ones_like(ids))
        tapes.append(tape)
    layers = tapes[0].layers
    assert (tapes[0][layers[0]].dense() == tapes[1][layers[0]].dense()).all()
    assert not torch.allclose(*(torch.tensor(tape[layers[1]].dense()) for tape in tapes))
    assert all(float(m.receipt.output_error or 0) < 1e-5 for m in tapes[1])


def test_a_head_that_is_not_there_and_layers_that_do_not_run_are_refused() -> None:
    layer, x = MultiHead(8, 4), torch.randn(1, 5, 8)
    with pytest.raises(ChangeError, match="no head 4 in layer 0"), switched_off({(0, 4)}, of=1):
        layer(x, x)
    refused = pytest.raises(ChangeError, match="1 calls of the fused kernel were seen, not one for each of 2 layers")
    with refused, switched_off({(1, 0)}, of=2):
        layer(x, x)


def test_effects_are_what_asking_again_says_the_largest_first(tmp_path: Path) -> None:
    result = predict_as(TextResult, load(tiny.write_text_model(tmp_path / "tiny")), TEXT)
    found = result.effects
    assert found is not None
    assert found.heads == 8
    assert list(found.moved.values()) == sorted(found.moved.values(), reverse=True)
    label = result.card.labels.index(str(result.decision))
    for head, moved in found.moved.items():
        with torch.no_grad(), switched_off({head}, of=2):
            without = result.net(**result.encoded.tensors)[0].softmax(-1)[label]  # type: ignore[misc]
        assert moved == pytest.approx(result.probabilities[str(result.decision)] - float(without), abs=1e-6)
    assert first(found.moved) == next(iter(found.moved))


def test_slopes_are_what_turning_a_head_down_a_little_does_to_the_log_odds(tmp_path: Path) -> None:
    """Against central differences, in double precision: layer 1, head 2 gives a thousandth less and a thousandth more."""
    net = load(tiny.write_text_model(tmp_path / "tiny"))
    result = predict_as(TextResult, net, TEXT)
    found = result.slopes
    assert found is not None
    assert len(found) == 8
    assert list(found.values()) == sorted(found.values(), reverse=True)
    net = net.double()
    label = result.card.labels.index(str(result.decision))
    for (layer, head), slope in found.items():
        odds = []
        for by in (0.999, 1.001):
            with torch.no_grad(), _Turned(layer, head, by):
                chances = (net(**result.encoded.tensors)[0] / net.card.temperature).softmax(-1)
            odds.append(float(torch.logit(chances[label])))
        assert slope == pytest.approx((odds[1] - odds[0]) / 0.002, rel=1e-3, abs=1e-6)


def test_a_pass_that_also_tells_slopes_says_and_records_the_same_to_the_bit(tmp_path: Path) -> None:
    net = load(tiny.write_text_model(tmp_path / "tiny"))
    plain, sloped = (predict_as(TextResult, net, TEXT, sloped=asked) for asked in (False, True))
    assert plain.probabilities == sloped.probabilities
    assert [(m.layer, m.kind, m.notes) for m in plain.tape] == [(m.layer, m.kind, m.notes) for m in sloped.tape]
    assert all((m.dense() == sloped.tape[m.layer].dense()).all() for m in plain.tape)
    assert plain.slopes == pytest.approx(sloped.slopes)


def test_nets_that_do_not_attend_in_the_kernel_have_no_slopes() -> None:
    net = torch.nn.Linear(3, 2)
    with dialled() as dials:
        outputs = net(torch.ones(1, 3))
    assert slopes(outputs, dials, 2) is None
    assert switched(_Named(net), {"x": torch.ones(1, 3)}, lambda out: float(out[0, 0]), [], 0) == {}


class _Named(torch.nn.Module):
    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class _Turned(TorchFunctionMode):
    """One head gives so many times what it gives."""

    def __init__(self, layer: int, head: int, by: float) -> None:
        super().__init__()
        self.left, self.head, self.by = layer, head, by

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        if func is F.scaled_dot_product_attention:
            if self.left == 0:
                given = given.clone()
                given[:, self.head] *= self.by
            self.left -= 1
        return given
