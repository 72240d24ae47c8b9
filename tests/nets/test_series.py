"""The forecaster: its attention by hand, its forecast as the sum of what attention took, and what it is told of the past."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz import load, record
from attnviz.nets.series import SeriesForecaster
from attnviz.nets.series_past import READINGS, described, lagged, slopes, trailing
from attnviz.predict import predict_as
from attnviz.results import SeriesResult
from tests import tiny

SHAPE = {"width": 12, "heads": 2, "ahead": 3, "longest": 12}
NONE, ZERO = torch.zeros(1, 2, dtype=torch.long), torch.tensor([-9.0])


def made(attention: bool = True) -> SeriesForecaster:
    torch.manual_seed(1)
    net = SeriesForecaster(**SHAPE, attention=attention).eval()
    torch.nn.init.normal_(net.readout[-1].weight)  # so that the correction is one
    return net


def test_the_forecast_is_the_past_by_the_weights_of_each_reading_and_a_correction() -> None:
    net, past, seasons = made(), torch.randn(1, 10), torch.tensor([[4, 0]])
    with torch.no_grad(), record(net) as tape:
        found = net(past, seasons, ZERO)
        told = described(past, seasons, ZERO, 3)
        states, last = net.encoder(told.steps)
        ahead, _ = net.decoder(net.steps + net.told(told.coming), last)
        places, attend, look = net.positions[2:12], net.self_attention, net.look
        assert attend is not None
        assert look is not None
        placed = F.layer_norm(states, (12,)) + places
        q, k, v = (part(placed).view(10, 2, 6).transpose(0, 1) for part in (attend.query, attend.key, attend.value))
        own = (q @ k.transpose(1, 2) / 6**0.5).masked_fill(torch.ones(10, 10).triu(1).bool(), -torch.inf).softmax(-1)
        memory = F.layer_norm(states + attend.out((own @ v).transpose(0, 1).reshape(1, 10, 12)), (12,))
        asking = F.layer_norm(ahead, (12,)) + net.positions[12:]
        q, k = look.query(asking)[0].view(3, 6, 2), look.key(memory)[0].view(10, 6, 2)
        relation = (told.relations[0] @ look.relation.weight.T).view(3, 10, 6, 2)
        scores = torch.stack([torch.stack([(q[i] * (k[j] + relation[i, j])).sum(-1) for j in range(10)]) for i in range(3)])
        weights = (scores / 2**0.5).softmax(1).permute(2, 0, 1) * look.shares(asking)[0].softmax(-1).T[:, :, None]
        taken = torch.einsum("hik,hk->i", weights, told.readings[0])
        by_hand = taken + torch.einsum("hik,hi->i", weights, told.shifts[0])
        said = net.readout(ahead + weights.sum(0) @ memory)[0]
        middle = by_hand + 3 * torch.tanh(said[:, 0] / 3) * told.error[0]
    np.testing.assert_allclose(tape["self_attention"].dense(), own.numpy(), atol=1e-6)
    np.testing.assert_allclose(tape["look"].dense(), weights.numpy(), atol=1e-6)
    np.testing.assert_allclose(tape["look"].sum_of_heads().dense().sum(-1), 1, atol=1e-5)
    torch.testing.assert_close(found[0, :, 1], middle, atol=1e-5, rtol=1e-4)


def test_no_past_step_looks_at_a_later_one() -> None:
    net = made()
    with torch.no_grad(), record(net) as tape:
        net(torch.randn(1, 12), NONE, ZERO)
    assert not np.triu(tape["self_attention"].dense(), 1).any()


def test_without_attention_the_forecast_is_the_level_of_the_last_season_and_a_correction() -> None:
    net, past = made(attention=False), torch.randn(4, 12)
    torch.nn.init.zeros_(net.readout[-1].weight)
    torch.nn.init.zeros_(net.readout[-1].bias)
    with torch.no_grad():
        found = net(past, torch.tensor([[4, 0]]), ZERO)
    torch.testing.assert_close(found[:, :, 1], past[:, -4:].mean(1, keepdim=True).expand(-1, 3))


def test_quantiles_are_in_order_and_batches_do_not_mix() -> None:
    net, past = made(), torch.randn(5, 12)
    seasons = torch.tensor([[4, 2], [0, 0], [5, 0], [12, 3], [2, 0]])
    with torch.no_grad():
        together = net(past, seasons, ZERO.expand(5))
        alone = torch.cat([net(past[[i]], seasons[[i]], ZERO) for i in range(5)])
    assert (together.diff(dim=2) > 0).all()
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_levels_and_lags_by_hand() -> None:
    past, lag = torch.tensor([[1.0, 2, 6, 3, 9]]), torch.tensor([3])
    torch.testing.assert_close(trailing(past, lag), torch.tensor([[3.0, 3, 3, 11 / 3, 6]]))
    back, known = lagged(past, lag)
    assert back[known].tolist() == [1, 2]
    assert known.tolist() == [[False, False, False, True, True]]
    line = torch.arange(30.0)[None] * 0.5
    torch.testing.assert_close(torch.cat(slopes(trailing(line, lag), lag)), torch.full((2, 1), 0.5))


def test_readings_of_a_season_on_a_line_go_on_with_both() -> None:
    steps, season = torch.arange(43.0, dtype=torch.float64), torch.tensor([0.0, 3, -1, -2], dtype=torch.float64)
    line = (0.5 * steps + season.repeat(11)[:43]).float()
    past, truth = line[None, :40], line[40:43]
    told = described(past, torch.tensor([[4, 0]]), torch.tensor([-50.0]), 3)
    of = {name: told.readings[0, i, 36:39] + told.shifts[0, i] for i, name in enumerate(READINGS)}  # one season before
    torch.testing.assert_close(of["with the trend"], truth, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(of["as it was (1)"], past[0, 36:39])
    torch.testing.assert_close(of["at today's level"], past[0, 36:39] + told.level[0] - trailing(past, torch.tensor([4]))[0, 36:39])


def test_in_proportion_keeps_the_share_of_the_level_and_below_zero_the_distance() -> None:
    past = torch.tensor([[1.0, 3, 1, 3, 2, 6, 2, 6]])
    told = described(past, torch.tensor([[2, 0]]), torch.tensor([0.0]), 2)
    place = READINGS.index("in proportion")
    torch.testing.assert_close(told.readings[0, place, 1:3], torch.tensor([6.0, 2.0]))  # as 3 of 2, so 6 of 4
    below = described(past - 4, torch.tensor([[2, 0]]), torch.tensor([0.0]), 2)
    torch.testing.assert_close(below.readings[0, place], below.readings[0, READINGS.index("at today's level")])


@pytest.mark.parametrize("length", [4, 12, 40])
def test_a_prediction_holds_the_forecast_in_the_unit_of_the_series_and_dates_on_its_maps(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    net = load(tiny.write_series_model(tmp_path_factory.mktemp("models") / "tiny-series"))
    values = 1000 + np.random.default_rng(0).normal(0, 5, length)
    result = predict_as(SeriesResult, net, values)
    window = values[-12:]
    normal = torch.tensor((window - window.mean()) / window.std(), dtype=torch.float32)[None]
    zero = torch.tensor([-window.mean() / window.std()], dtype=torch.float32)
    with torch.no_grad():
        raw = net(normal, result.encoded.tensors["seasons"], zero)[0].numpy()
    np.testing.assert_allclose(result.forecast, raw[:, 1] * window.std() + window.mean(), rtol=1e-5)
    np.testing.assert_allclose(result.interval, raw[:, [0, 2]].T * window.std() + window.mean(), rtol=1e-5)
    seen = min(length, 12)
    assert result.tape["look"].labels["query"] == tuple(f"step {length + i + 1}" for i in range(3))
    assert result.tape["look"].labels["key"] == tuple(f"step {length - seen + i + 1}" for i in range(seen))
    assert result.tape["look"].labels["head"] == READINGS
    assert result.tape["self_attention"].labels["query"] == result.tape["look"].labels["key"]
