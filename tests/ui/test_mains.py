"""Which map stands for a model beside others."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz import Prediction, predict
from attnviz.cards import ModelCard
from attnviz.encode import encode_image
from attnviz.explain import combined
from attnviz.nets import Net
from attnviz.paths import ASSETS, MODELS
from attnviz.probe import Probe
from attnviz.ui.photo.mains import main_map
from attnviz.ui.photo.view import Given

CAT = Given((ASSETS / "photos" / "chelsea.jpg").read_bytes(), "crop")
CHANNEL, COARSE, FINE = torch.tensor([[0.1, 0.9]]), torch.rand(1, 2, 2), torch.rand(1, 4, 4)
PICKS = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]])
EMITTED = {
    "channel": (Probe("channel", "made-up", "sigmoid", ("channel",)), CHANNEL),
    "fine": (Probe("spatial", "made-up", "sigmoid", ("row", "column")), FINE),
    "coarse": (Probe("spatial", "made-up", "sigmoid", ("row", "column")), COARSE),
    "picks": (Probe("hard", "made-up", "binary", ("row", "column")), PICKS),
}


class Says(Net):
    """Decides nothing of worth, and emits some of EMITTED."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.probes = nn.ModuleDict({name: EMITTED[name][0] for name in names})
        self.card = ModelCard("says", MODELS, "Says", "For tests.", "photo", "image", "Apache-2.0", ("a", "b"), image={"size": 8})
        self.encode = partial(encode_image, size=8, mean=[0.5] * 3, std=[0.5] * 3)

    def forward(self, image: Tensor) -> Tensor:
        for name, probe in self.probes.items():
            probe(EMITTED[name][1])
        return image.mean((2, 3))[:, :2]


def said(*names: str) -> Prediction:
    return predict(Says(*names), CAT.raw)


def test_what_was_picked_comes_before_gates_for_the_classifier_saw_nothing_else() -> None:
    main = main_map(said("channel", "fine", "picks"), CAT)
    assert main is not None
    assert main.m.dense().tolist() == PICKS[0].tolist()
    assert "all that the classifier saw" in main.said


def test_places_come_before_channels_and_blocks_are_combined() -> None:
    prediction = said("channel", "fine", "coarse")
    main = main_map(prediction, CAT)
    assert main is not None
    expected = combined([m for m in prediction.tape if m.kind == "spatial"])
    np.testing.assert_array_equal(main.m.dense(), expected.dense())
    assert main.figure is None


def test_one_block_of_places_is_shown_as_it_is() -> None:
    main = main_map(said("fine"), CAT)
    assert main is not None
    np.testing.assert_array_equal(main.m.dense(), FINE[0].numpy())
    assert main.m.receipt is not None


def test_channels_have_a_figure_of_their_own_and_say_that_they_have_no_place() -> None:
    main = main_map(said("channel"), CAT)
    assert main is not None
    assert main.figure is not None
    assert "no place on the photo" in main.said
    assert [m.dense().tolist() for m in main.maps] == [pytest.approx([0.1, 0.9])]
