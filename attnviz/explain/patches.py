"""From positions of an image model to places of the photo."""

from dataclasses import replace

from attnviz.encode.patches import Patches
from attnviz.maps import AttentionMap, Norm
from attnviz.weights import Dense

AXES = ("key_row", "key_column")


def over_patches(m: AttentionMap, patches: Patches, query: int | None) -> AttentionMap:
    """(query, key) of one head -> (key_row, key_column): where one position looks, or all on average where `query` is None.

    `patches` is the grid of the keys; queries go by the map's labels where it has any, and else by that grid too.
    What goes to tokens that are no patches is left out: the numbers then sum to less than 1, and a note says how much is left.
    """
    weights = m.dense()
    row = weights.mean(0) if query is None else weights[query]
    places = row[len(patches.prefix) :].reshape(patches.rows, patches.columns)
    notes = list(m.notes)
    if patches.prefix:
        who = "All positions on average" if query is None else (m.labels.get("query") or patches.names)[query]
        notes.append(f"{who[0].upper()}{who[1:]} gives {float(places.sum()):.0%} of its attention to the patches shown.")
        several = len(patches.prefix) > 1
        what = f"{len(patches.prefix)} tokens that are" if several else f"{patches.prefix[0]}, which is"
        notes.append(f"The rest goes to {what} no place of the photo{': ' + ', '.join(patches.prefix) if several else ''}.")
    norm: Norm = m.norm if query is not None and not patches.prefix else "partial"
    return replace(m, norm=norm, axes=AXES, weights=Dense(places), labels={}, notes=tuple(notes))
