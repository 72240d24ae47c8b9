"""Holds a record of a generation against the steps that a module told: one of them, or some that were joined along the queries."""

from collections.abc import Sequence

import numpy as np

import attnviz
from attnviz.errors import AttnvizError
from benchmarks.truth.told import Finding, Told


def held_steps(tape: attnviz.Tape, layer: str, steps: Sequence[Told]) -> tuple[int, Finding]:
    """How many of the steps the record holds, the first before the others, and what is to be said of it."""
    if not steps:
        return 0, ("wrong", f"{layer}: more calls than there were")
    count = 1
    for row in range(len(steps[0].weights)):
        try:
            m = tape.example(row)[layer]
            found = m.dense()
        except IndexError as error:
            return 1, ("wrong", f"{layer}: {error}, but there are {len(steps[0].weights)}")
        except AttnvizError as error:
            return 1, ("refused", f"{layer}: {error}")
        if m.kind != steps[0].kind:
            return 1, ("wrong", f"{layer}: kind {m.kind}, but it is {steps[0].kind}")
        count, said = _row(found, m.axes, steps, row)
        if said:
            return count, ("wrong", f"{layer}, row {row}: {said}")
    return count, ("exact", f"{layer}: {count} steps as told")


def _row(found: np.ndarray, axes: tuple[str, ...], steps: Sequence[Told], row: int) -> tuple[int, str]:
    """How many steps a map of one row holds, and what is wrong with it."""
    if axes[-2:] != ("query", "key") or any(
        axis != "head" and size > 1 for axis, size in zip(axes, found.shape[:-2], strict=False)
    ):
        return 1, f"axes {axes} of {found.shape}"
    found = found.reshape(-1, *found.shape[-2:])
    one = _heads(steps[0].weights[row].numpy())
    if found.shape == one.shape and np.abs(found - one).max(initial=0) <= steps[0].close:
        return 1, ""
    count, queries = 0, 0
    while count < len(steps) and queries < found.shape[1]:
        queries += steps[count].weights.shape[-2]
        count += 1
    if queries != found.shape[1] or len(found) != len(one):
        return 1, f"shape {axes} {found.shape}, but the first step is {one.shape}"
    whole = _whole(steps[:count], row, found.shape)
    if whole is None:
        return count, f"{found.shape[-1]} keys, but {count} steps look at more"
    apart = float(np.abs(found - whole).max(initial=0))
    close = max(step.close for step in steps[:count])
    return count, f"{count} steps joined, numbers differ by {apart:.3g}" if not apart <= close else ""


def _whole(steps: Sequence[Told], row: int, shape: tuple[int, ...]) -> np.ndarray | None:
    """The steps along the queries, each at the positions of its keys; a row is followed back to what it went on from."""
    whole, end = np.zeros(shape, np.float32), shape[1]
    for step in reversed(steps):
        weights = _heads(step.weights[row].numpy())
        seen = np.nonzero(np.abs(weights).max((0, 1)) > 0)[0]
        keys = np.asarray(step.keys)
        if seen.size and keys[seen].max() >= shape[2]:
            return None
        whole[:, end - weights.shape[1] : end, keys[seen]] = weights[..., seen]
        end -= weights.shape[1]
        row = step.beams[row] if step.beams is not None else row
    return whole


def _heads(weights: np.ndarray) -> np.ndarray:
    """(query, key) -> (1, query, key)."""
    return np.nan_to_num(weights).reshape(-1, *weights.shape[-2:])
