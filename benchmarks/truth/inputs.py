"""What nets are called with: rows, which keys are there, and views of images."""

import torch
from torch import Tensor

from benchmarks.truth.draw import Draw
from benchmarks.truth.row import Rows
from benchmarks.truth.rows import ROWS, WEIGHTS


def shaped(draw: Draw, there: Tensor) -> Tensor:
    """(example, key), or with axes of one position for heads and queries."""
    four = draw.chance(0.3)
    draw.note("padding", "of four axes" if four else "of two axes")
    return there[:, None, None] if four else there


def draw_rows(draw: Draw) -> Rows:
    """Rows of any origin; sizes often divide each other, for that is where they are mistaken."""
    make = draw.part("rows", ROWS, WEIGHTS)
    return make(draw, draw.size(1, 2, 2, 3, 4), draw.size(2, 3, 4, 6, 8), draw.size(4, 6, 8))


def draw_there(draw: Draw, b: int, keys: int) -> Tensor:
    """Which keys of each example are there: at least one."""
    lengths = torch.tensor([draw.randint(1, keys) for _ in range(b)])
    return torch.arange(keys) < lengths[:, None]


def draw_image(draw: Draw, smallest: int) -> tuple[Tensor, int, str]:
    """One view of (batch, channel, row, column), how many there are, and how they are joined."""
    b, c = draw.size(1, 2, 3, 4), draw.size(4, 8)
    high, wide = draw.size(smallest, 2, 4, 5, c), draw.size(smallest, 2, 4, 6, c)
    joined = draw.part("views", {name: name for name in ("one", "list", "pair", "stacked")}, (70, 10, 10, 10))
    views = 1 if joined == "one" else 2 if joined == "pair" else draw.size(2, 3)
    draw.note("sizes", f"batch {b}, views {views}, channels {c}, rows {high}, columns {wide}")
    return torch.randn(b, c, high, wide), views, joined


def views_of(image: Tensor, views: int, joined: str) -> tuple[object, ...]:
    """What a net of images is called with."""
    images = [image, *(torch.randn_like(image) for _ in range(views - 1))]
    return {"one": (image,), "list": (images,), "pair": tuple(images), "stacked": (torch.stack(images, 1),)}[joined]
