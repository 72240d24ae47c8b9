"""Explanations side by side: each ranks the parts of one input by how much the decision is said to rest on them."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from attnviz.encode import EncodedImage, EncodedText
from attnviz.errors import MapTooLarge, NoRollout, NothingToScore
from attnviz.explain.curves import Reals
from attnviz.explain.flow import flow
from attnviz.explain.grad_cam import grad_cam
from attnviz.explain.gradients import gradient_x_input, integrated_gradients
from attnviz.explain.occlusion import occlusion
from attnviz.explain.relevance import relevance
from attnviz.explain.rollout import rollout
from attnviz.explain.shares import shares
from attnviz.explain.words import totals
from attnviz.faithful.hiding import Hiding
from attnviz.inside.effects import first
from attnviz.inside.features import with_gradient
from attnviz.inside.modes import Embedded, Weighed
from attnviz.nets import DrawingNet, Net
from attnviz.results import PhotoResult, Prediction, Result, TextResult
from attnviz.scoring import maps_over

Ranked = Mapping[str, Reals]
Method = Callable[[Net, Result, Hiding], Ranked]
"""What a method says of each part, (part,), by name; nothing where it has nothing to say of this model."""


def rankings(model: Net, prediction: Result, hiding: Hiding) -> Iterator[tuple[str, Reals]]:
    """Every method's word on one input, as it is had: the attention that the page shows first, then the others."""
    for method in METHODS:
        yield from method(model, prediction, hiding).items()


def _attention(model: Net, prediction: Result, hiding: Hiding) -> Ranked:  # noqa: ARG001
    """What the page shows: of a text the share of each word, of a photo each map that lies over it."""
    if isinstance(prediction, TextResult):
        return {"attention": _of_words(shares(prediction.tape, prediction.encoded.words).of_words, prediction.encoded)}
    if isinstance(prediction, PhotoResult):
        try:
            return {name: of_places(torch.tensor(weights), hiding) for name, weights in maps_over(prediction).items()}
        except NothingToScore:
            return {}
    looks = [m.mean_of_heads().dense().mean(0) for m in prediction.tape if m.axes == ("head", "query", "key")]
    return {"attention": looks[-1].astype(np.float64)} if looks and len(looks[-1]) == len(hiding.names) else {}


def _first_head(model: Net, prediction: Result, hiding: Hiding) -> Ranked:  # noqa: ARG001
    """What each word gets through the head that the page opens with, on which the decision rests most to first order."""
    if not isinstance(prediction, TextResult) or prediction.slopes is None:
        return {}
    layer, head = first(prediction.slopes)
    return {HEAD: of_tokens(prediction.layers[layer].head(head).mean(0), prediction.encoded)}


def _rolled_out(model: Net, prediction: Result, hiding: Hiding) -> Ranked:  # noqa: ARG001
    """Rollout and flow through all layers of a text, from all of its positions together; of a photo the maps have rollout."""
    encoded = prediction.encoded
    if not isinstance(encoded, EncodedText):
        return {}
    found: dict[str, Reals] = {}
    try:
        found["rollout"] = of_tokens(rollout(prediction.tape).dense().mean(0), encoded)
        found["flow"] = of_tokens(flow(prediction.tape), encoded)
    except (NoRollout, MapTooLarge):
        pass
    return found


def _occluded(model: Net, prediction: Result, hiding: Hiding) -> Ranked:  # noqa: ARG001
    return {"occlusion": occlusion(len(hiding.names), hiding.say)}


def _label(model: Net, prediction: Result) -> int | None:
    """The number of the label that was decided on; None where no label was."""
    decided = prediction.decision if isinstance(prediction, Prediction) else None
    return model.card.labels.index(decided) if decided in model.card.labels else None


