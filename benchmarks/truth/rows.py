"""All origins of rows: those that hold one example each stand here."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.truth.draw import Draw
from benchmarks.truth.parts import beams, chunks, frames, groups, lines, views, windows
from benchmarks.truth.row import Rows, Take


def _tokens(draw: Draw, b: int, t: int, c: int) -> Rows:
    stem = nn.Linear(c, c) if draw.chance(0.5) else None
    return Rows(b, 1, t, c, "bw", "window", (torch.randn(b, t, c),), Take(lambda x: x, stem), padded=True)


def _ids(_: Draw, b: int, t: int, c: int) -> Rows:
    return Rows(b, 1, t, c, "bw", "window", (torch.randint(0, 50, (b, t)),), Take(lambda x: x, nn.Embedding(50, c)), padded=True)


def _sequence_first(_: Draw, b: int, t: int, c: int) -> Rows:
    return Rows(b, 1, t, c, "bw", "window", (torch.randn(t, b, c),), Take(lambda x: x.transpose(0, 1)))


def _patches(_: Draw, b: int, t: int, c: int) -> Rows:
    stem = nn.Sequential(nn.Conv2d(3, c, 2, 2), nn.Flatten(2))
    return Rows(b, 1, 2 * t, c, "bw", "window", (torch.randn(b, 3, 4, 2 * t),), Take(lambda x: x, _Turned(stem)))


class _Turned(nn.Module):
    """(batch, channel, position) of a layer -> (batch, position, channel)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).mT


def _packed(draw: Draw, b: int, t: int, c: int) -> Rows:  # noqa: ARG001
    """Sequences behind each other: one row, and the layer has one example."""
    return Rows(1, 1, b * t, c, "bw", "window", (torch.randn(b, t, c),), Take(lambda x: x.flatten(0, 1)[None]), block=t)


ROWS: dict[str, Callable[[Draw, int, int, int], Rows]] = {
    "tokens": _tokens,
    "ids": _ids,
    "tokens, sequence first": _sequence_first,
    "patches": _patches,
    "windows": windows("bw"),
    "windows, outside": windows("wb"),
    "rows of an image": lines(2),
    "columns of an image": lines(3),
    "a list of views": views("list"),
    "a pair of views": views("pair"),
    "flipped copies": views("flipped"),
    "stacked views": views("stacked"),
    "frames": frames(False),
    "time at each place": frames(True),
    "chunks": chunks,
    "groups of channels": groups,
    "packed": _packed,
    "beams": beams("bw"),
    "beams, outside": beams("wb"),
}


WEIGHTS = (30, 12, 5, 8, 5, 2, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 2, 3, 2)
