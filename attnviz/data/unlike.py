"""Pictures that no photo model has learned from: noise, pages of text and screens, drawn from a seed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]
SIDE = 448
COUNT = 40
GRAINS = (4, 16, 64, 224)  # cells a side of coarser and finer noise
LETTERS = list("aaabcdeeeefghiiiklmnooooprstttuuvwy ")


def noise(random: np.random.Generator) -> Pixels:
    """Colours by chance, in coarse cells or fine ones, between which they pass over."""
    cells = int(random.choice(GRAINS))
    grey = random.random() < 0.3
    values = random.integers(0, 256, (cells, cells, 1 if grey else 3), dtype=np.uint8).repeat(3 if grey else 1, axis=2)
    return np.asarray(Image.fromarray(values).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def text(random: np.random.Generator) -> Pixels:
    """A page of made-up words, dark on light or light on dark."""
    page = Image.new("RGB", (SIDE, SIDE), _shade(random, light := random.random() < 0.8))
    _write(ImageDraw.Draw(page), random, (16, 16, SIDE - 16, SIDE - 16), _shade(random, not light))
    return np.asarray(page)


def screen(random: np.random.Generator) -> Pixels:
    """A window: a bar at the top, a list at the left, boxes with lines of text, and a button or two."""
    page = Image.new("RGB", (SIDE, SIDE), _shade(random, light=True))
    draw = ImageDraw.Draw(page)
    accent = tuple(int(value) for value in random.integers(0, 200, 3))
    left = int(random.integers(80, 140))
    draw.rectangle((0, 0, SIDE, 32), fill=accent)
    draw.rectangle((0, 32, left, SIDE), fill=_shade(random, light=True))
    for top in range(48, SIDE - 24, 28):
        _write(draw, random, (10, top, left - 10, top + 14), (60, 60, 60))
    for top in range(48, SIDE - 100, 120):
        box = (left + 16, top, SIDE - 16, top + 100)
        draw.rectangle(box, outline=(200, 200, 200), fill=(255, 255, 255))
        _write(draw, random, (box[0] + 8, top + 8, box[2] - 8, top + 60), (40, 40, 40))
        draw.rectangle((box[2] - 80, top + 70, box[2] - 10, top + 90), fill=accent)
    return np.asarray(page)


KINDS: dict[str, Callable[[np.random.Generator], Pixels]] = {"noise": noise, "text": text, "screens": screen}


def drawn(kind: str, count: int = COUNT) -> list[Pixels]:
    """`count` pictures (row, column, 3) of one of KINDS; the same ones wherever this runs."""
    random = np.random.default_rng(list(KINDS).index(kind))
    return [KINDS[kind](random) for _ in range(count)]


def _shade(random: np.random.Generator, light: bool) -> tuple[int, int, int]:
    """A light or a dark grey."""
    value = int(random.integers(225, 256) if light else random.integers(0, 60))
    return value, value, value


def _write(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, box: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    """Fills (left, top, right, bottom) with lines of made-up words."""
    left, top, right, bottom = box
    for line in range(top, bottom - 10, 16):
        letters = "".join(random.choice(LETTERS, int((right - left) / 6)))
        draw.text((left, line), letters[: int(random.integers(len(letters) // 2, len(letters) + 1))], fill=colour)