def _by_gradient(model: Net, prediction: Result, hiding: Hiding) -> Ranked:
    """Gradient times input and integrated gradients: from a zero embedding, or from the photo's mean colour.

    Not where parts are picked: through a pick there is no gradient.
    """
    encoded, label = prediction.encoded, _label(model, prediction)
    if isinstance(model, DrawingNet) or label is None:
        return {}
    if isinstance(encoded, EncodedText):
        given = _embeddings(model, encoded)
        if given is None:
            return {}

        def of_text(points: Tensor) -> Tensor:
            tensors = {name: tensor.expand(len(points), -1).contiguous() for name, tensor in encoded.tensors.items()}
            with Embedded(tensors["input_ids"], points):
                return _logit(model(**tensors), label)

        both = gradient_x_input(of_text, given), integrated_gradients(of_text, given, torch.zeros_like(given))
        return dict(zip(GRADIENTS, (of_tokens(one.sum(-1)[0].numpy(), encoded) for one in both), strict=True))
    if isinstance(encoded, EncodedImage):
        image = encoded.tensors["image"]
        plain = image.mean((-2, -1), keepdim=True).expand_as(image)

        def of_photo(points: Tensor) -> Tensor:
            return _logit(model(points.contiguous(memory_format=torch.channels_last)), label)

        both = gradient_x_input(of_photo, image), integrated_gradients(of_photo, image, plain)
        return dict(zip(GRADIENTS, (of_places(one.sum(1)[0], hiding) for one in both), strict=True))
    return {}


def _by_features(model: Net, prediction: Result, hiding: Hiding) -> Ranked:
    """Grad-CAM of a convolutional net; not where parts are picked."""
    label = _label(model, prediction)
    if isinstance(model, DrawingNet) or label is None or not model.features:
        return {}
    found = grad_cam(*with_gradient(model, model.features, prediction.encoded.tensors["image"], label))
    return {"Grad-CAM": of_places(torch.from_numpy(found), hiding)}


def _relevant(model: Net, prediction: Result, hiding: Hiding) -> Ranked:
    """Attention weighted by gradients, where all layers are self-attention in the fused kernel over one set of positions."""
    encoded, label = prediction.encoded, _label(model, prediction)
    if any(m.axes != ("head", "query", "key") for m in prediction.tape) or label is None:
        return {}
    with torch.enable_grad(), Weighed() as pass_:
        tensors = {name: tensor.clone() for name, tensor in encoded.tensors.items()}
        logit = _logit(model(**tensors), label)
    if not pass_.weights or len({weights.shape for weights in pass_.weights}) > 1:
        return {}
    gradients = torch.autograd.grad(logit.sum(), pass_.weights)
    rows = relevance([weights.detach()[0] for weights in pass_.weights], [gradient[0] for gradient in gradients])
    if isinstance(encoded, EncodedText):
        return {"relevance": of_tokens(rows.mean(0).numpy(), encoded)}
    grid = prediction.patches.get(len(rows)) if isinstance(prediction, PhotoResult) else None
    if grid is None:
        return {}
    row = rows[0] if grid.prefix else rows.mean(0)
    return {"relevance": of_places(row[len(grid.prefix) :].view(grid.rows, grid.columns), hiding)}


def _logit(outputs: Tensor, label: int) -> Tensor:
    return outputs[:, label]


def _embeddings(model: Net, encoded: EncodedText) -> Tensor | None:
    """(1, token, feature), what the tokens are looked up as; None where that is not seen."""
    with torch.no_grad(), Embedded(encoded.tensors["input_ids"]) as seen:
        model(**encoded.tensors)
    return seen.found


def of_tokens(weights: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]", encoded: EncodedText) -> Reals:
    """(token,) -> (part,): the sum over each word's tokens, without special ones."""
    return _of_words(totals(weights.astype(np.float64), encoded.words), encoded)


def _of_words(weights: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]", encoded: EncodedText) -> Reals:
    return np.array([weights[i] for i, word in enumerate(encoded.words) if not word.special], dtype=np.float64)


def of_places(weights: Tensor, hiding: Hiding) -> Reals:
    """(row, column) of any grid -> (part,): the mean over each place, of a coarser grid the cell in which it lies."""
    rows, columns = hiding.grid or (0, 0)
    pooled = F.adaptive_avg_pool2d(weights.double()[None, None], (rows, columns))
    return np.asarray(pooled.flatten().numpy())


HEAD = "head shown first"
GRADIENTS = ("gradient x input", "integrated gradients")
# In the order in which they are shown; attention first.
METHODS: tuple[Method, ...] = (_attention, _first_head, _rolled_out, _relevant, _by_features, _by_gradient, _occluded)
