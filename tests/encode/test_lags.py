"""Seasons that are told from a series alone."""

import numpy as np
import pytest

from attnviz.encode import encode_series
from attnviz.encode.lags import lags, within

RANDOM = np.random.default_rng(0)


def wave(season: float, steps: int, noise: float) -> np.ndarray:
    return np.sin(2 * np.pi * np.arange(steps) / season) + noise * np.random.default_rng(1).normal(0, 1, steps)


@pytest.mark.parametrize(("season", "steps"), [(4, 40), (7, 70), (12, 120), (24, 240), (52, 260), (168, 700)])
def test_a_season_is_found_under_noise_a_trend_and_a_few_outliers(season: int, steps: int) -> None:
    values = wave(season, steps, 0.2) + 3 * np.arange(steps) / steps
    values[steps // 3] += 15
    found = int(lags(values[None])[0, 0])
    assert abs(found - season) <= season // 40


def test_of_two_seasons_the_one_that_tells_more_comes_first_and_the_shorter_one_beside_it() -> None:
    hour = np.arange(24 * 40)
    week = np.sin(2 * np.pi * hour / 24) + np.where(hour // 24 % 7 > 4, 1.0, 0.0)
    assert lags((week + RANDOM.normal(0, 0.2, len(hour)))[None]).tolist() == [[168, 24]]


def test_walks_and_noise_have_no_season_but_by_rare_chance() -> None:
    fresh = np.random.default_rng(2).normal(0, 1, (300, 250))
    assert (lags(np.cumsum(fresh, 1))[:, 0] > 0).mean() <= 0.03
    assert (lags(fresh)[:, 0] > 0).mean() <= 0.05


def test_level_and_unit_change_nothing() -> None:
    values = wave(12, 150, 0.3)
    assert lags(1e6 + 1e3 * values[None]).tolist() == lags(values[None]).tolist()


def test_a_season_beside_that_of_the_calendar_is_taken_for_it() -> None:
    values = wave(23, 400, 0.05)[None]
    assert lags(values)[0, 0] == 23
    assert lags(values, usual=[24])[0, 0] == 24
    assert lags(values, usual=[48])[0, 0] == 23


def test_a_season_longer_than_what_is_seen_gives_way_to_the_other() -> None:
    assert within(np.array([[168, 24], [24, 0], [168, 0]]), 100).tolist() == [[24, 0], [24, 0], [0, 0]]


def test_too_few_steps_have_none() -> None:
    assert lags(np.array([[1.0, 5.0, 2.0]])).tolist() == [[0, 0]]


def test_what_is_held_back_is_not_looked_at_for_a_season() -> None:
    values = np.concatenate([wave(7, 140, 0.1), wave(11, 140, 0.1)])
    assert encode_series(values, past=100, ahead=24, least=12, hold_back=140).seasons == (7,)


def test_the_border_hands_the_net_the_seasons_and_where_zero_is() -> None:
    values = 10 + wave(7, 140, 0.1)
    found = encode_series(values, past=100, ahead=24, least=12)
    assert found.tensors["seasons"].tolist() == [[7, 0]]
    assert found.seasons == (7,)
    window = values[-100:]
    np.testing.assert_allclose(found.tensors["zero"].numpy(), [-window.mean() / window.std()], rtol=1e-5)
