"""Views of photos to learn from: parts of them, photos put somewhere on a larger ground, and things cut out and put elsewhere.

Things in photos stand in the middle, and a map that knows only that already looks right. In these views they stand anywhere. A
photo on a ground of one colour tells which of its pixels are the thing; put on another ground it is a photo with a mask (copy and
paste, Ghiasi et al., 2021, arXiv:2012.07177).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SIDE = 224
AREA = (0.25, 1.0)
RATIO = (3 / 4, 4 / 3)
COLOUR = 0.3
SMALLER = (0.4, 0.85)  # side of a photo that is put on a ground, as a share of the view
CORNER = (0.25, 0.45)  # side of the part of a photo that becomes a ground, as a share of its shorter side
EDGE = 3  # rows and columns at the border of a photo that must be of one colour
LIKE = 12  # how far from it a channel may be
ALIKE = 0.95  # share of the border that must be
FULL = 0.9  # a thing that covers more of the box around it is a photo in a frame
SIZE = (0.06, 0.75)  # share of the photo that a thing must cover to be cut out

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]


class CutOut(NamedTuple):
    """A thing: its pixels (row, column, 3), and which of them it covers, from 0 to 255, (row, column)."""

    pixels: Pixels
    cover: Pixels


class View(NamedTuple):
    """(side, side, 3), and a mask of the same side: 1 on the thing, 0 off it, NaN where nobody knows."""

    pixels: Pixels
    mask: Values


def part(pixels: Pixels, random: np.random.Generator) -> View:
    """A random part of the photo, a little squeezed or stretched."""
    height, width = pixels.shape[:2]
    area = height * width * random.uniform(*AREA)
    ratio = np.exp(random.uniform(*np.log(RATIO)))
    across, down = min(width, np.sqrt(area * ratio)), min(height, np.sqrt(area / ratio))
    left, top = random.uniform(0, width - across), random.uniform(0, height - down)
    box = (left, top, left + across, top + down)
    crop = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box)
    return View(np.asarray(crop), np.full((SIDE, SIDE), np.nan, np.float32))


def square(pixels: Pixels) -> View:
    """The middle square, as a model gets it."""
    side = min(pixels.shape[:2])
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    middle = pixels[top : top + side, left : left + side]
    if side != SIDE:
        middle = np.asarray(Image.fromarray(middle).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return View(middle, np.full((SIDE, SIDE), np.nan, np.float32))


def whole(pixels: Pixels, random: np.random.Generator) -> View:
    """The middle square, mirrored every second time and changed in colour."""
    view = mirrored(square(pixels), random)
    return View(coloured(view.pixels, random), view.mask)


def put(pixels: Pixels, ground: Pixels, random: np.random.Generator) -> View:
    """The photo smaller, somewhere on a ground: off it there is nothing to see, within it nobody knows."""
    scale = SIDE * random.uniform(*SMALLER) / max(pixels.shape[:2])
    height, width = (max(1, round(scale * length)) for length in pixels.shape[:2])
    top, left = (int(random.integers(0, SIDE - length + 1)) for length in (height, width))
    made, mask = ground.copy(), np.zeros((SIDE, SIDE), np.float32)
    made[top : top + height, left : left + width] = np.asarray(
        Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    )
    mask[top : top + height, left : left + width] = np.nan
    return View(made, mask)


def composed(thing: CutOut, ground: Pixels, random: np.random.Generator) -> View:
    """The thing at a random size, somewhere on the ground, perhaps a little beyond its border."""
    scale = SIDE * random.uniform(0.4, 1.0) / max(thing.cover.shape)
    height, width = (max(1, round(scale * length)) for length in thing.cover.shape)
    top, left = (int(random.uniform(-0.2 * length, SIDE - 0.8 * length)) for length in (height, width))
    whole = Image.fromarray(ground)
    cover = Image.new("L", (SIDE, SIDE))
    cover.paste(Image.fromarray(thing.cover).resize((width, height), Image.Resampling.BILINEAR), (left, top))
    picture = Image.new("RGB", (SIDE, SIDE))
    picture.paste(Image.fromarray(coloured(thing.pixels, random)).resize((width, height), Image.Resampling.BICUBIC), (left, top))
    whole.paste(picture, (0, 0), cover)
    return View(np.asarray(whole), np.asarray(cover, dtype=np.float32) / np.float32(255))


def ground(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """(side, side, 3): a corner of a photo, larger; whole things seldom stand in a corner."""
    height, width = pixels.shape[:2]
    side = min(height, width) * random.uniform(*CORNER)
    left, top = (0.0 if random.random() < 0.5 else length - side for length in (width, height))
    corner = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
    return np.asarray(corner)


def cut_out(pixels: Pixels) -> CutOut | None:
    """The thing in a photo on a ground of one colour; None where the ground is not of one, or the thing too small,
    too large or a rectangle."""
    values = pixels.astype(np.int16)
    border = np.concatenate([edge.reshape(-1, 3) for edge in (values[:EDGE], values[-EDGE:], values[:, :EDGE], values[:, -EDGE:])])
    colour = np.median(border, axis=0)
    if (np.abs(border - colour).max(1) < LIKE).mean() < ALIKE:
        return None
    thing = ~_reached(np.abs(values - colour).max(2) < LIKE)
    if not SIZE[0] < thing.mean() < SIZE[1]:
        return None
    rows, columns = (np.flatnonzero(thing.any(axis)) for axis in (1, 0))
    cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if thing[cut].mean() > FULL:
        return None
    cover = Image.fromarray(np.where(thing, np.uint8(255), np.uint8(0))).filter(ImageFilter.MinFilter(3))
    return CutOut(pixels[cut], np.asarray(cover.filter(ImageFilter.GaussianBlur(1)))[cut])


def _reached(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which free places can be reached from the border over free places, row by row and column by column."""
    found = np.zeros_like(free)
    found[[0, -1]], found[:, [0, -1]] = free[[0, -1]], free[:, [0, -1]]
    while True:
        wider = found.copy()
        for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
            wider[here] |= found[there]
            wider[:, here] |= found[:, there]
        wider &= free
        if (wider == found).all():
            return found
        found = wider


