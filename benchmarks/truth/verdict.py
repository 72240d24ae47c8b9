"""Holds a tape against what modules told."""

from collections.abc import Sequence

import numpy as np

import attnviz
from attnviz.errors import AttnvizError
from attnviz.maps import AttentionMap
from benchmarks.truth.joined import held_steps
from benchmarks.truth.told import Finding, Told

MEANT = ("head", "query", "key", "channel", "row", "column")  # axes whose name says what they are; others are parts of an example
OUTCOMES = ("stopped", "changed_output", "false_attention", "wrong", "refused", "exact")  # the worst first


def findings(tape: attnviz.Tape, told: Sequence[Told]) -> list[Finding]:
    """An outcome and a sentence for each record and for each layer that is missing."""
    found: list[Finding] = []
    left, refused = list(told), [refusal.layer for refusal in tape.refused]
    for layer in tape.layers:
        name, _, call = layer.rpartition(":") if ":" in layer else (layer, "", "0")
        own = [one for one in left if _same_layer(name, one)]
        if not own:
            found.append(("false_attention", f"{layer}: listed, but is no attention"))
            continue
        if own[0].keys is not None:
            skipped = [other for other in refused if _call(other, name) < int(call)]
            refused = [other for other in refused if other not in skipped]
            count, outcome = held_steps(tape, layer, own[len(skipped) :])
            taken = own[len(skipped) : len(skipped) + count]
        else:
            best, outcome = min(((one, _held(tape, layer, one)) for one in own), key=lambda pair: -OUTCOMES.index(pair[1][0]))
            taken = [best]
        left = [one for one in left if all(one is not other for other in taken)]
        found.append(outcome)
    return [*found, *(("refused", f"{one.layer}: not recorded") for one in left if one.needed)]


def _call(layer: str, name: str) -> float:
    """Which call of a layer a name stands for; none of it where it is another's."""
    base, _, call = layer.rpartition(":") if ":" in layer else (layer, "", "0")
    return int(call) if base == name else float("inf")


def _same_layer(name: str, told: Told) -> bool:
    """A gate may be named by the part that made it, or by what multiplies it."""
    if name == told.layer:
        return True
    gate = told.axes[-1] in ("channel", "column", "row")
    return gate and (name.startswith(told.layer + ".") or told.layer.startswith(name + "."))


def _held(tape: attnviz.Tape, layer: str, told: Told) -> Finding:
    """One record against one call of a module, example by example."""
    for example, weights in enumerate(told.weights.numpy()):
        try:
            m = tape.example(example)[layer]
            found = m.dense()
        except IndexError as error:
            return "wrong", f"{layer}: {error}, but there are {len(told.weights)}"
        except AttnvizError as error:
            return _without_examples(tape, layer, told, error)
        if told.kind is not None and m.kind != told.kind:
            return "wrong", f"{layer}: kind {m.kind}, but it is {told.kind}"
        said = _difference(m, found, told, weights)
        if said:
            return "wrong", f"{layer}, example {example}: {said}"
    try:
        tape.example(len(told.weights))[layer]
    except (IndexError, AttnvizError):
        return "exact", f"{layer}: as told"
    return "wrong", f"{layer}: more examples than the {len(told.weights)} there were"


def _without_examples(tape: attnviz.Tape, layer: str, told: Told, error: AttnvizError) -> Finding:
    """A layer that does not say whose row is whose may still be looked at as a whole, and must be right then."""
    try:
        m = tape[layer]
    except AttnvizError:
        return "refused", f"{layer}: {error}"
    if m.axes[0] != "row":
        return "refused", f"{layer}: {error}"
    ours = _matrices(told.weights.numpy(), told.axes)
    theirs = _matrices(m.dense(), m.axes)
    if ours.shape != theirs.shape or not _same_rows(ours, theirs, told.close):
        return "wrong", f"{layer}: rows of no example differ from what the layer had"
    return "refused", f"{layer}: {error}"


def _matrices(weights: np.ndarray, axes: tuple[str, ...]) -> np.ndarray:
    """All that is in front of query and key, or of row and column, on one axis."""
    behind = 1 if axes[-1] == "channel" else 2
    return np.nan_to_num(weights).reshape(-1, *weights.shape[weights.ndim - behind :])


def _same_rows(ours: np.ndarray, theirs: np.ndarray, close: float) -> bool:
    left = list(ours)
    for one in theirs:
        match = next((i for i, other in enumerate(left) if np.abs(one - other).max(initial=0) <= close), None)
        if match is None:
            return False
        del left[match]
    return True


def _difference(m: AttentionMap, found: np.ndarray, told: Told, weights: np.ndarray) -> str:
    """What is wrong with a map, or nothing."""
    axes, ours = _without_ones(told.axes, weights)
    names, theirs = _without_ones(m.axes, found)
    if set(names) == set(axes):
        theirs = theirs.transpose([names.index(axis) for axis in axes])
    else:
        meant = [axis for axis in names if axis in MEANT]
        if meant != [axis for axis in axes if axis in meant]:
            return f"axes {m.axes} of {m.shape}, but they are {told.axes} of {weights.shape}"
        if "head" in axes and "head" not in names and "window" in names:
            return f"axes {m.axes} of {m.shape}: heads are called windows; {told.axes} of {weights.shape}"
    if theirs.size != ours.size or theirs.shape[-1:] != ours.shape[-1:]:
        return f"shape {m.axes} {m.shape}, but it is {told.axes} {weights.shape}"
    if set(names) == set(axes) and theirs.shape != ours.shape:
        return f"shape {m.axes} {m.shape}, but it is {told.axes} {weights.shape}"
    apart = float(np.abs(np.nan_to_num(theirs).reshape(ours.shape) - np.nan_to_num(ours)).max(initial=0))
    return f"numbers differ by {apart:.3g}" if not apart <= told.close else ""


def _without_ones(axes: tuple[str, ...], weights: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Axes of one position say nothing, but for those that are always there."""
    keep = [i for i, size in enumerate(weights.shape) if size > 1 or axes[i] in ("query", "key", "channel", "column")]
    return tuple(axes[i] for i in keep), weights.reshape([weights.shape[i] for i in keep])
