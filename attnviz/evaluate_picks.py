"""The figures of a net that picks patches of photos: how right it is, how much it sees, and what other ways of picking give."""

from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor

from attnviz.nets import DrawingNet

BEST = "accuracy"


def by_ways_of_picking(model: DrawingNet, batches: Iterable[Tensor], labels: Tensor) -> tuple[Tensor, dict[str, float | int]]:
    """Logits (photo, label) with the most probable picks, their accuracy, the share of the photo that they show, and accuracy by
    other ways of picking.

    `drawn`: one draw a photo, by its odds. `pattern`: the most probable picks of the photo, but laid over another one, which
    tells how much the picks alone give away.
    """
    generator, right, seen, count = torch.Generator().manual_seed(0), Counter[str](), 0.0, 0
    found: list[Tensor] = []
    for photos in batches:
        wanted = labels[count : count + len(photos)]
        for way, (shown, picks) in _ways(model, photos, generator).items():
            logits = model.read(shown, picks=picks)
            right[way] += int((logits.argmax(-1) == wanted).sum())
            if way == BEST:
                seen += float(picks.double().mean((1, 2)).sum())
                found.append(logits)
        count += len(photos)
    shares = {way: number / count for way, number in right.items()}
    return torch.cat(found), {"accuracy": shares.pop(BEST), "n": count, "seen": seen / count, **shares}


def _ways(model: DrawingNet, photos: Tensor, generator: torch.Generator) -> dict[str, tuple[Tensor, Tensor]]:
    """Name -> the photos that are shown, and the picked patches."""
    (scores,) = model.scores(photos)
    best, _ = model.picker(scores)
    drawn, _ = model.picker(scores, sample=True, generator=generator)
    return {BEST: (photos, best), "drawn": (photos, drawn), "pattern": (photos.roll(1, 0), best)}