def mirrored(view: View, random: np.random.Generator) -> View:
    """Every second time left and right change places."""
    return View(view.pixels[:, ::-1], view.mask[:, ::-1]) if random.random() < 0.5 else view


def coloured(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Brightness, contrast and saturation change by a factor of up to 1 +- COLOUR."""
    bright, contrast, colour = 1 + COLOUR * random.uniform(-1, 1, 3)
    values = pixels.astype(np.float32)
    grey = values.mean(2, keepdims=True)
    values = grey + colour * (values - grey)
    mean = values.mean()
    return np.asarray(np.clip(bright * (mean + contrast * (values - mean)), 0, 255).astype(np.uint8))


def by_place(mask: Values, places: int) -> Values:
    """(row, column) of pixels -> the mean in each of places x places cells; NaN where it is not known of every pixel."""
    cell = len(mask) // places
    return np.asarray(mask.reshape(places, cell, places, cell).mean((1, 3)))


def views(count: int, pixels: Sequence[Pixels], things: Sequence[CutOut], random: np.random.Generator) -> list[View]:
    """`count` views: half parts of photos, a fifth photos put somewhere, the rest things cut out and put elsewhere."""
    found = []
    for chance in random.random(count):
        photo, other = (pixels[int(i)] for i in random.integers(0, len(pixels), 2))
        if chance < 0.5 or not things:
            view = part(photo, random)
        elif chance < 0.7:
            view = put(photo, ground(other, random), random)
        else:
            view = composed(things[int(random.integers(0, len(things)))], ground(other, random), random)
        view = mirrored(view, random)
        found.append(View(coloured(view.pixels, random), view.mask))
    return found
