"""CIFAR-10 (Krizhevsky, 2009): 32 x 32 colour photos of ten classes, 50,000 to train and 10,000 to test.

Expects `<data>/cifar10/` with `labels.json` (a digit a photo) and mosaics of 50 x 100 tiles: tile k of mosaic i is in
row k // 100, column k % 100.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from attnviz.errors import DataError

SIDE = 32
COLUMNS = 100


def read(data: Path, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(image, row, column, channel) of one split, "train" or "test", and the label of each image."""
    folder = Path(data) / "cifar10"
    mosaics = sorted(folder.glob(f"{split}_*.*"), key=lambda path: int(path.stem.split("_")[1]))
    if not mosaics or not (folder / "labels.json").is_file():
        raise DataError(f"no CIFAR-10 mosaics in {folder}", "pass the folder that holds cifar10/ with --data")
    images = np.concatenate([tiles(path) for path in mosaics])
    digits = json.loads((folder / "labels.json").read_text())[f"{split}_labels"]
    labels = np.array([int(digit) for digit in digits], dtype=np.int64)
    if len(images) != len(labels):
        raise DataError(f"{len(images)} images but {len(labels)} labels in {folder}", "fetch the data set again")
    return images, labels


def tiles(path: Path) -> NDArray[np.uint8]:
    """The images of one mosaic, row by row."""
    mosaic = np.asarray(Image.open(path).convert("RGB"))
    rows = mosaic.shape[0] // SIDE
    return mosaic.reshape(rows, SIDE, COLUMNS, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)
