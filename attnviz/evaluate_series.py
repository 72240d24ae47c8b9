"""The figures of the card of series-attention: forecasts against two naive ones and against the same net without attention."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file

from attnviz.data import series
from attnviz.data.series import Series, Values
from attnviz.encode.seasons import seasonal
from attnviz.encode.series import normalised
from attnviz.nets import Net
from attnviz.nets.series import SeriesForecaster

BATCH = 256
BLOCK_DAYS = 7  # windows of a week belong together: neighbours share nearly all they know
DRAWS = 2_000

Figures = dict[str, dict[str, object]]


class Variant(NamedTuple):
    """What a file of weights was trained on, and whether with attention."""

    series: str
    attention: bool


# The files of the card. The first is the model itself.
VARIANTS = {
    "weights.safetensors": Variant("nyc_taxi", True),
    "nyc_taxi-without.safetensors": Variant("nyc_taxi", False),
    "etth1.safetensors": Variant("etth1", True),
    "etth1-without.safetensors": Variant("etth1", False),
}


def forecast(model: Net, data: Path) -> Figures:
    """Squared and absolute error at each of the next steps, in deviations of the training part, over all windows of the test split.

    For each data set: `model`, `seasonal_naive` (the last day or the last week again, whichever erred less on the dev split) and
    `without_attention`; and with `gain` how much smaller the model's squared error is than theirs, with a 95 % interval by a
    block bootstrap over weeks.
    """
    return {name: _of_series(model, series.read(data, name)) for name in series.SOURCES}


def _of_series(model: Net, source: Series) -> dict[str, object]:
    past, ahead = model.card.series["past"], model.card.series["ahead"]
    seasons = {"day": source.day, "week": 7 * source.day}
    season = min(seasons, key=lambda name: float((naive(source, "dev", seasons[name], ahead) ** 2).mean()))
    nets = {variant.attention: variant_of(model, file) for file, variant in VARIANTS.items() if variant.series == source.name}
    found = {
        "model": error(nets[True], source, "test", past, ahead),
        "seasonal_naive": naive(source, "test", seasons[season], ahead),
        "without_attention": error(nets[False], source, "test", past, ahead),
    }
    scores = {name: {"mse": float((e**2).mean()), "mae": float(np.abs(e).mean())} for name, e in found.items()}
    gains = {name: gain(found["model"], found[name], source.day) for name in ("seasonal_naive", "without_attention")}
    about = {"season": season, "unit": source.unit, "mean": source.centre, "deviation": source.scale}
    return {**scores, "gain": gains, **about, "windows": len(found["model"])}


def variant_of(model: Net, file: str) -> SeriesForecaster:
    """The net that another file of the card holds, in evaluation mode; CardError or WeightsError where there is none."""
    net = SeriesForecaster(**model.card.config, attention=VARIANTS[file].attention)
    net.load_state_dict({name: weight.float() for name, weight in load_file(model.card.file(file)).items()})
    return net.eval()


@torch.no_grad()
def error(net: torch.nn.Module, source: Series, part: str, past: int, ahead: int) -> Values:
    """(window, ahead) forecast less truth, in deviations of the training part, for every window of a part, one step apart."""
    known, wanted = series.windows(source.standardised, source.firsts(part, ahead), past, ahead)
    window, centre, scale = normalised(known)
    batches = [net(torch.from_numpy(window[i : i + BATCH])).double().numpy() for i in range(0, len(window), BATCH)]
    return np.asarray(np.concatenate(batches) * scale[:, None] + centre[:, None] - wanted)


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
