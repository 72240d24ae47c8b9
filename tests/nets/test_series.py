"""The forecaster: its attention by hand, and what is left of it without."""

import numpy as np
import pytest
import torch

from attnviz import load, predict, record
from attnviz.nets.series import SeriesForecaster
from tests import tiny

SHAPE = {"width": 8, "heads": 2, "ahead": 3, "longest": 12}


def made(attention: bool = True) -> SeriesForecaster:
    torch.manual_seed(1)
    return SeriesForecaster(**SHAPE, attention=attention).eval()


def test_the_weights_of_each_step_ahead_are_the_softmax_of_its_query_with_the_states() -> None:
    net, past = made(), torch.randn(1, 10)
    with torch.no_grad(), record(net) as tape:
        net(past)
        states, last = net.encoder(past[:, :, None])
        places = net.positions[2:12]
        placed = torch.nn.functional.layer_norm(states, (8,)) + places
        attend = net.self_attention
        assert attend is not None
        assert net.look is not None
        q, k, v = (part(placed).view(10, 2, 4).transpose(0, 1) for part in (attend.query, attend.key, attend.value))
        scores = (q @ k.transpose(1, 2) / 2).masked_fill(torch.ones(10, 10).triu(1).bool(), -torch.inf)
        own = scores.softmax(-1)
        mixed = states + attend.out((own @ v).transpose(0, 1).reshape(1, 10, 8))
        memory = torch.nn.functional.layer_norm(mixed, (8,)) + places
        ahead = torch.nn.functional.layer_norm(net.decoder(net.steps[None], last)[0], (8,)) + net.positions[12:]
        asked, kept = net.look.query(ahead).view(3, 2, 4).transpose(0, 1), net.look.key(memory).view(10, 2, 4).transpose(0, 1)
        looked = (asked @ kept.transpose(1, 2) / 2).softmax(-1)
    assert tape.layers == ("self_attention", "look")
    assert [m.kind for m in tape] == ["self", "soft"]
    np.testing.assert_allclose(tape["self_attention"].dense(), own.numpy(), atol=1e-6)
    np.testing.assert_allclose(tape["look"].dense(), looked.numpy(), atol=1e-6)


def test_no_past_step_looks_at_a_later_one() -> None:
    net, past = made(), torch.randn(1, 12)
    with torch.no_grad(), record(net) as tape:
        net(past)
    assert not np.triu(tape["self_attention"].dense(), 1).any()


def test_attention_whose_answers_are_nothing_leaves_the_net_without_attention() -> None:
    net, bare, past = made(), made(attention=False), torch.randn(4, 12)
    own = net.state_dict()
    bare.load_state_dict({name: own[name] for name in bare.state_dict()})
    with torch.no_grad():
        assert not torch.allclose(net(past), bare(past))
        assert net.look is not None
        net.look.out.weight.zero_()
        net.look.out.bias.zero_()
        torch.testing.assert_close(net(past), bare(past))


def test_a_short_past_stands_at_the_same_lags_as_the_end_of_a_long_one() -> None:
    net, seen = made(), []
    assert net.look is not None
    net.look.register_forward_pre_hook(lambda _, args: seen.append(args[1]))
    net.norms[1] = torch.nn.Identity()  # type: ignore[index]
    net.encoder, net.self_attention = Zeros(), Zeros()  # type: ignore[assignment]
    with torch.no_grad():
        net(torch.randn(1, 12))
        net(torch.randn(1, 5))
    torch.testing.assert_close(seen[1], seen[0][:, -5:])


class Zeros(torch.nn.Module):
    def forward(self, x: torch.Tensor, *_: object, causal: bool = False) -> object:
        zeros = torch.zeros(*x.shape[:2], 8)
        return zeros if causal else (zeros, torch.zeros(1, len(x), 8))


@pytest.mark.parametrize("length", [4, 12, 40])
def test_a_prediction_holds_the_forecast_in_the_unit_of_the_series_and_dates_on_its_maps(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    net = load(tiny.write_series_model(tmp_path_factory.mktemp("models") / "tiny-series"))
    values = 1000 + np.random.default_rng(0).normal(0, 5, length)
    result = predict(net, values)
    window = values[-12:]
    with torch.no_grad():
        raw = net(torch.tensor((window - window.mean()) / window.std(), dtype=torch.float32)[None])[0].numpy()
    np.testing.assert_allclose(result.forecast, raw * window.std() + window.mean(), rtol=1e-5)
    seen = min(length, 12)
    assert result.tape["look"].labels["query"] == tuple(f"step {length + i + 1}" for i in range(3))
    assert result.tape["look"].labels["key"] == tuple(f"step {length - seen + i + 1}" for i in range(seen))
    assert result.tape["self_attention"].labels["query"] == result.tape["look"].labels["key"]
