"""The figures of the card of series-attention: forecasts against naive ones and against the same net without attention."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from attnviz.cards import ModelCard
from attnviz.data import kinds, series
from attnviz.data.series import Series, Values
from attnviz.encode import EncodedSeries, encode_series
from attnviz.encode.lags import KNOWN, lags, within
from attnviz.encode.seasons import best_season, seasonal
from attnviz.encode.series import normalised
from attnviz.nets import Net
from attnviz.nets.series import SeriesForecaster

BATCH = 128
BLOCK_DAYS = 7  # windows of a week belong together: neighbours share nearly all they know
DRAWS = 2_000

Figures = dict[str, object]

# The files of the card, and whether they are of a net with attention. The first is the model itself.
VARIANTS = {"weights.safetensors": True, "without.safetensors": False}


class Errors(NamedTuple):
    """(window, ahead): forecast less truth, in deviations of the training part, and whether the truth lay within the interval."""

    middle: Values
    covered: NDArray[np.bool_]


def forecast(model: Net, data: Path) -> Figures:
    """Of each public series and of all plain kinds, see `of_series` and `of_kinds`."""
    assert isinstance(model, SeriesForecaster)
    nets = {"model": model, "without_attention": without(model)}
    return {**{name: of_series(nets, series.read(data, name), model.card) for name in series.SOURCES}, **of_kinds(nets)}


def of_series(nets: dict[str, SeriesForecaster], source: Series, card: ModelCard) -> Figures:
    """Squared and absolute error at each of the next steps, in deviations of the training part, over all windows of the test split.

    Of `model`, `seasonal_naive` (the last day or the last week again, whichever erred less on the dev split) and
    `without_attention`; with `gain` how much smaller the model's squared error is than theirs, with a 95 % interval by a
    block bootstrap over weeks; `coverage80`: the share of steps within the model's interval.
    """
    ahead = card.series["ahead"]
    seasons = {"day": source.day, "week": 7 * source.day}
    season = min(seasons, key=lambda name: float((naive(source, "dev", seasons[name], ahead) ** 2).mean()))
    ours, bare = (error(net, source, "test", card) for net in nets.values())
    found = {
        "model": ours.middle,
        "seasonal_naive": naive(source, "test", seasons[season], ahead),
        "without_attention": bare.middle,
    }
    scores = {name: {"mse": float((e**2).mean()), "mae": float(np.abs(e).mean())} for name, e in found.items()}
    gains = {name: gain(found["model"], found[name], source.day) for name in ("seasonal_naive", "without_attention")}
    about = {"season": season, "unit": source.unit, "mean": source.centre, "deviation": source.scale}
    return {**scores, "gain": gains, "coverage80": float(ours.covered.mean()), **about, "windows": len(ours.middle)}


def without(model: Net) -> SeriesForecaster:
    """The net without attention that the card holds, in evaluation mode; CardError or WeightsError where there is none."""
    file = next(file for file, attention in VARIANTS.items() if not attention)
    net = SeriesForecaster(**model.card.config, attention=False)
    net.load_state_dict({name: weight.float() for name, weight in load_file(model.card.file(file)).items()})
    return net.eval()


@torch.no_grad()
def error(net: torch.nn.Module, source: Series, part: str, card: ModelCard, every: int = 1) -> Errors:
    """Of the windows of a part, `every` so many steps apart."""
    past, ahead = card.series["past"], card.series["ahead"]
    firsts = source.firsts(part, ahead)[::every]
    parts = [_errors(net, source, np.array(firsts[i : i + BATCH]), past, ahead) for i in range(0, len(firsts), BATCH)]
    return Errors(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _errors(net: torch.nn.Module, source: Series, firsts: NDArray[np.int64], past: int, ahead: int) -> Errors:
    values = source.standardised
    known, wanted = series.windows(values, firsts, min(KNOWN, int(firsts.min())), ahead)
    window, centre, scale = normalised(known[:, -past:])
    seasons = torch.from_numpy(within(lags(known, source.usual), window.shape[1]))
    zero = torch.from_numpy(((-source.centre / source.scale - centre) / scale).astype(np.float32))
    low, middle, high = (
        net(torch.from_numpy(window), seasons, zero).double().numpy().transpose(2, 0, 1) * scale[:, None] + centre[:, None]
    )
    return Errors(middle - wanted, (low <= wanted) & (wanted <= high))


def naive(source: Series, part: str, season: int, ahead: int) -> Values:
    """(window, ahead) the same for the last season again."""
    known, wanted = series.windows(source.standardised, source.firsts(part, ahead), season, ahead)
    return seasonal(known, season, ahead) - wanted


def gain(ours: Values, theirs: Values, day: int) -> dict[str, float]:
    """How much of their squared error ours lacks, with a 95 % interval: weeks of windows drawn with replacement, in blocks."""
    a, b = (ours**2).mean(1), (theirs**2).mean(1)
    block = min(BLOCK_DAYS * day, len(a))
    random = np.random.default_rng(0)
    firsts = random.integers(0, len(a) - block + 1, (DRAWS, -(-len(a) // block)))
    sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in (a, b)]
    drawn = 1 - (sums[0][firsts + block] - sums[0][firsts]).sum(1) / (sums[1][firsts + block] - sums[1][firsts]).sum(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"share": float(1 - a.mean() / b.mean()), "low": float(low), "high": float(high)}


class Cut(NamedTuple):
    """Mean absolute errors of one forecast, of the net, without attention and of the naive forecasts, and the share covered."""

    model: float
    without_attention: float
    seasonal_naive: float
    found_naive: float
    covered: float


def of_kinds(nets: dict[str, SeriesForecaster]) -> Figures:
    """Of each kind of plain series, over cuts of several of them, `ratio`: the mean absolute error in that of the naive forecast.

    The naive forecast is the season again by which the series was made, or the last value where it has none; `ratio_found` is
    against the season that was found instead. `nearer`: on how many kinds the ratio is at most 1.05.
    """
    table = {name: _summary([cut for made in kinds.examples(name) for cut in _cuts(nets, made)]) for name in kinds.KINDS}
    ratios = np.array([row["ratio"] for row in table.values()])
    total = {
        "median_ratio": float(np.median(ratios)), "worst_ratio": float(ratios.max()), "nearer": int((ratios <= 1.05).sum()),
        "of": len(ratios), "coverage80": float(np.mean([row["coverage80"] for row in table.values()])),
    }  # fmt: skip
    return {"kinds": table, **total}


def _cuts(nets: dict[str, SeriesForecaster], made: kinds.Made) -> list[Cut]:
    found = []
    for hold_back in kinds.cuts(made):
        one = encode_series(made.values, **nets["model"].card.series, hold_back=hold_back)
        low, middle, high = _says(nets["model"], one)
        known = one.values[: one.first]
        found.append(Cut(
            model=_off(middle, one), without_attention=_off(_says(nets["without_attention"], one)[1], one),
            seasonal_naive=_off(seasonal(known, made.season, one.ahead), one),
            found_naive=_off(seasonal(known, best_season(one).steps, one.ahead), one),
            covered=float(((low <= one.truth) & (one.truth <= high)).mean()),
        ))  # fmt: skip
    return found


@torch.no_grad()
def _says(net: SeriesForecaster, one: EncodedSeries) -> Values:
    """(3, ahead): the lower end, the forecast and the upper end, in the unit of the series; nothing is recorded."""
    return one.restored(net(**one.tensors)[0].double().numpy().T)


def _off(forecast: Values, one: EncodedSeries) -> float:
    return float(np.abs(forecast - one.truth).mean())


def _summary(cuts: list[Cut]) -> dict[str, float]:
    mean = Cut(*(float(np.mean(each)) for each in zip(*cuts, strict=True)))
    return {
        "ratio": mean.model / mean.seasonal_naive, "ratio_found": mean.model / mean.found_naive,
        "ratio_without_attention": mean.without_attention / mean.seasonal_naive, "coverage80": mean.covered, "cuts": len(cuts),
    }  # fmt: skip
