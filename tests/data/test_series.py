"""The two public series, made up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attnviz.data import series
from attnviz.errors import DataError
from tests import tiny


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(series.SOURCES, "etth1", replace(series.SOURCES["etth1"], ends=(60, 80, 100)))
    return tiny.write_series(tmp_path)


def test_parts_follow_each_other_in_time_and_windows_begin_within_them(data: Path) -> None:
    taxi, oil = series.read(data, "nyc_taxi"), series.read(data, "etth1")
    assert taxi.ends == {"train": 84, "dev": 96, "test": 120}
    assert oil.ends == {"train": 60, "dev": 80, "test": 100}
    assert [taxi.firsts(part, 3) for part in series.PARTS] == [range(82), range(84, 94), range(96, 118)]


def test_scaling_knows_the_training_part_alone(data: Path) -> None:
    taxi = series.read(data, "nyc_taxi")
    known = taxi.standardised[:84]
    np.testing.assert_allclose([known.mean(), known.std()], [0, 1], atol=1e-12)
    changed = replace(taxi, values=np.where(np.arange(120) < 84, taxi.values, 1e9))
    np.testing.assert_array_equal(changed.standardised[:84], known)


def test_windows_hold_what_came_before_and_what_came_next() -> None:
    past, ahead = series.windows(np.arange(10.0), range(4, 6), 3, 2)
    assert past.tolist() == [[1, 2, 3], [2, 3, 4]]
    assert ahead.tolist() == [[4, 5], [5, 6]]


def test_a_missing_or_short_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--data"):
        series.read(tmp_path, "nyc_taxi")
    with pytest.raises(DataError, match="has 120 steps, but 14,400 are needed"):
        series.read(tiny.write_series(tmp_path), "etth1")
