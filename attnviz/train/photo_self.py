"""The recipe of `photo-self`: what CLS reads through all layers learns to lie on the thing, and to be no wider than a budget."""

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor

from attnviz.layers.evidence_heads import EvidenceHeads
from attnviz.layers.multi_head import MultiHead
from attnviz.nets.photo_self import PhotoSelf
from attnviz.nets.transformer import EncoderLayer
from attnviz.train.photo_features import Batch, FeatureRun
from attnviz.train.photo_weights import marked, over, spread

NEW = 1e-3
PLACES = 0.25  # share of the places that weights may be spread over for nothing,
TOO_WIDE = 4.0  # and what more costs
MARKED = 0.25  # what weights cost that are not where the mask says: of the reading layer, and of all layers together


class SelfRun(FeatureRun):
    """Heads over places, layer by layer."""

    net: PhotoSelf
    epochs = 10
    where = 3 / 10

    def begin(self) -> None:
        """As the layers begin."""

    def fast(self) -> list[dict[str, Any]]:
        parts = (self.net.patch, self.net.encoder, self.net.norm, self.net.reading)
        new = [self.net.cls, *(parameter for part in parts for parameter in part.parameters())]
        return [{"params": new, "lr": NEW}]

    def look(self, batch: Batch, weight: float) -> tuple[Tensor, Tensor]:
        """Weights of the reading heads, (view, head, row, column), and what those cost through all layers."""
        layers = self.layers(batch.features)
        read = over_grid(layers[-1][:, :, 0, 1:], batch.masks)
        free = batch.masks.isnan().flatten(1).all(1)
        cost = torch.zeros((), device=read.device)
        for weights in (read.mean(1), over_grid(followed(layers), batch.masks)):
            cost = cost + MARKED * marked(weights, batch.masks) + TOO_WIDE / 2 * over(spread(weights[free]), PLACES, weight)
        return read, cost

    def layers(self, features: Tensor) -> list[Tensor]:
        """Weights of each layer, first to last, (view, head, query, key)."""
        x, found = self.net.tokens(features), []
        for layer in cast(Iterable[EncoderLayer], self.net.encoder):
            found.append(heads(layer.self_attention, layer.norms[0](x)))
            x = layer(x)
        return [*found, reading(self.net.reading, self.net.norm(x))]

    def weigh(self, evidence: Tensor, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002  (all are handed three)
        parts = self.net.reading.split(evidence.flatten(2).transpose(1, 2))
        read = looked.flatten(2)[:, :, None].to(evidence.dtype) @ parts
        return read.flatten(1), torch.zeros(())


def over_grid(weights: Tensor, masks: Tensor) -> Tensor:
    """(..., place) -> (..., row, column), as masks have them."""
    return weights.view(*weights.shape[:-1], *masks.shape[1:])


def heads(attention: MultiHead, x: Tensor) -> Tensor:
    """(view, position, width) -> the weights of its heads, (view, head, query, key), which the fused kernel keeps to itself."""
    query, key = (made(x).unflatten(-1, (attention.heads, -1)).transpose(1, 2) for made in (attention.query, attention.key))
    return scaled(query, key).softmax(-1)


def reading(attention: EvidenceHeads, x: Tensor) -> Tensor:
    """The same of the layer that reads, where nobody looks at CLS."""
    scores = scaled(*(attention.split(made(x)) for made in (attention.query, attention.key)))
    return scores.index_fill(-1, torch.zeros(1, dtype=torch.long, device=x.device), -torch.inf).softmax(-1)


def scaled(query: Tensor, key: Tensor) -> Tensor:
    """(..., query, feature), (..., key, feature) -> scores in single precision."""
    return (query @ key.transpose(-1, -2)).float() / query.shape[-1] ** 0.5


def followed(layers: list[Tensor]) -> Tensor:
    """The rollout of CLS: weights (view, head, query, key) of each layer -> (view, place), made to sum to 1."""
    row = torch.zeros_like(layers[-1][:, 0, :1])
    row[:, :, 0] = 1.0
    for weights in reversed(layers):
        row = (row + row @ weights.mean(1)) / 2
    places = row[:, 0, 1:]
    return places / places.sum(1, keepdim=True)
