"""Attending softly, hardly and straight through, against torch's kernel, the odds, and the value that was picked."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz import record
from attnviz.layers.attend import Attend, AttendGumbel, AttendHard, AttendPicks
from attnviz.layers.hard import gumbel, gumbel_choice
from attnviz.layers.scores import SCORES

DRAW = torch.Generator().manual_seed(0)
QUERY, KEY, VALUE = (torch.randn(2, length, features, generator=DRAW) for length, features in ((3, 6), (5, 6), (5, 4)))
MASK = torch.tensor([[True] * 5, [True] * 2 + [False] * 3])
ODDS = (QUERY @ KEY.transpose(1, 2) / 6**0.5).softmax(-1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_scaled_dot_is_torchs_kernel_masked_too() -> None:
    expected = F.scaled_dot_product_attention(QUERY, KEY, VALUE, attn_mask=MASK[:, None])
    torch.testing.assert_close(Attend(6, 6)(QUERY, KEY, VALUE, MASK), expected)


def test_a_temperature_divides_the_scores() -> None:
    torch.testing.assert_close(Attend(6, 6)(QUERY, KEY, VALUE, temperature=0.2), Attend(6, 6)(QUERY / 0.2, KEY, VALUE))


@pytest.mark.parametrize("score", SCORES)
def test_weights_are_emitted_under_the_name_of_the_score(score: str) -> None:
    layer = Attend(6, 6, score)
    with torch.no_grad(), record(layer) as tape:
        output = layer(QUERY, KEY, VALUE)
    (m,) = tape
    assert (m.kind, m.mechanism) == ("soft", score)
    np.testing.assert_allclose(m.dense() @ VALUE[0].numpy(), output[0], atol=1e-6)


def test_the_most_probable_value_is_taken() -> None:
    taken = AttendHard(6, 6)(QUERY, KEY, VALUE)
    for i in range(2):
        assert torch.equal(taken[i], VALUE[i, ODDS[i].argmax(-1)])


@pytest.mark.parametrize("straight_through", [False, True])
def test_values_are_taken_as_often_as_the_odds_say(straight_through: bool) -> None:
    values, generator, repeats = torch.eye(5).expand(2, 5, 5), seeded(), 4000
    if straight_through:
        taken = [AttendGumbel(6, 6)(QUERY, KEY, values, 0.3, generator) for _ in range(repeats)]
    else:
        taken = [AttendHard(6, 6)(QUERY, KEY, values, sample=True, generator=generator) for _ in range(repeats)]
    torch.testing.assert_close(torch.stack(taken).mean(0), ODDS, atol=4 * 0.5 / repeats**0.5, rtol=0)


def test_straight_through_shows_the_softmax_of_its_gradient_and_the_choice() -> None:
    layer = AttendGumbel(6, 6)
    with torch.no_grad(), record(layer, ["soft", "choice"]) as tape:
        output = layer(QUERY, KEY, VALUE, 0.5, seeded())
    scores = QUERY @ KEY.transpose(1, 2) / 6**0.5
    soft = ((scores + gumbel(scores, seeded())) / 0.5).softmax(-1)
    np.testing.assert_allclose(tape["soft"].dense(), soft[0], atol=1e-6)
    np.testing.assert_array_equal(tape["choice"].dense(), gumbel_choice(scores, None, 0.5, seeded())[0])
    np.testing.assert_array_equal(tape["choice"].dense().argmax(-1), soft[0].argmax(-1))
    assert torch.equal(output[0], VALUE[0, soft[0].argmax(-1)])


def test_steps_are_read_as_often_as_their_odds_say() -> None:
    torch.manual_seed(0)
    layer, generator, repeats = AttendPicks(6), seeded(), 4000
    with torch.no_grad():
        odds = (KEY @ layer.scores.weight[0] + layer.scores.bias).sigmoid()
        read = torch.stack([layer(KEY, sample=True, generator=generator) for _ in range(repeats)])
        probable = layer(KEY)
    assert torch.isin(read, torch.cat([KEY.flatten(), torch.zeros(1)])).all()
    torch.testing.assert_close((read != 0).any(-1).float().mean(0), odds, atol=4 * 0.5 / repeats**0.5, rtol=0)
    assert torch.equal(probable, KEY * (odds > 0.5)[..., None])


def test_noise_has_the_mean_and_the_spread_of_gumbels() -> None:
    noise = gumbel(torch.zeros(200_000), seeded())
    assert noise.mean().item() == pytest.approx(np.euler_gamma, abs=0.01)
    assert noise.var().item() == pytest.approx(np.pi**2 / 6, abs=0.03)
