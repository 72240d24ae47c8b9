"""Learning rates that rise shortly and fall to nothing, and optimizers that are stored as one."""

import pytest
import torch

from attnviz.train.schedule import Optimizers, learning, slope


def test_the_learning_rate_rises_for_a_tenth_and_falls_to_nothing() -> None:
    assert slope(0.0) == pytest.approx(0.01)
    assert slope(0.1) == pytest.approx(1.0)
    assert slope(0.55) == pytest.approx(0.5)
    assert slope(1.0) == 0.0


def test_another_rise_ends_where_it_says_and_falls_as_far() -> None:
    assert slope(0.0, rise=0.25) == pytest.approx(0.01)
    assert slope(0.25, rise=0.25) == pytest.approx(1.0)
    assert slope(0.625, rise=0.25) == pytest.approx(0.5)
    assert slope(1.0, rise=0.25) == 0.0


def made(parameter: torch.nn.Parameter) -> Optimizers:
    return Optimizers((torch.optim.SGD([parameter], lr=2.0, momentum=0.9),), 4, lambda progress: 1 - progress)


def test_a_step_moves_parameters_and_then_the_rate() -> None:
    parameter = torch.nn.Parameter(torch.zeros(()))
    optimizers = made(parameter)
    parameter.grad = torch.ones(())
    optimizers.step()
    assert parameter.item() == -2.0
    assert optimizers.optimizers[0].param_groups[0]["lr"] == 1.5


def test_stored_optimizers_go_on_where_they_were() -> None:
    straight, stored = (torch.nn.Parameter(torch.zeros(())) for _ in range(2))
    one, other = made(straight), made(stored)
    for parameter, optimizers in ((straight, one), (stored, other)):
        parameter.grad = torch.ones(())
        optimizers.step()
    again = made(stored)
    again.load_state_dict(other.state_dict())
    for optimizers in (one, again):
        optimizers.step()
    assert straight.item() == stored.item() != -2.0


def test_frozen_parameters_do_not_learn() -> None:
    net = torch.nn.Linear(2, 2)
    net.weight.requires_grad_(False)
    assert list(learning(net)) == ["bias"]
