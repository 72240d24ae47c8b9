"""The tape: names, examples, labels and receipts."""

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import Tape, record
from attnviz.errors import MapError, UnknownLayer
from tests import tiny
from tests.tiny import Emitter

PHOTOS = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LAYERS = tuple(f"stages.{stage}.block.cbam.{gate}" for stage in (0, 1) for gate in ("channel", "spatial"))


@pytest.fixture(scope="module")
def tape() -> Tape:
    model = tiny.photo_net()
    with torch.no_grad(), record(model) as recorded:
        model(PHOTOS)
    return recorded


def test_layers_stand_in_order_of_emission(tape: Tape) -> None:
    assert tape.layers == LAYERS
    assert len(tape) == 4
    assert [m.layer for m in tape] == list(LAYERS)
    assert [m.kind for m in tape] == ["channel", "spatial"] * 2
    assert [m.shape for m in tape] == [(8,), (16, 16), (16,), (8, 8)]


def test_a_layer_is_found_by_the_only_name_that_begins_so(tape: Tape) -> None:
    assert tape["stages.1.block.cbam.s"].layer == LAYERS[3]


def test_a_beginning_of_several_names_is_an_error_that_lists_them(tape: Tape) -> None:
    with pytest.raises(UnknownLayer) as refusal:
        tape["stages.1"]
    assert str(refusal.value) == f"2 layers begin with 'stages.1'. Recorded were {LAYERS[2]}, {LAYERS[3]}."


@pytest.mark.parametrize("name", ["decoder", "1.block.cbam.spatial"])
def test_an_unknown_layer_is_an_error_that_lists_all_names(tape: Tape, name: str) -> None:
    with pytest.raises(UnknownLayer) as refusal:
        tape[name]
    assert str(refusal.value) == f"No layer is called '{name}'. Recorded were {', '.join(LAYERS)}."


def test_a_name_that_is_also_a_beginning_means_itself() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.ab = Emitter(), Emitter()

        def forward(self, weights: torch.Tensor) -> torch.Tensor:
            return self.ab(self.a(weights))

    model = Both()
    with record(model) as tape:
        model(torch.ones(1, 1, 1))
    assert tape["a"].layer == "a"


def test_a_layer_that_speaks_again_gets_a_numbered_name() -> None:
    model = nn.Sequential(Emitter())
    first, second = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 1.0]]])
    with record(model) as tape:
        model(first)
        model(second)
    assert tape.layers == ("0", "0:1")
    assert tape["0:1"].dense().tolist() == [[0, 1]]
    assert tape["0:1"].layer == "0:1"


def test_every_example_of_a_batch_has_its_own_map(tape: Tape) -> None:
    model = tiny.photo_net()
    assert tape.batch == 3
    for i in range(3):
        with torch.no_grad(), record(model) as alone:
            model(PHOTOS[i : i + 1])
        for m, expected in zip(tape.example(i), alone, strict=True):
            np.testing.assert_allclose(m.dense(), expected.dense(), atol=1e-6)


@pytest.mark.parametrize("index", [-1, 3])
def test_an_example_outside_the_batch_is_an_index_error(tape: Tape, index: int) -> None:
    with pytest.raises(IndexError, match="in a batch of 3"):
        tape.example(index)


def test_labels_go_to_the_axes_that_have_them() -> None:
    model = nn.Sequential(Emitter())
    with record(model) as tape:
        model(torch.tensor([[[0.5, 0.5]]]))
    named = tape.labelled(key=("a", "b"), row=("not", "there"))
    assert named["0"].labels == {"key": ("a", "b")}
    assert tape["0"].labels == {}
    assert named.seconds == tape.seconds > 0
    with pytest.raises(MapError, match="3 labels for 2 positions"):
        tape.labelled(key=("a", "b", "c"))["0"]


def test_a_receipt_says_how_the_numbers_were_had(tape: Tape) -> None:
    receipt = tape[LAYERS[1]].receipt
    assert receipt is not None
    assert receipt.layer == LAYERS[1]
    assert receipt.how == "probe of the layer"
    assert receipt.row_sum_error is None  # gates sum to nothing
    assert receipt.bytes == 3 * 16 * 16 * 4
    assert receipt.seconds >= 0


def test_a_receipt_of_factors_counts_their_bytes_and_their_errors() -> None:
    model = tiny.text_net()
    with torch.no_grad(), record(model) as tape:
        model(torch.ones(2, 7, dtype=torch.long), torch.tensor([[1] * 7, [1] * 4 + [0] * 3]))
    for m in tape:
        receipt = m.receipt
        assert receipt is not None
        assert receipt.layer == m.layer
        assert receipt.bytes >= 2 * (2 * 4 * 7 * 4) * 4  # query and key: batch, head, token, feature; float32
        assert receipt.row_sum_error is not None
        assert receipt.row_sum_error < 1e-6
        assert receipt.output_error is not None
        assert receipt.output_error < 1e-6
