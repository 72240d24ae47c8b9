"""PhotoHard: at most a fifth of the patches is seen, and a pixel that was not picked cannot change the decision."""

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.nets.photo_hard import PhotoHard

DRAW = torch.Generator().manual_seed(0)
PHOTOS = torch.randn(2, 3, 224, 224, generator=DRAW)
PICKS = torch.rand(2, 196, generator=DRAW).argsort(1).argsort(1).view(2, 14, 14) < 39
PIXELS = PICKS.repeat_interleave(16, 1).repeat_interleave(16, 2)[:, None].expand(PHOTOS.shape)


@pytest.fixture(scope="module")
def net() -> PhotoHard:
    torch.manual_seed(0)
    return PhotoHard(7, width=8).eval()


@torch.no_grad()
def test_pixels_that_were_not_picked_cannot_change_the_decision(net: PhotoHard) -> None:
    """Every pixel of every unpicked patch is replaced: not one bit of the logits moves."""
    before = net(PHOTOS, picks=PICKS)
    for strength in (1.0, 1e6):
        others = torch.where(PIXELS, PHOTOS, strength * torch.randn(PHOTOS.shape, generator=DRAW))
        assert torch.equal(net(others, picks=PICKS), before)
    assert torch.equal(net(torch.where(PIXELS, PHOTOS, torch.nan), picks=PICKS), before)


@torch.no_grad()
def test_no_more_than_a_fifth_of_the_patches_is_picked_with_any_seed(net: PhotoHard) -> None:
    for seed in (None, 1, 2):
        with record(net) as tape:
            net(PHOTOS, seed=seed)
        assert [(m.layer, m.shape) for m in tape] == [("picker.odds", (14, 14)), ("picker.picks", (14, 14))]
        assert [tape.example(i)["picker.picks"].dense().sum() for i in range(2)] == [39, 39]
        assert 39 / 196 <= 0.2


def test_every_picked_patch_does_change_the_decision(net: PhotoHard) -> None:
    image = PHOTOS[:1].clone().requires_grad_()
    net.read(image, picks=PICKS[:1]).square().sum().backward()
    touched = image.grad.abs().sum(1)[0].reshape(14, 16, 14, 16).sum((1, 3)) > 0
    assert torch.equal(touched, PICKS[0])


@torch.no_grad()
def test_the_decision_is_the_readers_on_the_patches_that_the_tape_shows(net: PhotoHard) -> None:
    for seed in (None, 1):
        with record(net) as tape:
            logits = net(PHOTOS, seed=seed)
        shown = torch.from_numpy(np.stack([tape.example(i)["picker.picks"].dense() for i in range(2)])).bool()
        assert torch.equal(net.read(PHOTOS, picks=shown), logits)


@torch.no_grad()
def test_the_whole_photo_reaches_the_glance(net: PhotoHard) -> None:
    others = torch.where(PIXELS, PHOTOS, 3 * torch.randn(PHOTOS.shape, generator=DRAW))
    assert not torch.allclose(net.scores(others)[0], net.scores(PHOTOS)[0])
