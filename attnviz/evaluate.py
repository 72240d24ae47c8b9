"""The figures in a model's card, worked out again from the data set: `attnviz eval NAME --data DIR`."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from attnviz.data import cifar10, sst
from attnviz.errors import CardError
from attnviz.nets import Net

Metrics = dict[str, float | int]
BATCH = 200


def evaluate(model: Net, data: Path) -> Metrics:
    """The metrics of the model's task on the test split in `data`; DataError where the data is not there."""
    if model.card.task not in EVALUATORS:
        raise CardError(f"the task {model.card.task!r} of {model.card.name} has no metrics", f"known are {', '.join(EVALUATORS)}")
    with torch.no_grad():
        return EVALUATORS[model.card.task](model, data)


def sentiment(model: Net, data: Path) -> Metrics:
    """Accuracy over the 1,821 sentences of the SST-2 test split."""
    examples = sst.sentences(data, "test")
    chosen = (int(model(**model.encode(text).tensors).argmax(-1)) for text, _ in examples)
    return accuracy(chosen, [label for _, label in examples])


def photo(model: Net, data: Path) -> Metrics:
    """Accuracy over the 10,000 photos of the CIFAR-10 test split, each seen once and as it is."""
    images, labels = cifar10.read(data, "test")
    return accuracy((int(label) for batch in _batches(images, model) for label in model(batch).argmax(-1)), labels.tolist())


def _batches(images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], model: Net) -> Iterator[Tensor]:
    """Photos of the model's own size, normalised as its border does it: (batch, 3, row, column)."""
    mean, std = (torch.tensor(model.card.image[key]).view(3, 1, 1) for key in ("mean", "std"))
    for start in range(0, len(images), BATCH):
        pixels = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2).float() / 255
        yield (pixels - mean) / std


def accuracy(chosen: Iterable[int], labels: list[int]) -> Metrics:
    """Share of right choices, and of how many."""
    right = sum(int(choice == label) for choice, label in zip(chosen, labels, strict=True))
    return {"accuracy": right / len(labels), "n": len(labels)}


EVALUATORS: dict[str, Callable[[Net, Path], Metrics]] = {"sentiment": sentiment, "photo": photo}
