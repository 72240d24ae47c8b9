"""The border where a photo comes in: checked and decoded, cut or padded to a square, normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from attnviz.encode.decode import Decoded, decoded
from attnviz.errors import InputError

PHOTO_SIDE = 1024
SEEN_SIDE = 512
Box = tuple[float, float, float, float]
# Ways of resizing by name, and whether whole blocks may be averaged first. Models of others get exactly what they were trained on.
RESAMPLE: dict[str, tuple[Image.Resampling, float | None]] = {
    "area-lanczos": (Image.Resampling.LANCZOS, 3.0),
    "nearest": (Image.Resampling.NEAREST, None),
    "lanczos": (Image.Resampling.LANCZOS, None),
    "bilinear": (Image.Resampling.BILINEAR, None),
    "bicubic": (Image.Resampling.BICUBIC, None),
    "box": (Image.Resampling.BOX, None),
    "hamming": (Image.Resampling.HAMMING, None),
}


@dataclass(frozen=True)
class EncodedImage:
    """A photo as the model takes it and as the page shows it; of the file nothing else is kept, no Exif, no position.

    `tensors` holds "image", (1, 3, size, size) float32, normalised.
    `photo` is what was given, (row, column, 3): upright, RGB, its longest side at most 1024.
    `seen` is the square the model sees, (side, side, 3), side at most 512, bars included.
    `input` is the same square in the model's own pixels, (size, size, 3).
    `box` is (top, left, bottom, right) of that square in pixels of `photo`; with bars it reaches beyond the photo.
    `notes` are full sentences: what was changed on the way in.
    """

    tensors: dict[str, Tensor]
    photo: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    input: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    notes: tuple[str, ...]


def encode_image(
    raw: bytes | Image.Image | NDArray[np.uint8] | Decoded,
    *,
    size: int,
    mean: Sequence[float],
    std: Sequence[float],
    resize: int | None = None,
    resample: str = "area-lanczos",
    fit: Literal["crop", "letterbox"] = "crop",
) -> EncodedImage:
    """A file's bytes, a Pillow image or an array, (row, column, 3) or (row, column) uint8, for a size x size model.

    `mean` and `std` are the model's, by channel, of values between 0 and 1. "crop" keeps the middle square, "letterbox"
    adds bars in the mean colour. Where the model wants it resized to `resize` first, the middle of that is cut to `size`;
    `resample` is one of RESAMPLE. InputError if the input is no image, is damaged, or is too large or too small.
    """
    if fit not in ("crop", "letterbox"):
        raise InputError(f"{fit!r} is no way to make a photo square", "take crop or letterbox")
    upright, given, notes = decoded(raw, PHOTO_SIDE)
    photo = _shrunk(upright, PHOTO_SIDE)
    if fit == "crop":
        square, box = _cropped(upright, photo, given, notes)
    else:
        square, box = _letterboxed(photo, mean, given, notes)
    side = (min if fit == "crop" else max)(given)
    if side != size:
        notes.append(f"The model sees {'only ' if side > size else ''}{size:,} x {size:,} pixels.")
    whole = size if resize is None else resize
    if whole > size:
        notes.append(f"Of that square the middle {size / whole:.0%} is used, as the model wants it.")
    pixels = _middle(_resized(square, (whole, whole), resample), size)
    square, box = _middle(square, round(square.width * size / whole)), _inset(box, size / whole)
    tensors = {"image": _normalised(pixels, mean, std)}
    return EncodedImage(tensors, np.array(photo), np.array(_shrunk(square, SEEN_SIDE)), np.array(pixels), box, tuple(notes))


def _cropped(
    upright: Image.Image, photo: Image.Image, given: tuple[int, int], notes: list[str]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The middle square at full resolution, and its box in pixels of `photo`."""
    width, height = upright.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    if width != height:
        used = f"{min(given):,} of {max(given):,} {'columns' if width > height else 'rows'} are used"
        notes.append(f"The photo was cropped to its middle square: {used}.")
    across, down = photo.width / width, photo.height / height
    box = (top * down, left * across, (top + side) * down, (left + side) * across)
    return upright.crop((left, top, left + side, top + side)), box


def _letterboxed(
    photo: Image.Image, mean: Sequence[float], given: tuple[int, int], notes: list[str]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The photo between two bars, and the box of the whole in its pixels."""
    side = max(photo.size)
    left, top = (side - photo.width) // 2, (side - photo.height) // 2
    if photo.width != photo.height:
        shown = f"{min(given):,} of {max(given):,} {'rows' if photo.width > photo.height else 'columns'} show the photo"
        notes.append(f"The photo was letterboxed: {shown}, the others are bars in the mean colour.")
    square = Image.new("RGB", (side, side), tuple(round(255 * value) for value in mean))
    square.paste(photo, (left, top))
    return square, (float(-top), float(-left), float(side - top), float(side - left))


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    """The same shape, its longest side at most `side` pixels; never enlarged."""
    scale = min(1.0, side / max(image.size))
    width, height = (max(1, round(scale * length)) for length in image.size)
    return image if scale == 1 else _resized(image, (width, height))


def _resized(image: Image.Image, size: tuple[int, int], resample: str = "area-lanczos") -> Image.Image:
    """Every pixel counts, also from 4000 to 32: whole blocks are averaged first (gap 3), then Lanczos does the rest."""
    how, gap = RESAMPLE[resample]
    return image.resize(size, how, reducing_gap=gap)


def _middle(square: Image.Image, side: int) -> Image.Image:
    """The middle square of a square."""
    start = (square.width - side) // 2
    return square if side == square.width else square.crop((start, start, start + side, start + side))


def _inset(box: Box, share: float) -> Box:
    """The middle of a box that keeps this share of its sides."""
    top, left, bottom, right = box
    down, across = (bottom - top) * (1 - share) / 2, (right - left) * (1 - share) / 2
    return top + down, left + across, bottom - down, right - across


def _normalised(image: Image.Image, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(row, column) RGB -> (1, 3, row, column) float32: (value / 255 - mean) / std."""
    values = np.asarray(image, dtype=np.float32) / 255
    values = (values - np.asarray(mean, dtype=np.float32)) / np.asarray(std, dtype=np.float32)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))
