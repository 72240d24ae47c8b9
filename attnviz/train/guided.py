"""Guided alignment: where a translator looks for a word is taught, beside what it writes.

Chen et al., 2016, arXiv:1607.01628; one head of a Transformer: Garg et al., 2019, arXiv:1909.02074.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from attnviz.layers.luong import Local
from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.multi_head import MultiHead
from attnviz.nets.translator import Translator
from attnviz.probe import Probe, visited
from attnviz.train.lessons import Span, Spans

FLOOR = 1e-4


class Looks:
    """What was emitted in one forward pass: weights (batch, target, source), and the centres (batch, target) of local attention."""

    weights: Tensor
    centres: Tensor | None = None


@contextmanager
def watched(net: Translator) -> Iterator[Looks]:
    """The weights of the net's aligner in the forward pass inside the block, with their gradients."""
    looks = Looks()
    layer = net.get_submodule(net.aligner.layer)
    if isinstance(layer, MultiHead):
        head = net.aligner.head or 0
        hook = layer.register_forward_hook(lambda _, args, __: setattr(looks, "weights", one_head(layer, head, *args)))
        try:
            yield looks
        finally:
            hook.remove()
        return
    visits: dict[Probe, Any] = {layer.probe: _kept(looks, "weights")}  # type: ignore[dict-item]
    if isinstance(layer, Local) and layer.centre is not None:
        visits[layer.centre] = _kept(looks, "centres")
    with visited(visits):
        yield looks


def _kept(looks: Looks, name: str) -> Any:
    def keep(weights: Tensor, _: Tensor | None) -> Tensor:
        setattr(looks, name, weights)
        return weights

    return keep


def one_head(layer: MultiHead, head: int, query: Tensor, key: Tensor, mask: Tensor) -> Tensor:
    """(batch, query, width), (batch, key, width), (batch, key) -> the weights (batch, query, key) of one head."""
    width = layer.query.out_features // layer.heads
    part = slice(head * width, (head + 1) * width)
    asked, held = (
        nn.functional.linear(states, linear.weight[part], linear.bias[part])
        for states, linear in ((query, layer.query), (key, layer.key))
    )
    scores = asked.float() @ held.float().transpose(1, 2) * width**-0.5
    return masked_softmax(scores, mask[:, None])


def loss(looks: Looks, wanted: Tensor, lengths: Tensor, reach: float | None = None) -> Tensor:
    """The mean of -log of the weight that lies on linked tokens, over the rows that have any.

    `wanted`: (batch, target, source), True where linked; `lengths`: (batch,) tokens of the sources. Local attention sees nothing
    beyond its window, so its centre is drawn to the middle of what is linked, by the square of the distance in windows.
    """
    rows = wanted.any(-1)
    on = (looks.weights.float() * wanted).sum(-1)
    total = -_mean((on + FLOOR).log(), rows)
    if looks.centres is None or reach is None:
        return total
    places = torch.arange(wanted.shape[2], device=wanted.device)
    middle = (wanted * places).sum(-1) / wanted.sum(-1).clamp(min=1)
    centres = looks.centres.float() * (lengths - 1)[:, None]
    return total + _mean(nn.functional.smooth_l1_loss(centres / reach, middle / reach, reduction="none"), rows)


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Over the chosen ones, 0 where there are none; by a product, for a GPU need not be asked how many they are."""
    return (values * chosen).sum() / chosen.sum().clamp(min=1)


def between_tokens(links: Spans, source: Sequence[Span], target: Sequence[Span], texts: tuple[str, str]) -> list[tuple[int, int]]:
    """(target token, source token) of the links of words; a name that both sides spell alike is linked letter by letter."""
    found: list[tuple[int, int]] = []
    for ends in links:
        here, there = (_within(tokens, span) for tokens, span in zip((source, target), ends, strict=True))
        alike = len(here) == len(there) and texts[0][slice(*ends[0])] == texts[1][slice(*ends[1])]
        found += zip(there, here, strict=True) if alike else [(i, j) for i in there for j in here]
    return found


def _within(tokens: Sequence[Span], span: Span) -> list[int]:
    """The tokens that begin in a stretch of letters."""
    return [i for i, (start, end) in enumerate(tokens) if end > start and span[0] <= start < span[1]]
