"""The one training loop: seeded epochs, a progress bar, a checkpoint after each, and resuming from it."""

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

CHECKPOINT = "checkpoint.pt"


class Stateful(Protocol):
    """Anything that can be put into a checkpoint."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any: ...


class Steps(Protocol):
    """Whatever steps down a gradient."""

    def step(self) -> Any: ...


class Run(ABC):
    """What a recipe brings to the loop; everything that must survive an interruption is in `state`."""

    epochs: int
    state: Mapping[str, Stateful]

    @abstractmethod
    def batches(self, epoch: int) -> Iterable[Any]:
        """The batches of one epoch; the same for the same epoch."""

    @abstractmethod
    def steps(self) -> int:
        """How many batches an epoch has."""

    @abstractmethod
    def step(self, batch: Any) -> Tensor:
        """Learns from one batch and returns its loss, a scalar."""

    @abstractmethod
    def validate(self) -> float:
        """Accuracy on data that is neither trained on nor the test split."""

    @abstractmethod
    def network(self) -> nn.Module:
        """The module whose weights are shipped."""

    def settle(self) -> None:  # noqa: B027  (most models need none)
        """What is done once, when the last epoch is over and before the weights are shipped."""

    def extra_files(self, out: Path) -> None:  # noqa: B027  (most models need none)
        """Writes what the model needs beside its weights, a tokenizer for example."""


def descend(net: nn.Module, loss: Tensor, optimizers: Steps) -> Tensor:
    """One step of all optimizers down the gradient of a loss, at most of norm 1; the loss."""
    net.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizers.step()
    return loss.detach()


def fit(run: Run, out: Path, seed: int = 0) -> None:
    """Trains `run` to its last epoch and leaves a checkpoint in `out` after each; continues from one found there."""
    out.mkdir(parents=True, exist_ok=True)
    for epoch in range(_resume(run, out / CHECKPOINT), run.epochs):
        seed_everything(seed + epoch)
        with tqdm(total=run.steps(), desc=f"epoch {epoch + 1}/{run.epochs}", mininterval=5) as bar:
            for batch in run.batches(epoch):
                loss = run.step(batch)
                if bar.update():  # drawn now and then; to read the loss at every step would make a GPU wait each time
                    bar.set_postfix(loss=f"{float(loss):.3f}", refresh=False)
        tqdm.write(f"epoch {epoch + 1}/{run.epochs}: held-out accuracy {run.validate():.4f}")
        _save(run, out / CHECKPOINT, epoch + 1)


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and PyTorch alike."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _save(run: Run, path: Path, epoch: int) -> None:
    partial = path.with_suffix(".partial")
    states = {name: part.state_dict() for name, part in run.state.items()}
    torch.save({"epoch": epoch, **states}, partial)
    partial.replace(path)


def _resume(run: Run, path: Path) -> int:
    if not path.is_file():
        return 0
    saved = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in run.state.items():
        part.load_state_dict(saved[name])
    tqdm.write(f"resumed after epoch {saved['epoch']} from {path}")
    return int(saved["epoch"])
