"""The loss on attention, and what it looks at, held against what is recorded."""

import math

import numpy as np
import pytest
import torch

from attnviz.nets.translator import Aligner
from attnviz.record import record
from attnviz.train.guided import FLOOR, Looks, between_tokens, loss, watched
from tests.translators import CONFIGS, MASK, SOURCE, TARGET, translator


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_taught_is_what_is_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = translator(name)
    if name == "transformer":
        monkeypatch.setattr(net, "aligner", Aligner("decoder.1.cross_attention", 1))
    with watched(net) as looks:
        net(SOURCE, MASK, TARGET)
    with record(net, net.aligner.layer) as tape:
        net(SOURCE[:1], MASK[:1], TARGET[:1])
    weights = tape[net.aligner.layer].dense()
    np.testing.assert_allclose(looks.weights[0], weights if weights.ndim == 2 else weights[1], atol=1e-6)
    assert (looks.centres is not None) == (name == "local")


@pytest.mark.parametrize("name", CONFIGS)
def test_following_its_gradient_puts_weight_on_what_is_linked(name: str) -> None:
    net = translator(name).requires_grad_(True)
    wanted = torch.zeros(2, 4, 4, dtype=torch.bool)
    wanted[0, [0, 1, 2], [1, 0, 2]] = True
    wanted[1, 0, 1] = True
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    found = []
    for _ in range(40):
        with watched(net) as looks:
            net(SOURCE, MASK, TARGET)
        value = loss(looks, wanted, MASK.sum(1), 2.0)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        found.append(float(value.detach()))
    assert found[-1] < 0.6 * found[0]


def test_the_loss_is_minus_the_log_of_the_linked_weight_over_rows_with_links() -> None:
    looks = Looks()
    looks.weights = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]])
    wanted = torch.tensor([[[True, True, False], [False, False, False]]])
    assert float(loss(looks, wanted, torch.tensor([3]))) == pytest.approx(-math.log(0.75 + FLOOR))


def test_a_centre_is_drawn_to_the_middle_of_what_is_linked() -> None:
    looks = Looks()
    looks.weights, looks.centres = torch.ones(1, 1, 5), torch.tensor([[0.5]])  # at position 0.5 * 4 = 2
    wanted = torch.tensor([[[False, False, False, True, True]]])  # the middle is 3.5, off by 1.5 / 3 windows: 0.5 ** 2 / 2
    assert float(loss(looks, wanted, torch.tensor([5]), 3.0)) == pytest.approx(-math.log(2 + FLOOR) + 0.125)


def test_a_name_is_linked_letter_by_letter_and_other_words_with_all_their_tokens() -> None:
    letters = [(0, 1), (1, 2), (2, 3)]
    texts = ("Zoé dort", "Zoé sleeps")
    links = (((0, 3), (0, 3)), ((4, 8), (4, 10)))
    found = between_tokens(links, [*letters, (4, 6), (6, 8), (0, 0)], [*letters, (4, 10)], texts)
    assert found == [(0, 0), (1, 1), (2, 2), (3, 3), (3, 4)]
