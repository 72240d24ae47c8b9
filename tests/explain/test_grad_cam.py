"""Grad-CAM by hand, and against captum's."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz.explain.grad_cam import grad_cam
from attnviz.inside.features import with_gradient
from tests import tiny


def test_channels_are_weighed_by_their_mean_gradient_and_what_is_negative_is_nothing() -> None:
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])
    gradient = torch.tensor([[[[4.0, 0.0]], [[-1.0, -1.0]]]])  # means 2 and -1
    assert grad_cam(features, gradient).tolist() == [[0.0, 4.0]]


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
        assert np.allclose(grad_cam(*with_gradient(model, "features", image)), expected.numpy(), atol=1e-6)
    assert not model.features._forward_hooks


def test_grad_cam_is_captum_s() -> None:
    captum = pytest.importorskip("captum.attr")
    net, image = tiny.photo_net(), torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    theirs = captum.LayerGradCam(net, net.stages).attribute(image, target=1, relu_attributions=True)[0, 0]
    ours = grad_cam(*with_gradient(net, net.features, image, 1))
    torch.testing.assert_close(torch.from_numpy(ours).float(), theirs.detach(), atol=1e-6, rtol=1e-4)
