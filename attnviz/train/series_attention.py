"""series-attention: one small forecaster for series of every kind, and beside it the same without attention, from the same batches.

Three quarters of the windows are made up anew for every batch, the others are cut from the training parts of public series, as they
are and summed up to longer steps. What each window repeats after is found in it by the very function that the border uses. The
running average of the last weights is what is shipped; the dev split decides nothing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from attnviz.cards import ModelCard
from attnviz.data import series
from attnviz.encode.lags import lags, within
from attnviz.encode.series import normalised
from attnviz.evaluate_series import VARIANTS, error
from attnviz.load import WEIGHTS
from attnviz.nets.series import QUANTILES, SeriesForecaster
from attnviz.train.invented import invented
from attnviz.train.loop import Run, descend, seed_everything
from attnviz.train.schedule import Optimizers, slope
from attnviz.train.ship import half

CHUNKS, BATCHES = 10, 10  # an epoch has so many chunks of series, all of one length, and a chunk so many batches
EPOCHS = 36
STEPS_A_BATCH, MOST_ROWS, LEAST_ROWS = 4_800, 64, 8
LONGEST = 1_600  # steps of which a season may be told
FULL = 0.3  # of the chunks: as many steps as the net can see, and more
RATE, RISE, WEIGHT_DECAY, AVERAGING = 4e-3, 0.04, 0.02, 0.99
OF_QUANTILES = (1.0, 2.0, 1.0)  # how much each counts
REAL = 0.3
FARTHEST = 10.0  # deviations: what leaves its window farther is cut there
LEAST_ERROR = 0.01  # deviations: what a simple forecast errs less counts as this
USUAL_LOSS = 3.0  # in errors of a simple forecast: beyond, a row counts by its logarithm
VALIDATED = 29  # so many steps apart are the windows of the dev split that are looked at after an epoch
AT = 12  # steps ahead at which a simple forecast is held against


class Batch(NamedTuple):
    """What the net takes, `ahead` (row, ahead) on the same scale, and `usual` (row,), how far a simple forecast was off so far."""

    past: Tensor
    seasons: Tensor
    zero: Tensor
    ahead: Tensor
    usual: Tensor


class Learner(nn.Module):
    """One of the nets, its running average and its optimizer."""

    def __init__(self, card: ModelCard, attention: bool, seed: int, rate: Callable[[float], float]) -> None:
        super().__init__()
        seed_everything(seed)
        self.net = SeriesForecaster(**card.config, attention=attention)
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))  # type: ignore[no-untyped-call]
        optimizer = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
        self.optimizer = Optimizers([optimizer], 1, rate)

    def learn(self, batch: Batch) -> Tensor:
        """One step, and its loss."""
        self.net.train()
        loss = pinball(self.net(batch.past, batch.seasons, batch.zero), batch.ahead, batch.usual)
        found = descend(self.net, loss, self.optimizer)
        self.average.update_parameters(self.net)
        return found


class SeriesRun(Run):
    """Training as `attnviz.train.loop.fit` drives it; both nets learn from every batch."""

    epochs = EPOCHS

    def __init__(self, card: ModelCard, data: Path, device: str, seed: int = 0) -> None:
        self.card, self.device, self.seed = card, device, seed
        self.past, self.ahead, self.least = (card.series[key] for key in ("past", "ahead", "least"))
        self.dev = series.read(data, next(iter(series.SOURCES)))
        self.real = series.training(data)
        self.learners = {file: Learner(card, attention, seed, self.rate).to(device) for file, attention in VARIANTS.items()}
        self.state = {
            **{f"{file} net": learner for file, learner in self.learners.items()},
            **{f"{file} optimizer": learner.optimizer for file, learner in self.learners.items()},
        }

    def steps(self) -> int:
        return CHUNKS * BATCHES

    def rate(self, step: float) -> float:
        """The learning rate's factor at a step."""
        return slope(step / self.steps() / EPOCHS, RISE)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Windows made and drawn anew in every epoch."""
        random = np.random.default_rng([self.seed, epoch])
        for _ in range(CHUNKS):
            least = self.past if random.random() < FULL else self.least
            known = int(np.exp(random.uniform(np.log(least), np.log(LONGEST))))
            seen = min(known, self.past)
            rows = int(np.clip(STEPS_A_BATCH // seen, LEAST_ROWS, MOST_ROWS))
            chunk = self._chunk(rows * BATCHES, known, seen, random)
            for start in range(0, rows * BATCHES, rows):
                yield Batch(*(part[start : start + rows].to(self.device) for part in chunk))

    def _chunk(self, count: int, known: int, seen: int, random: np.random.Generator) -> Batch:
        """Made series and real ones in random order, `known` steps and those ahead, of which the net sees the last ones."""
        real = series.cut(self.real, int(REAL * count), known + self.ahead, random)
        made = np.concatenate([real, invented(count - len(real), known + self.ahead, random)])
        made = made[random.permutation(count)]
        return batch(made[:, :known], made[:, known:], seen)

    def step(self, batch: Batch) -> Tensor:
        """The loss of the net with attention."""
        losses = [learner.learn(batch) for learner in self.learners.values()]
        return losses[0]

    def validate(self) -> float:
        """1 - the absolute error on the dev split of the taxi rides, in deviations of their training part."""
        found = error(self.network().eval(), self.dev, "dev", self.card, every=VALIDATED)
        return 1 - float(np.abs(found.middle).mean())

    def network(self) -> nn.Module:
        return self._averaged(WEIGHTS)

    def extra_files(self, out: Path) -> None:
        for file in self.learners:
            if file != WEIGHTS:
                save_file({name: half(value) for name, value in self._averaged(file).state_dict().items()}, out / file)
                (out / file).chmod(0o644)

    def _averaged(self, file: str) -> nn.Module:
        return self.learners[file].average.module


def batch(known: series.Values, ahead: series.Values, seen: int) -> Batch:
    """(row, known), (row, ahead) -> the last `seen` steps as the border makes them, and what came on the same scale."""
    window, centre, scale = normalised(known[:, -seen:])
    target = np.clip((ahead - centre[:, None]) / scale[:, None], -FARTHEST, FARTHEST).astype(np.float32)
    seasons = within(lags(known), seen)
    past, lag = torch.from_numpy(window), torch.from_numpy(seasons)
    return Batch(
        past, lag, torch.from_numpy((-centre / scale).astype(np.float32)), torch.from_numpy(target), usual(past, lag[:, 0])
    )


def usual(past: Tensor, lag: Tensor) -> Tensor:
    """(row,): how far off the last value was `AT` steps later, or the season again where that was nearer; in deviations."""
    places = torch.arange(past.shape[1])
    back = torch.where(lag > 0, lag * (-(-AT // lag.clamp(min=1))), AT)
    errors = []
    for distance in (back, torch.full_like(back, min(AT, past.shape[1] // 2))):
        then = places[None] - distance[:, None]
        there = then >= 0
        off = (past - past.gather(1, then.clamp(min=0))).abs()
        errors.append(torch.where(there.any(1), (off * there).sum(1) / there.sum(1).clamp(min=1), torch.inf))
    return torch.minimum(*errors).clamp(min=LEAST_ERROR)


def pinball(found: Tensor, wanted: Tensor, usual: Tensor) -> Tensor:
    """(row, ahead, quantile), (row, ahead) -> the quantile loss (Koenker and Bassett, 1978) in usual errors, the mean over rows."""
    level = found.new_tensor(QUANTILES)
    over = wanted[:, :, None] - found
    losses = (torch.maximum(level * over, (level - 1) * over) * found.new_tensor(OF_QUANTILES)).sum(2).mean(1) / usual
    return torch.where(losses < USUAL_LOSS, losses, USUAL_LOSS * (1 + (losses / USUAL_LOSS).clamp(min=1).log())).mean()
