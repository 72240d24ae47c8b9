"""GlimpseClassifier: pixels that were not picked cannot change the decision; picks come from odds and seeds."""

import numpy as np
import torch

from attnviz import record
from tests.tiny import glimpse_net

DRAW = torch.Generator().manual_seed(0)
PHOTOS = torch.randn(3, 3, 32, 32, generator=DRAW)
PICKS = torch.rand(3, 8, 8, generator=DRAW).flatten(1).argsort(1).argsort(1).view(3, 8, 8) < 16
PIXELS = PICKS.repeat_interleave(4, 1).repeat_interleave(4, 2)[:, None].expand(PHOTOS.shape)


@torch.no_grad()
def test_pixels_that_were_not_picked_cannot_change_the_decision() -> None:
    """Every pixel of every unpicked patch is replaced, many times: not one bit of the logits moves."""
    net = glimpse_net()
    before = net(PHOTOS, picks=PICKS)
    for strength in (1.0, 1e6) * 25:
        others = torch.where(PIXELS, PHOTOS, strength * torch.randn(PHOTOS.shape, generator=DRAW))
        assert torch.equal(net(others, picks=PICKS), before)
    assert torch.equal(net(torch.where(PIXELS, PHOTOS, torch.nan), picks=PICKS), before)


@torch.no_grad()
def test_no_more_than_a_quarter_of_the_pixels_is_picked_with_any_seed() -> None:
    net = glimpse_net()
    for seed in (None, 1, 2):
        with record(net) as tape:
            net(PHOTOS, seed=seed)
        shown = torch.from_numpy(np.stack([tape.example(i)["picker.picks"].dense() for i in range(3)])).bool()
        assert net.whole(shown).float().mean((1, 2)).tolist() == [0.25] * 3


@torch.no_grad()
def test_every_picked_pixel_does_change_the_decision() -> None:
    net = glimpse_net()
    image = PHOTOS[:1].clone().requires_grad_()
    with torch.enable_grad():
        net.read(image, picks=PICKS[:1]).square().sum().backward()
    touched = image.grad.abs().sum(1, keepdim=True).expand(image.shape) > 0
    assert torch.equal(touched, PIXELS[:1])


@torch.no_grad()
def test_where_the_picked_patches_are_is_known_to_who_decides() -> None:
    """A photo of one colour, the mean: only the places of the picks tell one from the other."""
    net = glimpse_net()
    grey = torch.zeros(2, 3, 32, 32)
    logits = net(grey, picks=PICKS[:2])
    assert not torch.allclose(logits[0], logits[1])


@torch.no_grad()
def test_the_decision_is_the_readers_on_the_patches_that_the_tape_shows() -> None:
    net = glimpse_net()
    for seed in (None, 1, 2):
        with record(net) as tape:
            logits = net(PHOTOS, seed=seed)
        shown = torch.from_numpy(np.stack([tape.example(i)["picker.picks"].dense() for i in range(3)])).bool()
        assert torch.equal(net.read(PHOTOS, picks=shown), logits)
        assert [(m.layer, m.kind) for m in tape][:2] == [("picker.odds", "hard"), ("picker.picks", "hard")]
        assert {m.kind for m in tape if m.layer.startswith("reader.")} == {"channel", "spatial"}


@torch.no_grad()
def test_the_same_seed_picks_the_same_patches_and_seeds_differ() -> None:
    net = glimpse_net()

    def picks(seed: int | None) -> bytes:
        with record(net) as tape:
            net(PHOTOS, seed=seed)
        return tape["picker.picks"].dense().tobytes()

    assert picks(7) == picks(7)
    assert len({picks(seed) for seed in range(8)}) > 1
    assert picks(None) == picks(None)


@torch.no_grad()
def test_the_whole_photo_reaches_the_glance_and_only_the_picks_go_on() -> None:
    """A change outside of the picks may change what is picked, and by that alone the decision."""
    net = glimpse_net()
    others = torch.where(PIXELS, PHOTOS, 3 * torch.randn(PHOTOS.shape, generator=DRAW))
    assert not torch.allclose(net.scores(others)[0], net.scores(PHOTOS)[0])
