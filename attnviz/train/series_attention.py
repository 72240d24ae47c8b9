"""series-attention: four small nets, one after the other, on taxi rides and on oil temperature, each with attention and without.

Half of each batch are windows of the series' training part, half are invented series of any length, so that the net learns what a
season is and not only a week of taxis. The running average of the last weights is what is shipped; the dev split decides nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from attnviz.cards import ModelCard
from attnviz.data import series
from attnviz.encode.series import normalised
from attnviz.evaluate_series import VARIANTS, Variant, error
from attnviz.load import WEIGHTS
from attnviz.nets.series import SeriesForecaster
from attnviz.train.invented import invented
from attnviz.train.loop import Run, seed_everything
from attnviz.train.schedule import Optimizers
from attnviz.train.ship import half

EPOCHS, STEPS, BATCH = 12, 50, 32
STOPPED = {"weights.safetensors": 10, "etth1.safetensors": 8}  # epochs of nets that are stopped before the rate has fallen to 0
RATE, WEIGHT_DECAY, AVERAGING = 3e-3, 0.05, 0.99
BEND = 0.5  # where the loss turns from squares to absolute values, in deviations of the window
FARTHEST = 8.0  # deviations: an invented series that leaves its window farther teaches nothing
SHORTEST = 48
INVENTED = 0.5


class Batch(NamedTuple):
    """Real and invented windows, (window, past) each, and what came next, (window, ahead)."""

    past: Tensor
    ahead: Tensor
    invented_past: Tensor
    invented_ahead: Tensor


class Learner(nn.Module):
    """One of the nets, its running average and its optimizer."""

    def __init__(self, card: ModelCard, variant: Variant, seed: int) -> None:
        super().__init__()
        seed_everything(seed)
        self.net = SeriesForecaster(**card.config, attention=variant.attention)
        self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))  # type: ignore[no-untyped-call]
        self.optimizer = Optimizers([torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)], EPOCHS * STEPS)


class SeriesRun(Run):
    """Training as `attnviz.train.loop.fit` drives it, an epoch being one of one net."""

    def __init__(
        self, card: ModelCard, data: Path, device: str, variants: dict[str, Variant] = VARIANTS, seed: int = 0
    ) -> None:  # fmt: skip
        self.card, self.device, self.variants, self.seed = card, device, variants, seed
        self.past, self.ahead = card.series["past"], card.series["ahead"]
        self.order = [(file, epoch) for file in variants for epoch in range(min(EPOCHS, STOPPED.get(file, EPOCHS)))]
        self.epochs = len(self.order)
        self.data = {name: series.read(data, name) for name in {variant.series for variant in variants.values()}}
        self.learners = {file: Learner(card, variant, seed).to(device) for file, variant in variants.items()}
        self.state = {
            **{f"{file} net": learner for file, learner in self.learners.items()},
            **{f"{file} optimizer": learner.optimizer for file, learner in self.learners.items()},
        }

    def steps(self) -> int:
        return STEPS

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Windows drawn anew in every epoch, the same for every net; from here on the net of this epoch learns."""
        self.file, number = self.order[epoch]
        source = self.data[self.variants[self.file].series]
        torch.manual_seed(self.seed + number)  # so that a net is the same whatever others are trained before it
        random = np.random.default_rng([self.seed, number])
        last = source.ends["train"] - self.ahead
        for _ in range(STEPS):
            firsts = random.integers(self.past, last + 1, BATCH)
            real = _normal(*series.windows(source.values, firsts, self.past, self.ahead))
            length = int(random.integers(SHORTEST, self.past + 1))
            made = invented(BATCH // 2, length + self.ahead, random)
            yield Batch(*(part.to(self.device) for part in (*real, *_normal(made[:, :length], made[:, length:]))))

    def step(self, batch: Batch) -> Tensor:
        learner = self.learners[self.file]
        learner.net.train()
        loss = _loss(learner.net(batch.past), batch.ahead)
        loss = loss + INVENTED * _loss(learner.net(batch.invented_past), batch.invented_ahead)
        learner.net.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learner.net.parameters(), 1.0)
        learner.optimizer.step()
        learner.average.update_parameters(learner.net)
        return loss.detach()

    def validate(self) -> float:
        """1 - the squared error on the dev split, in variances of the training part."""
        source = self.data[self.variants[self.file].series]
        found = error(self.learners[self.file].average.module.eval(), source, "dev", self.past, self.ahead)
        return 1 - float((found**2).mean())

    def network(self) -> nn.Module:
        return self._averaged(WEIGHTS)

    def extra_files(self, out: Path) -> None:
        for file in self.variants:
            if file != WEIGHTS:
                save_file({name: half(value) for name, value in self._averaged(file).state_dict().items()}, out / file)
                (out / file).chmod(0o644)

    def _averaged(self, file: str) -> nn.Module:
        return self.learners[file].average.module


def _normal(past: series.Values, ahead: series.Values) -> tuple[Tensor, Tensor]:
    """(window, past), (window, ahead) -> the same by mean and deviation of each window's past."""
    window, centre, scale = normalised(past)
    target = np.clip((ahead - centre[:, None]) / scale[:, None], -FARTHEST, FARTHEST)
    return torch.from_numpy(window), torch.from_numpy(target.astype(np.float32))


def _loss(found: Tensor, wanted: Tensor) -> Tensor:
    return F.smooth_l1_loss(found, wanted, beta=BEND)
