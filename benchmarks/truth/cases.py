"""A case: a net, how it is run, and what it was composed of; by its seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn

from benchmarks.truth.draw import Draw
from benchmarks.truth.families import FAMILIES, FAMILY_WEIGHTS, HALF
from benchmarks.truth.known import KNOWN
from benchmarks.truth.made import DTYPES, MODES, Made, Mode


@dataclass(frozen=True)
class Case:
    """`call`: runs a net of this case once, and gives what it put out; `close`: how near that must be when somebody looks."""

    seed: int
    parts: dict[str, str]
    net: nn.Module
    call: Callable[[nn.Module], object]
    close: float = 0.0


def case(seed: int) -> Case:
    """The case of a seed."""
    draw = Draw(seed)
    torch.manual_seed(seed)
    family = draw.part("family", FAMILIES, FAMILY_WEIGHTS)
    made = family(draw)
    dtype = draw.part("dtype", DTYPES, (70, 15, 15) if draw.parts["family"] in HALF else (1, 0, 0))
    mode = draw.part("mode", MODES, (60, 25, 15))
    return _prepared(seed, draw.parts, made, dtype, mode)


def known(name: str, dtype: str = "float32", mode: str = "no_grad") -> Case:
    """The case of a public architecture."""
    torch.manual_seed(0)
    parts = {"architecture": name, "dtype": dtype, "mode": mode}
    return _prepared(0, parts, KNOWN[name](), DTYPES[dtype], MODES[mode])


def _prepared(seed: int, parts: dict[str, str], made: Made, dtype: torch.dtype, mode: Mode) -> Case:
    cast = cache(partial(_cast, dtype=dtype))  # what was given twice is one tensor
    given = [[cast(item) for item in value] if isinstance(value, list) else cast(value) for value in made.given]
    named = {name: cast(value) for name, value in made.named.items()}

    def call(net: nn.Module) -> object:
        with mode():
            return net(*given, **named) if made.run is None else made.run(net, cast)

    return Case(seed, parts, made.net.to(dtype).train(made.trains), call, made.rounding * torch.finfo(dtype).eps)


def _cast(value: object, dtype: torch.dtype) -> object:
    return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value
