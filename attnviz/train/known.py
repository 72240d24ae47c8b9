"""From which familiarity on a photo model knows a photo, fitted on held-out photos and written into its card."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from attnviz.cards import CARD, ModelCard
from attnviz.data import cifar10, photos
from attnviz.evaluate_photos import batched, small
from attnviz.familiar import familiarity, least_familiar
from attnviz.load import load
from attnviz.nets import Net
from attnviz.train.calibrate import write
from attnviz.train.cifar import HELD_OUT


def small_photos(model: Net, data: Path) -> Iterator[Tensor]:
    """The 1,000 training photos of CIFAR-10 that no recipe trains on, in batches."""
    return small(cifar10.read(data, "train")[0][:HELD_OUT], model)


def watched_photos(model: Net, data: Path) -> Iterator[Tensor]:
    """The photos of Caltech-101 and of the flowers that are there to watch trainings, in batches."""
    return batched(model, data, photos.split(data)["watch"])


HELD: dict[str, Callable[[Net, Path], Iterator[Tensor]]] = {"photo": small_photos, "thousand": watched_photos}


def know(card: ModelCard, data: Path) -> dict[str, float | int]:
    """Writes `known_from` into the card, which 95 % of held-out photos exceed: it, the share that does, and of how many."""
    model = load(card)
    with torch.no_grad():
        logits = torch.cat([model(batch) for batch in HELD[card.task](model, data)])
    least = math.floor(1000 * least_familiar(logits)) / 1000  # rounded so that none is lost
    write(card.folder / CARD, "known_from", least)
    return {"known_from": least, "known": float((familiarity(logits) >= least).double().mean()), "n": len(logits)}
