"""Which axes are folded into which when query meets key, and how scores and products are spelled then."""

from dataclasses import dataclass

from torch import Tensor

from benchmarks.truth.axes import fold


@dataclass(frozen=True)
class Layout:
    """Axes of query, key and scores, as groups of letters; values are as keys. `grouped`: needs fewer key heads than heads.

    `heads`: None for any, else the number that it needs. `fused`: fits scaled_dot_product_attention.
    """

    query: tuple[str, ...]
    key: tuple[str, ...]
    scores: tuple[str, ...]
    grouped: bool = False
    heads: int | None = None
    fused: bool = True
    einsum: bool = False


LAYOUTS = {
    "R h q d": Layout(("R", "h", "q", "d"), ("R", "h", "k", "d"), ("R", "h", "q", "k")),
    "(R h) q d": Layout(("Rh", "q", "d"), ("Rh", "k", "d"), ("Rh", "q", "k")),
    "(h R) q d": Layout(("hR", "q", "d"), ("hR", "k", "d"), ("hR", "q", "k")),
    "1 (R h) q d": Layout(("1", "Rh", "q", "d"), ("1", "Rh", "k", "d"), ("1", "Rh", "q", "k")),
    "h R q d": Layout(("h", "R", "q", "d"), ("h", "R", "k", "d"), ("h", "R", "q", "k")),
    "R q d": Layout(("R", "q", "d"), ("R", "k", "d"), ("R", "q", "k"), heads=1),
    "R 1 q d": Layout(("R", "1", "q", "d"), ("R", "1", "k", "d"), ("R", "1", "q", "k"), heads=1),
    "R q h d": Layout(("R", "q", "h", "d"), ("R", "k", "h", "d"), ("R", "h", "q", "k"), fused=False, einsum=True),
    "R q h d, R q h k": Layout(("R", "q", "h", "d"), ("R", "k", "h", "d"), ("R", "q", "h", "k"), fused=False, einsum=True),
    "h R q d by einsum": Layout(("h", "R", "q", "d"), ("R", "h", "k", "d"), ("h", "R", "q", "k"), fused=False, einsum=True),
    "q (R h) d": Layout(("q", "Rh", "d"), ("k", "Rh", "d"), ("Rh", "q", "k"), fused=False, einsum=True),
    "b w h q d": Layout(("b", "w", "h", "q", "d"), ("b", "w", "h", "k", "d"), ("b", "w", "h", "q", "k")),
    "b (w h) q d": Layout(("b", "wh", "q", "d"), ("b", "wh", "k", "d"), ("b", "wh", "q", "k")),
    "R g r q d": Layout(("R", "g", "r", "q", "d"), ("R", "g", "1", "k", "d"), ("R", "g", "r", "q", "k"), grouped=True, fused=False),
    "R g (r q) d": Layout(("R", "g", "rq", "d"), ("R", "g", "k", "d"), ("R", "g", "rq", "k"), grouped=True),
    "(R g) (r q) d": Layout(("Rg", "rq", "d"), ("Rg", "k", "d"), ("Rg", "rq", "k"), grouped=True),
}
WEIGHTS = (40, 8, 6, 2, 3, 6, 3, 6, 2, 2, 1, 2, 1, 2, 3, 2)


LETTER = {"R": "x", "1": "o"}


def equation(left: tuple[str, ...], right: tuple[str, ...], out: tuple[str, ...], ellipsis: bool = False) -> str:
    """For einsum, a letter an axis; `ellipsis`: the leading axes that all share are written as three dots."""
    parts = [[LETTER.get(group[0], group[0]) for group in groups] for groups in (left, right, out)]
    if ellipsis and all(part[:-2] == parts[0][:-2] for part in parts):
        parts = [["...", *part[-2:]] for part in parts]
    a, b, c = ("".join(part) for part in parts)
    return f"{a},{b}->{c}"


def heads_split(tensor: Tensor, letters: str, groups: tuple[str, ...], grouped: int) -> tuple[Tensor, str]:
    """Query heads as (key head, heads of a key head) where a layout tells them apart."""
    if "h" in letters and any("g" in group for group in groups):
        axis = letters.index("h")
        return tensor.unflatten(axis, (grouped, -1)), letters.replace("h", "gr")
    return tensor, letters


def key_heads(tensor: Tensor, letters: str, groups: tuple[str, ...], heads: int, by_expand: bool) -> tuple[Tensor, str]:
    """Key heads repeated to as many as the query has, where a layout wants as many; of "g" there are `heads // repeats`."""
    if any("g" in group for group in groups):
        return tensor, letters
    axis = letters.index("g")
    repeats, renamed = heads // tensor.shape[axis], letters.replace("g", "h")
    if repeats == 1:
        return tensor, renamed
    if by_expand:
        spread = tensor.unsqueeze(axis + 1)
        shape = list(spread.shape)
        shape[axis + 1] = repeats
        return spread.expand(shape).flatten(axis, axis + 1), renamed
    return tensor.repeat_interleave(repeats, axis), renamed


def rows_split(tensor: Tensor, letters: str, groups: tuple[str, ...], order: str, w: int) -> tuple[Tensor, str]:
    """Rows as examples and what else is in them, where a layout keeps those apart."""
    if not any("b" in group for group in groups):
        return tensor, letters
    axis = letters.index("R")
    return tensor.unflatten(axis, (-1, w) if order == "bw" else (w, -1)), letters.replace("R", order)


def arranged(tensor: Tensor, letters: str, groups: tuple[str, ...], view: bool) -> Tensor:
    """A tensor without heads that a layout has none of."""
    if "h" in letters and not any("h" in group for group in groups):
        axis = letters.index("h")
        return arranged(tensor.squeeze(axis), letters.replace("h", ""), groups, view)
    return fold(tensor, letters, groups, view)
