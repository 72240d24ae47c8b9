"""The figures of photo models: how often they are right, whether they know what they see, and what hiding places does."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attnviz.data import cifar10, photos, unlike
from attnviz.errors import DataError
from attnviz.evaluate_hiding import hiding
from attnviz.evaluate_picks import by_ways_of_picking
from attnviz.familiar import familiarity
from attnviz.nets import DrawingNet, Net

Metrics = dict[str, Any]
BATCH = 200
FEW = 16  # photos of 224 pixels at once
FIFTH = 5  # of the photos of which places are hidden, one of so many
ANSWERS = "answers.json"


def photo(model: Net, data: Path) -> Metrics:
    """Accuracy over the 10,000 photos of the CIFAR-10 test split, each seen once and as it is; more as `right` says."""
    images, labels = cifar10.read(data, "test")
    return right(model, small(images, model), labels.tolist())


def right(model: Net, batches: Iterable[Tensor], labels: list[int]) -> Metrics:
    """Accuracy, and of how many; with hard attention that of other ways of picking too.

    `known`: the share of the photos that the model knows, where its card says from which familiarity on it does; `unknown`: that of
    pictures of each kind which it does not (see data.unlike).
    """
    if isinstance(model, DrawingNet):
        logits, found = by_ways_of_picking(model, batches, torch.tensor(labels))
    else:
        logits = torch.cat([model(batch) for batch in batches])
        found = accuracy(logits.argmax(-1).tolist(), labels)
    least = model.card.known_from
    return found if least is None else {**found, "known": above(logits, least), "unknown": unknown(model, least)}


def above(logits: Tensor, least: float) -> float:
    """The share of (photo, label) that is at least as familiar."""
    return float((familiarity(logits) >= least).double().mean())


def unknown(model: Net, least: float) -> dict[str, float]:
    """The share of the pictures of each kind that are less familiar."""
    return {kind: 1 - above(torch.cat([model(few) for few in encoded(model, unlike.drawn(kind))]), least) for kind in unlike.KINDS}


def things(model: Net, data: Path) -> Metrics:
    """Accuracy over the held-out photos of 105 things, and the mean of the accuracies of the classes: a rare one counts as much."""
    held_out = photos.split(data)["test"]
    if unknown := sorted({photo.label for photo in held_out} - set(model.card.labels)):
        raise DataError(f"the card of {model.card.name} does not name {', '.join(unknown)}", "fetch the data set again")
    labels = [model.card.labels.index(photo.label) for photo in held_out]
    tensors = (model.encode(pixels).tensors["image"] for pixels in photos.read(data, held_out))
    batches = iter(lambda: list(islice(tensors, BATCH)), [])
    chosen = [int(label) for batch in batches for label in model(torch.cat(batch)).argmax(-1)]
    return {"balanced_accuracy": balanced(chosen, labels), **accuracy(chosen, labels)}


def thousand(model: Net, data: Path) -> Metrics:
    """Agreement with Lite0: the share of held-out photos that both decide alike, of those whose answers come with the model.

    More as `right` says, and under "hidden" what hiding the strongest places does (see evaluate_hiding).
    """
    answers: dict[str, int] = json.loads(model.card.file(ANSWERS).read_text(encoding="utf-8"))
    held_out = [photo for photo in photos.split(data)["test"] if photo.identity in answers]
    if len(held_out) < len(answers):
        missing = len(answers) - len(held_out)
        raise DataError(
            f"{missing} photos that {ANSWERS} of {model.card.name} answers are not in {data}", "fetch the data set again"
        )
    found = right(model, batched(model, data, held_out), [answers[photo.identity] for photo in held_out])
    hidden = hiding(model, photos.read(data, held_out[::FIFTH]))
    return {"agreement": found.pop("accuracy"), **found, "hidden": hidden}


def batched(model: Net, data: Path, chosen: list[photos.Photo]) -> Iterator[Tensor]:
    """Photos as the model's border takes them, a few at once."""
    return encoded(model, photos.read(data, chosen))


def encoded(model: Net, pixels: Iterable[NDArray[np.uint8]]) -> Iterator[Tensor]:
    """The same of photos as they were read, (row, column, 3)."""
    tensors = (model.encode(each).tensors["image"] for each in pixels)
    return (torch.cat(few) for few in iter(lambda: list(islice(tensors, FEW)), []))


def balanced(chosen: Iterable[int], labels: list[int]) -> float:
    """The mean over classes of the share of right choices in each."""
    right: dict[int, list[bool]] = {}
    for choice, label in zip(chosen, labels, strict=True):
        right.setdefault(label, []).append(choice == label)
    return sum(sum(found) / len(found) for found in right.values()) / len(right)


def small(images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], model: Net) -> Iterator[Tensor]:
    """Photos of the model's own size, normalised as its border does it: (batch, 3, row, column)."""
    mean, std = (torch.tensor(model.card.image[key]).view(3, 1, 1) for key in ("mean", "std"))
    for start in range(0, len(images), BATCH):
        pixels = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2).float() / 255
        yield (pixels - mean) / std


def accuracy(chosen: Iterable[int], labels: list[int]) -> Metrics:
    """Share of right choices, and of how many."""
    right = sum(int(choice == label) for choice, label in zip(chosen, labels, strict=True))
    return {"accuracy": right / len(labels), "n": len(labels)}
