"""PhotoGates: gates over 14 x 14 places and over channels, and that a decision is the sum of what open places say."""

import pytest
import torch

from attnviz import record
from attnviz.intervene import intervene
from attnviz.nets.photo_gates import PhotoGates

PHOTO = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def net() -> PhotoGates:
    torch.manual_seed(0)
    return PhotoGates(7, width=8, reduction=64).eval()


@torch.no_grad()
def test_it_shows_a_gate_for_every_channel_and_every_place(net: PhotoGates) -> None:
    with record(net) as tape:
        assert net(PHOTO).shape == (1, 7)
    assert [(m.kind, m.shape) for m in tape] == [("channel", (1280,)), ("spatial", (14, 14))]


@torch.no_grad()
def test_a_logit_is_a_sum_over_places_each_times_its_gate(net: PhotoGates) -> None:
    with record(net) as tape:
        net(PHOTO)
    gates = torch.tensor(tape["spatial"].dense())
    places = ((0, 0), (3, 9), (13, 13))
    alone = [shown(net, gates, place) for place in places]
    torch.testing.assert_close(shown(net, gates, *places), sum(alone), atol=1e-5, rtol=1e-4)
    every = [(row, column) for row in range(14) for column in range(14)]
    torch.testing.assert_close(shown(net, gates, *every), net(PHOTO)[0] - net.head.bias, atol=1e-5, rtol=1e-4)


def shown(net: PhotoGates, gates: torch.Tensor, *places: tuple[int, int]) -> torch.Tensor:
    """(label,) what these places alone add, their gates as they were and all others shut."""
    only = torch.zeros_like(gates)
    for place in places:
        only[place] = gates[place]
    with intervene(net, {"spatial": only.expand_as}):
        return net(PHOTO)[0] - net.head.bias


@torch.no_grad()
def test_with_all_gates_shut_only_the_bias_is_left(net: PhotoGates) -> None:
    with intervene(net, {"spatial": torch.zeros_like}):
        torch.testing.assert_close(net(PHOTO)[0], net.head.bias)
