"""What a figure shows, in full sentences with numbers."""

import numpy as np

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import shortened
from attnviz.weights import Floats

# Gates that differ by less than this are called alike.
ALIKE = 0.02

KINDS = {
    "self": "self-attention",
    "soft": "soft attention",
    "hard": "hard attention",
    "spatial": "spatial attention",
    "channel": "channel attention",
}


def caption(m: AttentionMap, model: str, seconds: float | None, layer: int | str, head: int | None = None) -> str:
    """Model, layer (or a name for the place), head, kind, what sums to one, the strongest number.

    `seconds`: of the forward pass, told where a caption still does; exhibits leave it to what is said of their result, so that
    theirs are the same wherever a result is shown.
    """
    head = m.of_head if head is None else head
    place = layer if isinstance(layer, str) else f"Layer {layer}" + ("" if head is None else f", head {head}")
    parts = [f"{place} of {model} ({KINDS[m.kind]}, {m.mechanism}, {m.layer}): {_promise(m)}."]
    parts += [_strongest(m), *m.notes, "" if seconds is None else f"The forward pass took {seconds:.3f} s."]
    return " ".join(part for part in parts if part)


def _promise(m: AttentionMap) -> str:
    """What the numbers keep; those over the photo are one row of a map, laid out."""
    return f"all numbers together sum to {m.dense().sum():.3f}" if m.axes == ("key_row", "key_column") else m.promise


def _itself(m: AttentionMap) -> Floats:
    """(query, key) 1 where a position meets itself: on the diagonal, and in a window where the labels, with positions, agree."""
    names = [m.labels.get(axis, ()) for axis in m.axes]
    if names[0] == names[1]:
        return np.eye(*m.shape, dtype=np.float32)
    return np.equal.outer(*(np.array(each, dtype=object) for each in names)).astype(np.float32)


def _strongest(m: AttentionMap) -> str:
    weights = m.dense()
    if m.axes == ("query", "key") and len(weights) > 1:
        off = weights - 2 * _itself(m)
        place = np.unravel_index(int(off.argmax()), off.shape)
        query, key = (shortened(str((m.labels.get(axis) or range(m.size(axis)))[i])) for axis, i in zip(m.axes, place, strict=True))
        other = " at another position" if m.kind == "self" else ""
        return f"“{query}” looks at “{key}” with {weights[place]:.3f}, the strongest look{other}."
    if m.axes in (("key",), ("key picked",), ("word",)) or m.norm == "binary":
        return _one_a_word(m)
    if m.axes == ("channel",):
        return (
            f"Gates run from {weights.min():.3f} (channel {weights.argmin()}) to {weights.max():.3f} (channel {weights.argmax()})."
        )
    if m.axes == ("key_row", "key_column"):
        row, column = np.unravel_index(int(weights.argmax()), weights.shape)
        return f"Most, {weights.max():.3f}, goes to row {row}, column {column} of {weights.shape[0]} x {weights.shape[1]} patches."
    if m.axes == ("row", "column"):
        alike = " They are all alike: this layer prefers no place." if np.ptp(weights) < ALIKE else ""
        return f"{weights.shape[0]} x {weights.shape[1]} gates, from {weights.min():.3f} to {weights.max():.3f}.{alike}"
    return ""


def _one_a_word(m: AttentionMap) -> str:
    weights = m.dense()
    if m.norm == "binary":
        return f"{int(weights.sum()):,} of {weights.size:,} are picked."
    largest = int(weights.argmax())
    name = shortened(str((m.labels.get(m.axes[0]) or range(weights.size))[largest]))
    return f"“{name}” has the largest, {weights[largest]:.3f}."
