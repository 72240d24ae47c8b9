"""Photos with masks of their objects: a folder of anybody's, and the boxes of Caltech-101.

A folder holds `images/NAME.jpg` with `masks/NAME.png`, or `NAME.jpg` beside `NAME_mask.png` or `NAME.png`; photos may be of any
kind that attnviz reads. A mask is a PNG of its photo's size, 1 or 255 on the object and 0 elsewhere.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from attnviz.data import photos
from attnviz.encode.decode import upright_size
from attnviz.errors import DataError

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAX_PAIRS = 100_000
MAX_BYTES = 20_000_000
CURE = "name them images/NAME.jpg and masks/NAME.png, or NAME.jpg and NAME_mask.png, or NAME.jpg and NAME.png"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Masked:
    """A photo's file or its pixels (row, column, 3), and the mask of its object: (row, column) over the upright photo."""

    name: str
    photo: bytes | NDArray[np.uint8]
    mask: Mask


def folder(path: Path) -> Iterator[Masked]:
    """The photos of a folder with their masks, by name; DataError where either lacks the other or cannot be read."""
    for photo, mask in pairs(Path(path)):
        raw = _bytes(photo)
        yield Masked(photo.name, raw, read_mask(_bytes(mask), upright_size(raw), mask.name))


def pairs(path: Path) -> list[tuple[Path, Path]]:
    """(photo, mask) by name."""
    if not path.is_dir():
        raise DataError(f"there is no folder {path}", "pass the folder that holds the photos and the masks with --masks")
    found = _in_two_folders(path) if (path / "masks").is_dir() else _side_by_side(path)
    if not found:
        raise DataError(f"no photos with masks in {path}", CURE)
    if len(found) > MAX_PAIRS:
        raise DataError(f"{len(found):,} photos in {path}, more than the limit of {MAX_PAIRS:,}", "split the folder")
    return found


def _in_two_folders(path: Path) -> list[tuple[Path, Path]]:
    """`masks/NAME.png` or `masks/NAME_mask.png` for each photo in `images/`, or in the folder where there is no `images/`."""
    images = path / "images" if (path / "images").is_dir() else path
    masks = {mask.stem: mask for mask in _files(path / "masks", (".png",))}
    return _paired(_files(images, ENDINGS), masks, path)


def _side_by_side(path: Path) -> list[tuple[Path, Path]]:
    """`NAME_mask.png`, or `NAME.png` beside a photo of another kind."""
    files = _files(path, ENDINGS)
    others = {file.stem for file in files if file.suffix.lower() != ".png"}
    marked = [file for file in files if file.suffix.lower() == ".png" and (file.stem.endswith("_mask") or file.stem in others)]
    return _paired([file for file in files if file not in set(marked)], {mask.stem: mask for mask in marked}, path)


def _paired(images: list[Path], masks: dict[str, Path], path: Path) -> list[tuple[Path, Path]]:
    stems = [image.stem for image in images]
    if twice := sorted({stem for stem in stems if stems.count(stem) > 1}):
        raise DataError(f"{path} holds more than one photo called {twice[0]}", "give each photo a name of its own")
    found = {stem: next((masks[name] for name in (stem, f"{stem}_mask") if name in masks), None) for stem in stems}
    if missing := sorted(stem for stem, mask in found.items() if mask is None):
        raise DataError(f"{len(missing)} photos in {path} have no mask, {missing[0]} for example", CURE)
    if left := sorted(set(masks) - {mask.stem for mask in found.values() if mask}):
        raise DataError(f"{len(left)} masks in {path} have no photo, {left[0]} for example", CURE)
    return [(image, mask) for image in images if (mask := found[image.stem]) is not None]


def _files(path: Path, endings: tuple[str, ...]) -> list[Path]:
    if not path.is_dir():
        return []
    return sorted(file for file in path.iterdir() if file.suffix.lower() in endings and not file.name.startswith("."))


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path.name} has more than the limit of {MAX_BYTES // 1_000_000} MB", "save it smaller")
    return path.read_bytes()


def read_mask(raw: bytes, size: tuple[int, int], name: str) -> Mask:
    """A PNG of 0 and 1, or of 0 and 255 -> (row, column) of booleans; DataError where it is anything else.

    `size` is (width, height) of the upright photo, which the mask must have; an alpha channel must be opaque.
    """
    try:
        image = Image.open(BytesIO(raw), formats=("PNG",))
        if image.size != size:
            found, wanted = (f"{width:,} x {height:,}" for width, height in (image.size, size))
            raise DataError(f"the mask {name} is {found} pixels, its photo {wanted}", "draw the mask over the upright photo")
        values = np.asarray(image)
    except OSError as error:
        raise DataError(f"the mask {name} is no PNG that can be read: {error}", "save it as a PNG") from error
    return _binary(values if values.ndim == 3 else values[:, :, None], image.mode, name)


def _binary(values: NDArray[np.generic], mode: str, name: str) -> Mask:
    """(row, column, channel) -> (row, column)."""
    colours = values[:, :, :-1] if mode in ("LA", "RGBA") else values
    if mode in ("LA", "RGBA") and (values[:, :, -1] != 255).any():
        raise DataError(f"the mask {name} is transparent in places", "save it without transparency, 1 or 255 on the object")
    plain = colours[:, :, 0]
    if (colours != plain[:, :, None]).any():
        raise DataError(f"the mask {name} is coloured", "save it as grey, 1 or 255 on the object and 0 elsewhere")
    known = np.unique(plain).tolist()
    if not (set(known) <= {0, 1} or set(known) <= {0, 255}):
        finding = f"the mask {name} holds {len(known)} values between {known[0]} and {known[-1]}"
        raise DataError(finding, "a mask is 1 or 255 on the object and 0 elsewhere, with nothing between")
    return np.asarray(plain != 0)


def boxes(data: Path) -> Iterator[Masked]:
    """The photos with boxes of Caltech-101 that are held out for tests (airplanes, faces, motorbikes), the box as a mask.

    A box is in pixels of the photo before it was made smaller; pixels that it covers by half or more are the object's.
    """
    path = Path(data) / "caltech101" / "boxes.csv"
    if not path.is_file():
        raise DataError(f"no file {path}", "pass the folder that holds caltech101/ with --data")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = {row["file"].rpartition(".")[0]: row for row in csv.DictReader(lines)}
    held_out = [photo for photo in photos.split(data)["test"] if photo.stem in rows and photo.archive == photos.ARCHIVES[0]]
    for photo, raw in zip(held_out, photos.raw(data, held_out), strict=True):
        yield Masked(photo.path, raw, _filled(rows[photo.stem], upright_size(raw), path))


def _filled(row: dict[str, str], size: tuple[int, int], path: Path) -> Mask:
    """The box of one line as a mask over a photo of (width, height)."""
    try:
        numbers = {key: float(row[key]) for key in ("x0", "y0", "x1", "y1", "orig_w", "orig_h")}
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{path} has a line for {row['file']} without six numbers", "fetch the data set again") from None
    mask = np.zeros(size[::-1], dtype=np.bool_)
    across, down = size[0] / numbers["orig_w"], size[1] / numbers["orig_h"]
    left, right = (round(numbers[key] * across) for key in ("x0", "x1"))
    top, bottom = (round(numbers[key] * down) for key in ("y0", "y1"))
    mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return mask
