"""The views that photo models learn from, made in chunks by all processors at once; the same ones wherever this runs.

First the photos that watch a training, then every training photo as it is, several times, then views in which things stand
anywhere, and some on which nothing stands. No label of any photo is used, but for how often a photo is drawn.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from attnviz.data import photos
from attnviz.data.photos import Photo
from attnviz.train import crops, nothing
from attnviz.train.crops import CutOut, View
from attnviz.train.workers import at_once

CHUNK = 64
WHOLE = 2  # how often each training photo is shown as it is, but for mirroring and colours
ANYWHERE = 18_000  # views in which things stand anywhere
NOTHING = 2_000  # views on which nothing stands
PLACES = 14
COMMON = ("airplane", "face", "motorbike")  # have hundreds of photos each, and are drawn a quarter as often
RARER = 0.25
MOTORBIKES = 60  # how many of the things that are cut out may be motorbikes; most that stand on white are
WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


class Views(NamedTuple):
    """Bytes (view, 224, 224, 3), and by place (view, 14, 14): 1 on the thing, 0 off it, NaN where nobody knows."""

    pixels: NDArray[np.uint8]
    masks: NDArray[np.float32]


def counted(data: Path) -> tuple[int, int]:
    """How many views there are, and how many of them, the first, are not to be trained on."""
    parts = photos.split(data)
    watched = len(parts["watch"])
    return watched + WHOLE * len(parts["train"]) + ANYWHERE + NOTHING, watched


def made(data: Path) -> Iterator[Views]:
    """All views, a chunk at a time."""
    train = photos.split(data)["train"]
    photographed = CutOuts(data, train)
    found = [thing for things in at_once(photographed, len(photographed.chunks), WORKERS) for thing in things]
    bikes = np.cumsum([bike for _, bike in found])
    things = [thing for (thing, bike), before in zip(found, bikes, strict=True) if not bike or before <= MOTORBIKES]
    chunks = Chunks(data, things)
    yield from at_once(chunks, chunks.count, WORKERS)


class CutOuts(Dataset[list[tuple[CutOut, bool]]]):
    """The things of all photos on a ground of one colour, and whether they are motorbikes."""

    def __init__(self, data: Path, train: Sequence[Photo]) -> None:
        self.data, self.chunks = data, cut(train)

    def __getitem__(self, number: int) -> list[tuple[CutOut, bool]]:
        chosen = self.chunks[number]
        things = (crops.cut_out(pixels) for pixels in photos.read(self.data, chosen))
        return [(thing, photo.label == "motorbike") for photo, thing in zip(chosen, things, strict=True) if thing is not None]


class Chunks(Dataset[Views]):
    """Views of one chunk: what it shows follows from its number alone."""

    def __init__(self, data: Path, things: Sequence[CutOut]) -> None:
        parts = photos.split(data)
        self.data, self.things, self.train, watched = data, things, parts["train"], parts["watch"]
        orders = [np.random.default_rng(i).permutation(len(self.train)) for i in range(WHOLE)]
        whole = [self.train[row] for order in orders for row in order]
        self.still = len(cut(watched))
        self.shown = [*cut(watched), *cut(whole)]
        self.anywhere, self.nothing = (
            [min(CHUNK, all_ - start) for start in range(0, all_, CHUNK)] for all_ in (ANYWHERE, NOTHING)
        )
        self.count = len(self.shown) + len(self.anywhere) + len(self.nothing)
        shares = np.array([RARER if photo.label in COMMON else 1.0 for photo in self.train])
        self.shares = shares / shares.sum()

    def __getitem__(self, number: int) -> Views:
        random = np.random.default_rng([number, 1])
        if number < len(self.shown):
            shown = photos.read(self.data, self.shown[number])
            return stacked([crops.square(one) if number < self.still else crops.whole(one, random) for one in shown])
        count = [*self.anywhere, *self.nothing][number - len(self.shown)]
        rows = random.choice(len(self.train), min(CHUNK, len(self.train)), replace=False, p=self.shares)
        pixels = list(photos.read(self.data, [self.train[row] for row in rows]))
        if number < len(self.shown) + len(self.anywhere):
            return stacked(crops.views(count, pixels, self.things, random))
        return stacked([nothing.view(pixels[i % len(pixels)], random) for i in range(count)])


def cut(photos: Sequence[Photo]) -> list[Sequence[Photo]]:
    """A chunk after another."""
    return [photos[start : start + CHUNK] for start in range(0, len(photos), CHUNK)]


def stacked(views: Sequence[View]) -> Views:
    """Views as one array, their masks by place."""
    return Views(np.stack([view.pixels for view in views]), np.stack([crops.by_place(view.mask, PLACES) for view in views]))
