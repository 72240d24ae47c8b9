"""What maps are held against: a spot, edges and Grad-CAM, by hand and by closed forms."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz.explain.baselines import centre, edges, grad_cam


def test_the_spot_falls_off_by_a_quarter_of_the_side() -> None:
    found = centre((5, 5))
    assert np.unravel_index(found.argmax(), found.shape) == (2, 2)
    assert found[2, 2] == 1
    assert found[2, 0] == pytest.approx(np.exp(-(0.4**2) / (2 * 0.25**2)))
    assert np.allclose(found, found.T)
    assert np.allclose(found, found[::-1, ::-1])


def test_edges_are_where_the_photo_changes() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, 4:] = 100
    found = edges(pixels, (2, 4))
    # Sobel of a step of 100 is 400 in the two columns beside it: one of the two columns of each cell there
    assert found.tolist() == [[0, 200, 200, 0]] * 2


def test_an_even_photo_has_no_edges() -> None:
    assert not edges(np.full((9, 7, 3), 80, np.uint8), (3, 3)).any()


class Linear(nn.Module):
    """Two features, each a mean over places times a number a label."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 2, 1, bias=False)
        self.features.weight.data = torch.tensor([[1.0, 0, 0], [0, 1, 0]])[..., None, None]

    def forward(self, image: Tensor) -> Tensor:
        return self.features(image).mean((2, 3)) @ torch.tensor([[1.0, 3], [0, -1]])


def test_grad_cam_of_a_linear_decision_is_its_evidence_by_place() -> None:
    image = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    model = Linear().requires_grad_(False)
    expected = (3 * image[0, 0] - image[0, 1]).clamp_min(0) / 16  # the second label wins, and a place is a sixteenth of the mean
    with torch.no_grad():
        assert int(model(image).argmax()) == 1
        assert np.allclose(grad_cam(model, "features", image), expected.numpy(), atol=1e-6)
    assert not model.features._forward_hooks
