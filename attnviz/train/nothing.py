"""Views on which nothing stands that has a name: photos torn apart, and drawn patterns. A model learns to say so.

Outlier exposure (Hendrycks et al., 2019, arXiv:1812.04606). They are drawn otherwise than `attnviz.data.unlike`, which tests it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from attnviz.train.crops import SIDE, Pixels, View, square

TILES = (4, 8, 16, 32)  # sides of the pieces that a photo is torn into
STROKES = (40, 400)
SIGNS = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?-()&%/")


def torn(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """The photo in square pieces, which change places."""
    tile = int(random.choice(TILES))
    count = SIDE // tile
    pieces = square(pixels).pixels[: count * tile, : count * tile].reshape(count, tile, count, tile, 3).swapaxes(1, 2)
    mixed = random.permutation(pieces.reshape(-1, tile, tile, 3)).reshape(count, count, tile, tile, 3)
    return np.ascontiguousarray(mixed.swapaxes(1, 2).reshape(count * tile, count * tile, 3))


def scrambled(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """What remains of the photo when the phases of its frequencies are drawn anew: a texture of clouds."""
    spectrum = np.fft.rfft2(square(pixels).pixels, axes=(0, 1))
    phases = np.angle(np.fft.rfft2(random.random((SIDE, SIDE))))[:, :, None]
    return bytes_of(np.fft.irfft2(np.abs(spectrum) * np.exp(1j * phases), s=(SIDE, SIDE), axes=(0, 1)))


def scribbled(pixels: Pixels, random: np.random.Generator) -> Pixels:  # noqa: ARG001  (all are handed a photo)
    """Short strokes in lines, as writing has them, in one colour on another."""
    ink, paper = (tuple(int(value) for value in random.integers(*span, 3)) for span in ((0, 120), (150, 256)))
    drawn = Image.new("RGB", (SIDE, SIDE), paper)
    pen, line = ImageDraw.Draw(drawn), int(random.integers(7, 30))
    for _ in range(int(random.integers(*STROKES))):
        left, row = random.integers(4, SIDE - 12), int(random.integers(0, SIDE // line)) * line
        steps = random.integers(-line // 3, line // 3 + 1, (4, 2)).cumsum(0) + np.array([left, row + line // 2])
        pen.line([(int(x), int(y)) for x, y in steps], ink, int(random.integers(1, 3)))
    return np.asarray(drawn)


def write(pen: ImageDraw.ImageDraw, random: np.random.Generator, box: tuple[int, int, int, int], ink: tuple[int, ...]) -> None:
    """Lines of letters and digits by chance, in one size, as far as the box goes."""
    left, top, right, bottom = box
    font = ImageFont.load_default(int(random.integers(6, 28)))
    for row in range(top, bottom, max(8, int(font.size * random.uniform(1.1, 1.8)))):  # type: ignore[union-attr]
        words = ("".join(random.choice(SIGNS, int(random.integers(1, 11)))) for _ in range(20))
        line = " ".join(words)[: int((right - left) / (font.size * 0.55) * random.uniform(0.3, 1.0)) + 1]  # type: ignore[union-attr]
        pen.text((left, row), line, ink, font)


def written(pixels: Pixels, random: np.random.Generator) -> Pixels:  # noqa: ARG001
    """A page of writing, dark on light or light on dark."""
    dark, light = (tuple(int(value) for value in random.integers(*span, 3)) for span in ((0, 110), (170, 256)))
    paper, ink = (light, dark) if random.random() < 0.75 else (dark, light)
    drawn = Image.new("RGB", (SIDE, SIDE), paper)
    margin = [int(value) for value in random.integers(0, 30, 4)]
    write(ImageDraw.Draw(drawn), random, (margin[0], margin[1], SIDE - margin[2], SIDE - margin[3]), ink)
    return np.asarray(drawn)


def windowed(pixels: Pixels, random: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Panels beside one another and one in another, most of them with writing in them, as programs look."""
    drawn = Image.new("RGB", (SIDE, SIDE), tuple(int(value) for value in random.integers(200, 256, 3)))
    pen = ImageDraw.Draw(drawn)
    for _ in range(int(random.integers(3, 12))):
        left, top = (int(value) for value in random.integers(0, SIDE - 30, 2))
        box = (left, top, min(SIDE, left + int(random.integers(25, SIDE))), min(SIDE, top + int(random.integers(12, 110))))
        light = random.random() < 0.7
        pen.rectangle(box, tuple(int(value) for value in random.integers(*((215, 256) if light else (0, 200)), 3)), (190, 190, 190))
        if random.random() < 0.8:
            ink = tuple(int(value) for value in random.integers(*((0, 110) if light else (220, 256)), 3))
            write(pen, random, (box[0] + 3, box[1] + 2, box[2] - 2, box[3] - 8), ink)
    return np.asarray(drawn)


def boxed(pixels: Pixels, random: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Rectangles of plain colours, one in another or beside it."""
    drawn = Image.new("RGB", (SIDE, SIDE), tuple(int(value) for value in random.integers(0, 256, 3)))
    pen = ImageDraw.Draw(drawn)
    for _ in range(int(random.integers(3, 40))):
        left, top, width, height = (int(value) for value in random.integers(2, SIDE, 4))
        fill = tuple(int(value) for value in random.integers(0, 256, 3))
        pen.rectangle((left, top, left + width // 2, top + height // 4), fill, outline=(0, 0, 0) if random.random() < 0.3 else None)
    return np.asarray(drawn)


def grained(pixels: Pixels, random: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Grain of any size over a slope of colours."""
    size = int(random.integers(2, SIDE))
    grain = Image.fromarray(random.integers(0, 256, (size, size, 3), np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    slope = np.linspace(0, random.uniform(-128, 128), SIDE)[:, None, None]
    return bytes_of(np.asarray(grain, dtype=np.float64) * random.uniform(0.2, 1.0) + slope)


def bytes_of(values: NDArray[np.float64]) -> Pixels:
    """Numbers around 0 to 255, clipped."""
    return np.asarray(values.clip(0, 255).astype(np.uint8))


KINDS: tuple[Callable[[Pixels, np.random.Generator], Pixels], ...] = (torn, scrambled, scribbled, written, windowed, boxed, grained)


def view(pixels: Pixels, random: np.random.Generator) -> View:
    """One of them, with a mask of zeros."""
    made = KINDS[int(random.integers(len(KINDS)))](pixels, random)
    return View(made, np.zeros((SIDE, SIDE), np.float32))
