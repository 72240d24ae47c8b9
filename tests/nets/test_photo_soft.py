"""PhotoSoft: one look, and that the decision follows from it alone."""

import pytest
import torch

from attnviz import record
from attnviz.intervene import intervene
from attnviz.nets.photo_soft import PhotoSoft

PHOTO = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def net() -> PhotoSoft:
    torch.manual_seed(0)
    return PhotoSoft(7, width=8).eval()


@torch.no_grad()
def test_its_one_map_is_a_weight_for_every_place_and_they_sum_to_1(net: PhotoSoft) -> None:
    with record(net) as tape:
        assert net(PHOTO).shape == (1, 7)
    (m,) = tape
    assert (m.kind, m.shape, m.role) == ("soft", (14, 14), "places")
    assert m.dense().sum() == pytest.approx(1, abs=1e-6)


@torch.no_grad()
def test_the_logits_are_the_mean_of_what_each_place_says_alone(net: PhotoSoft) -> None:
    with record(net) as tape:
        whole = net(PHOTO)
    weights = torch.tensor(tape["look"].dense())
    alone = torch.stack([looking(net, place)[0] for place in range(196)])
    torch.testing.assert_close(whole[0], weights.flatten() @ alone, atol=1e-5, rtol=1e-4)


def looking(net: PhotoSoft, *places: int) -> torch.Tensor:
    """(1, label): what is decided from these places, each with the same weight."""
    only = torch.zeros(196)
    only[list(places)] = 1 / len(places)
    with intervene(net, {"look": lambda weights: only.view(14, 14).expand_as(weights)}):
        return net(PHOTO)


@torch.no_grad()
def test_what_is_not_looked_at_changes_nothing(net: PhotoSoft) -> None:
    """Evidence of all other places is replaced: not one bit of the logits moves."""
    before = looking(net, 17, 90)
    for strength in (1.0, 1e6, -1e6):

        def changed(_layer: object, _given: object, evidence: torch.Tensor, strength: float = strength) -> torch.Tensor:
            others = evidence + strength * torch.randn_like(evidence)
            others.flatten(2)[:, :, [17, 90]] = evidence.flatten(2)[:, :, [17, 90]]
            return others

        handle = net.backbone.widen.register_forward_hook(changed)
        try:
            assert torch.equal(looking(net, 17, 90), before)
        finally:
            handle.remove()
