"""Holds a tape against what modules told."""

from collections.abc import Sequence

import numpy as np

import attnviz
from attnviz.errors import AmbiguousExample, AttnvizError
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
    for example, weights in zip(told.examples, told.weights.numpy(), strict=True):
        finding = _example_held(tape, layer, told, example, weights)
        if finding is not None:
            return finding
    try:
        tape.example(told.examples.stop)[layer]
    except (IndexError, AttnvizError):
        return "exact", f"{layer}: as told"
    return "wrong", f"{layer}: more examples than the {list(told.examples)} there were"


def _example_held(tape: attnviz.Tape, layer: str, told: Told, example: int, weights: np.ndarray) -> Finding | None:
    """What is to be said of one example; None where its map is as told."""
    try:
        m = tape.example(example)[layer]
        found = m.dense()
    except (IndexError, AttnvizError) as error:
        if isinstance(error, IndexError) and not _is_ambiguous(tape, layer):
            return "wrong", f"{layer}: {error}, but it has {list(told.examples)}"
        return _without_examples(tape, layer, told, error)
    if told.kind is not None and m.kind != told.kind:
        return "wrong", f"{layer}: kind {m.kind}, but it is {told.kind}"
    said = _difference(m, found, told, weights)
    return ("wrong", f"{layer}, example {example}: {said}") if said else None


def _is_ambiguous(tape: attnviz.Tape, layer: str) -> bool:
    """Whether the layer has no examples of its own, so that no number of one is right."""
    try:
        tape.example(0)[layer]
    except AmbiguousExample:
        return True
    except (AttnvizError, IndexError):
        return False
    return False


def _without_examples(tape: attnviz.Tape, layer: str, told: Told, error: Exception) -> Finding:
    """A layer that does not say whose row is whose may still be looked at as a whole: then every row must be one that it had."""
    try:
        m = tape[layer]
        theirs = m.dense()
    except AttnvizError:
        return "refused", f"{layer}: {error}"
    if told.only is None and not _same_rows(told.weights.numpy(), theirs, told.close):
        return "wrong", f"{layer}: rows of no example {m.axes} {m.shape} differ from what the layer had"
    return "refused", f"{layer}: {error}"


def _same_rows(ours: np.ndarray, theirs: np.ndarray, close: float) -> bool:
    """Whether both hold the same vectors along their last axis, in whatever order."""
    if ours.size != theirs.size or ours.shape[-1] != theirs.shape[-1]:
        return False
    left = list(np.nan_to_num(ours).reshape(-1, ours.shape[-1]))
    for one in np.nan_to_num(theirs).reshape(-1, theirs.shape[-1]):
        apart = np.abs(np.stack(left) - one).max(-1)
        if apart.min() > close:
            return False
        del left[int(apart.argmin())]
    return True


def _difference(m: AttentionMap, found: np.ndarray, told: Told, weights: np.ndarray) -> str:
    """What is wrong with a map, or nothing."""
    axes, ours = _without_ones(tuple(axis if axis in MEANT else "window" for axis in told.axes), weights)
    names, theirs = _without_ones(m.axes, found)
    if sorted(names) == sorted(axes):
        theirs = theirs.transpose([names.index(axis) for axis in axes])
    else:
        meant = [axis for axis in names if axis in MEANT and not (axis == "row" and names[-1] == "key")]
        if meant != [axis for axis in axes if axis in meant]:
            return f"axes {m.axes} of {m.shape}, but they are {told.axes} of {weights.shape}"
        if "head" in axes and "head" not in names and "window" in names:
            return f"axes {m.axes} of {m.shape}: heads are called windows; {told.axes} of {weights.shape}"
    if theirs.size != ours.size or theirs.shape[-1:] != ours.shape[-1:]:
        return f"shape {m.axes} {m.shape}, but it is {told.axes} {weights.shape}"
    if sorted(names) == sorted(axes) and theirs.shape != ours.shape:
        return f"shape {m.axes} {m.shape}, but it is {told.axes} {weights.shape}"
    apart = float(np.abs(np.nan_to_num(theirs).reshape(ours.shape) - np.nan_to_num(ours)).max(initial=0))
    return f"numbers differ by {apart:.3g}" if not apart <= told.close else ""


def _without_ones(axes: tuple[str, ...], weights: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Axes of one position say nothing, but for those that are always there."""
    keep = [i for i, size in enumerate(weights.shape) if size > 1 or axes[i] in ("query", "key", "channel", "column")]
    names, sizes = [], []
    for i in keep:
        if names and names[-1] == axes[i]:  # views of groups are windows of windows
            sizes[-1] *= weights.shape[i]
        else:
            names.append(axes[i])
            sizes.append(weights.shape[i])
    return tuple(names), weights.reshape(sizes)
