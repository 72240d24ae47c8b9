"""From positions of an image model to places of the photo."""

from dataclasses import replace

from attnviz.encode.patches import Patches
from attnviz.maps import AttentionMap
from attnviz.weights import Dense

AXES = ("key_row", "key_column")


def over_patches(m: AttentionMap, patches: Patches, query: int | None) -> AttentionMap:
    """(query, key) of one head -> (key_row, key_column): where one position looks, or all on average where `query` is None.

    `patches` is the grid of the keys; queries go by the map's labels where it has any, and else by that grid too.
    What goes to tokens that are no patches is left out: the numbers then sum to less than 1, and a note says by how much.
    """
    weights = m.dense()
    row = weights.mean(0) if query is None else weights[query]
    places = row[len(patches.prefix) :].reshape(patches.rows, patches.columns)
    who = "All positions on average" if query is None else (m.labels.get("query") or patches.names)[query]
    notes = [*m.notes, f"{who} gives {float(places.sum()):.0%} of its attention to the patches shown."]
    if patches.prefix:
        notes.append(f"The rest goes to {len(patches.prefix)} tokens that are no place of the photo: {', '.join(patches.prefix)}.")
    return replace(m, norm="partial", axes=AXES, weights=Dense(places), labels={}, notes=tuple(notes))
