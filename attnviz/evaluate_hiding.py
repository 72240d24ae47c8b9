"""Whether a photo model's map points at what it decides by: hide the strongest places, and as many in the middle."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attnviz.explain.baselines import centre
from attnviz.nets import Net
from attnviz.predict import decide
from attnviz.scoring import CENTRE, maps_over

SHARE = 1 / 5  # of the places
TWO_SIDED = 1.96  # standard errors to either side of a mean hold 95 %
STRONGEST, MORE = "strongest", "more"


def hiding(model: Net, photos: Iterable[NDArray[np.uint8]]) -> dict[str, float | int | list[float]]:
    """By how much the probability of the decided label falls, on average over `n` photos, where pixels are made grey.

    `strongest`: a fifth of the places, those that the main map has strongest; `centre`: a round spot of as many places. `more`:
    how much more the first does, with its 95 % interval (of a normal mean). Hard attention picks anew from what is left.
    """
    falls = np.array([fallen(model, pixels) for pixels in photos])
    means = {name: float(found) for name, found in zip((STRONGEST, CENTRE), falls.mean(0), strict=True)}
    more = falls[:, 0] - falls[:, 1]
    mean, off = float(more.mean()), TWO_SIDED * float(more.std()) / len(more) ** 0.5
    return {**means, MORE: mean, f"{MORE}_interval": [mean - off, mean + off], "n": len(more)}


def fallen(model: Net, pixels: NDArray[np.uint8]) -> list[float]:
    """By how much the probability falls without the strongest places of the map, and without a spot in the middle."""
    result = decide(model, model.encode(pixels))
    weights = next(iter(maps_over(result).values()))
    image, label = result.encoded.tensors["image"], str(result.decision)
    greyed = torch.cat([grey(image, order) for order in (weights, centre(weights.shape))])
    odds = (model(greyed).double() / model.card.temperature).softmax(-1)[:, model.card.labels.index(label)]
    return [result.probabilities[label] - float(each) for each in odds]


def grey(image: Tensor, weights: NDArray[np.floating]) -> Tensor:
    """(1, 3, row, column) with the mean colour, 0, in the fifth of the places that has the largest weights."""
    count = round(SHARE * weights.size)
    hidden = np.zeros(weights.size, dtype=np.bool_)
    hidden[np.argsort(-weights, axis=None, kind="stable")[:count]] = True
    cells = torch.from_numpy(hidden.reshape(weights.shape))[None, None].float()
    pixels = torch.nn.functional.interpolate(cells, size=image.shape[2:], mode="nearest")[0, 0] > 0
    return image.masked_fill(pixels, 0.0)
