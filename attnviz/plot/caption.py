"""What a figure shows, in full sentences with numbers."""

import numpy as np

from attnviz.maps import AttentionMap

KINDS = {
    "self": "self-attention",
    "soft": "soft attention",
    "hard": "hard attention",
    "spatial": "spatial attention",
    "channel": "channel attention",
}


def caption(m: AttentionMap, model: str, seconds: float, layer: int, head: int | None = None) -> str:
    """Model, layer, head, kind, what sums to one, the strongest number, seconds of the forward pass."""
    place = f"Layer {layer}" + ("" if head is None else f", head {head}")
    parts = [f"{place} of {model} ({KINDS[m.kind]}, {m.mechanism}, `{m.layer}`): {m.promise}."]
    parts += [_strongest(m), *m.notes, f"The forward pass took {seconds:.3f} s."]
    return " ".join(part for part in parts if part)


def _strongest(m: AttentionMap) -> str:
    weights = m.dense()
    if m.axes == ("query", "key") and len(weights) > 1:
        off = weights - 2 * np.eye(*weights.shape, dtype=np.float32)
        row, column = np.unravel_index(int(off.argmax()), off.shape)
        names = [m.labels.get(axis) or range(m.size(axis)) for axis in m.axes]
        return (
            f"“{names[0][row]}” looks at “{names[1][column]}” with {weights[row, column]:.3f}, the strongest look at another word."
        )
    if m.axes == ("channel",):
        return (
            f"Gates run from {weights.min():.3f} (channel {weights.argmin()}) to {weights.max():.3f} (channel {weights.argmax()})."
        )
    if m.axes == ("row", "column"):
        return f"{weights.shape[0]} x {weights.shape[1]} gates, from {weights.min():.3f} to {weights.max():.3f}."
    return ""
