"""A model's maps against masks of objects: `attnviz eval NAME --masks DIR`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from attnviz.data.masked import Masked
from attnviz.errors import DataError, InputError, MapTooLarge, NoRollout, NothingToScore
from attnviz.explain.baselines import centre, edges
from attnviz.explain.gates import combined
from attnviz.explain.grad_cam import grad_cam
from attnviz.explain.masks import Box, Score, in_part, score, summary
from attnviz.explain.patches import AXES, over_patches
from attnviz.explain.rollout import rollout
from attnviz.inside.features import with_gradient
from attnviz.nets import Net
from attnviz.predict import predict_as
from attnviz.results import PhotoResult
from attnviz.weights import Floats

COMBINED, ROLLOUT = "combined", "rollout"
CENTRE, EDGES, GRAD_CAM = "centre", "edges", "grad_cam"
Figures = dict[str, Any]


def score_maps(model: Net, photos: Iterable[Masked], fit: Literal["crop", "letterbox"] = "crop") -> Figures:
    """The figures of the model's main map (see explain.masks), `n`, and under "maps" the same for each of its maps.

    Under "against" stand those of a spot in the middle, of the photo's edges and of the network's Grad-CAM. Everything is
    counted over the square that the model sees. A photo whose object is nowhere in that square, or is all of it, says nothing
    about a map: it is not scored and counted as `left_out`. DataError where nothing is left or a photo is unreadable,
    NothingToScore where the model lays no map over a photo.
    """
    if model.card.input != "image":
        raise NothingToScore(f"{model.card.name} takes {model.card.input}, so it has no maps over photos", "leave --masks out")
    own: dict[str, list[Score]] = defaultdict(list)
    others: dict[str, list[Score]] = defaultdict(list)
    left_out = 0
    for one in photos:
        prediction = predicted(model, one, fit)
        box = seen(prediction, one)
        if not in_part(one.mask, box):
            left_out += 1
            continue
        maps = maps_over(prediction)
        for scores, found in ((own, maps), (others, against(model, prediction, next(iter(maps.values())).shape))):
            for name, weights in found.items():
                if (one_score := score(weights, one.mask, box)) is not None:
                    scores[name].append(one_score)
    if not own:
        raise DataError(f"none of the {left_out} photos shows its object in a part of what the model sees", "pass other masks")
    table, rest = ({name: summary(found) for name, found in scores.items()} for scores in (own, others))
    main = next(iter(table))
    return {**table[main], "left_out": left_out, "map": main, "maps": table, "against": rest}


def against(model: Net, prediction: PhotoResult, grid: tuple[int, ...]) -> dict[str, NDArray[np.floating]]:
    """What any map is held against, on a grid of (row, column): the same three for every model, but Grad-CAM where it has none."""
    encoded = prediction.encoded
    rows, columns = grid
    found: dict[str, NDArray[np.floating]] = {
        CENTRE: centre((rows, columns)),
        EDGES: edges(encoded.input, (rows, columns)),
    }
    if not model.features:
        return found
    return {**found, GRAD_CAM: grad_cam(*with_gradient(model, model.features, encoded.tensors["image"]))}


def predicted(model: Net, one: Masked, fit: str) -> PhotoResult:
    """What the model says of one of them; DataError where it cannot be read."""
    try:
        return predict_as(PhotoResult, model, one.photo, fit=fit)
    except InputError as error:
        raise DataError(f"the photo {one.name} cannot be taken: {error.finding}", error.cure) from error


def seen(prediction: PhotoResult, one: Masked) -> Box:
    """(top, left, bottom, right) of what the model sees, in pixels of the mask; with bars it reaches beyond the photo."""
    encoded = prediction.encoded
    down, across = (given / shown for given, shown in zip(one.mask.shape, encoded.photo.shape[:2], strict=True))
    top, left, bottom, right = encoded.box
    return top * down, left * across, bottom * down, right * across


def maps_over(prediction: PhotoResult) -> dict[str, Floats]:
    """Every map that lies over the photo, by name, the main one first; NothingToScore where there is none."""
    found = {name: weights for source in SOURCES for name, weights in source(prediction).items()}
    if not found:
        raise NothingToScore(f"{prediction.card.name} lays no map over a photo", "take a model with spatial or self-attention")
    return found


def _picked(prediction: PhotoResult) -> dict[str, Floats]:
    """The places that hard attention picked."""
    return {m.layer: m.dense() for m in prediction.tape if m.norm == "binary" and m.axes == ("row", "column")}


def _looks(prediction: PhotoResult) -> dict[str, Floats]:
    """Weights over the places that sum to 1, and the odds of a first pick."""
    return {m.layer: m.dense() for m in prediction.tape if m.norm == "softmax" and m.axes == AXES}


def _gates(prediction: PhotoResult) -> dict[str, Floats]:
    """The spatial gates, by layer, and before them the mean of all."""
    gates = [m for m in prediction.tape if m.norm == "sigmoid" and m.axes == ("row", "column")]
    mean = {COMBINED: combined(gates).dense()} if len(gates) > 1 else {}
    return {**mean, **{m.layer: m.dense() for m in gates}}


def _rolled_out(prediction: PhotoResult) -> dict[str, Floats]:
    """Where CLS looks through all layers of self-attention over patches, or all patches on average where there is no CLS."""
    try:
        followed = rollout(m for m in prediction.tape if prediction.grid(m) is not None)
    except (NoRollout, MapTooLarge):
        return {}
    grid = prediction.grid(followed)
    assert grid is not None
    return {ROLLOUT: over_patches(followed, grid, 0 if grid.prefix else None).dense()}


def _looked_at(prediction: PhotoResult) -> dict[str, Floats]:
    """How much each place is looked at in each layer of self-attention over places: by all places on average, over all heads."""
    found = {}
    for m in prediction.tape:
        grid = prediction.grid(m) if m.axes in (("query", "key"), ("head", "query", "key")) else None
        if grid is not None:
            one = m.mean_of_heads() if "head" in m.axes else m
            found[m.layer] = over_patches(one, grid, None).dense()
    return found


# What may lie over a photo; the first map of the first source that has any is the model's main one.
SOURCES: tuple[Callable[[PhotoResult], dict[str, Floats]], ...] = (_picked, _looks, _gates, _rolled_out, _looked_at)
