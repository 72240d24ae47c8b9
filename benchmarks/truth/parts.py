"""Rows that hold parts of an example beside the examples: windows, lines, views, frames, chunks, groups and beams."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.truth.draw import Draw
from benchmarks.truth.row import Rows, Take


def _image(draw: Draw, b: int, rows: int, columns: int, c: int) -> tuple[Tensor, nn.Module | None]:
    return torch.randn(b, c, rows, columns), (nn.Linear(c, c) if draw.chance(0.5) else None)


def windows(order: str) -> Callable[[Draw, int, int, int], Rows]:
    """Windows of two by two places of an image, those of an image next to each other, or first those of a place."""

    def make(draw: Draw, b: int, t: int, c: int) -> Rows:  # noqa: ARG001
        high, wide = draw.size(1, 2), draw.size(2, 3)
        image, stem = _image(draw, b, 2 * high, 2 * wide, c)

        def take(x: Tensor) -> Tensor:
            parts = x.unflatten(3, (wide, 2)).unflatten(2, (high, 2))  # b c high 2 wide 2
            axes = (0, 2, 4, 3, 5, 1) if order == "bw" else (2, 4, 0, 3, 5, 1)
            return parts.permute(axes).flatten(0, 2).flatten(1, 2)

        return Rows(b, high * wide, 4, c, order, "window", (image,), Take(take, stem))

    return make


def lines(axis: int) -> Callable[[Draw, int, int, int], Rows]:
    """Axial attention: along columns of each row (axis 2), or along rows of each column (axis 3)."""

    def make(draw: Draw, b: int, t: int, c: int) -> Rows:
        others = draw.size(2, 3, b, t)
        shape = (others, t) if axis == 2 else (t, others)
        image, stem = _image(draw, b, *shape, c)
        along = (0, axis, 5 - axis, 1)
        return Rows(b, others, t, c, "bw", "window", (image,), Take(lambda x: x.permute(along).flatten(0, 1), stem))

    return make


def views(way: str) -> Callable[[Draw, int, int, int], Rows]:
    """Views of an example put behind each other along the batch."""

    def make(draw: Draw, b: int, t: int, c: int) -> Rows:
        w = 2 if way in ("pair", "flipped") else draw.size(2, 3)
        views = [torch.randn(b, t, c) for _ in range(w)]
        given: dict[str, tuple[object, ...]] = {
            "list": (views,), "pair": tuple(views), "flipped": (views[0],), "stacked": (torch.stack(views, 1),),
        }  # fmt: skip
        takes: dict[str, Callable[..., Tensor]] = {
            "list": torch.cat, "pair": lambda x, y: torch.cat([x, y]), "flipped": lambda x: torch.cat([x, 2 * x.flip(2)]),
            "stacked": lambda x: x.flatten(0, 1),
        }  # fmt: skip
        order = "bw" if way == "stacked" else "wb"
        return Rows(b, w, t, c, order, "view", given[way], Take(takes[way], nn.Linear(c, c) if draw.chance(0.5) else None))

    return make


def frames(time: bool) -> Callable[[Draw, int, int, int], Rows]:
    """Divided attention of a video (batch, channel, frame, row, column): within frames, or along time at each place."""

    def make(draw: Draw, b: int, t: int, c: int) -> Rows:  # noqa: ARG001
        frames, high, wide = draw.size(2, 3, 4), 2, draw.size(1, 2)
        video = torch.randn(b, c, frames, high, wide)
        axes = (0, 3, 4, 2, 1) if time else (0, 2, 3, 4, 1)

        def take(x: Tensor) -> Tensor:
            moved = x.permute(axes)
            return moved.flatten(0, 2) if time else moved.flatten(2, 3).flatten(0, 1)

        w, positions = (high * wide, frames) if time else (frames, high * wide)
        return Rows(b, w, positions, c, "bw", "frame", (video,), Take(take, nn.Linear(c, c)))

    return make


def chunks(draw: Draw, b: int, t: int, c: int) -> Rows:
    """A sequence cut in pieces."""
    w = draw.size(2, 3, b)
    return Rows(b, w, t, c, "bw", "window", (torch.randn(b, w * t, c),), Take(lambda x: x.unflatten(1, (w, t)).flatten(0, 1)))


def groups(draw: Draw, b: int, t: int, c: int) -> Rows:
    """Groups of channels, each with its own attention."""
    w = draw.size(2, 3)

    def take(x: Tensor) -> Tensor:
        return x.unflatten(2, (w, c)).transpose(1, 2).flatten(0, 1)

    return Rows(b, w, t, c, "bw", "group", (torch.randn(b, t, w * c),), Take(take))


class _Beams(nn.Module):
    """Copies of each example that differ by an embedding."""

    def __init__(self, beams: int, c: int, order: str) -> None:
        super().__init__()
        self.beams, self.order, self.embedding = beams, order, nn.Parameter(torch.randn(beams, 1, c))

    def forward(self, x: Tensor) -> Tensor:
        if self.order == "bw":
            return x.repeat_interleave(self.beams, 0) + self.embedding.repeat(len(x), 1, 1)
        return x.repeat(self.beams, 1, 1) + self.embedding.repeat_interleave(len(x), 0)


def beams(order: str) -> Callable[[Draw, int, int, int], Rows]:
    """Copies of each example."""

    def make(draw: Draw, b: int, t: int, c: int) -> Rows:
        w = draw.size(2, 3, b)
        return Rows(b, w, t, c, order, "beam", (torch.randn(b, t, c),), Take(lambda x: x, _Beams(w, c, order)))

    return make
