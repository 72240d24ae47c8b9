"""How query meets key, and weights meet values, in a layout of axes."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.truth.layouts import Layout, equation

Scores = Callable[[Tensor, Tensor, Layout, float], Tensor]
Product = Callable[[Tensor, Tensor, Layout], Tensor]


def _in_one_call(query: Tensor, key: Tensor, scale: float) -> Tensor:
    nothing = query.new_zeros(len(query), query.shape[1], key.shape[1])
    return torch.baddbmm(nothing, query, key.mT, beta=0, alpha=scale)


SCORES: dict[str, Scores] = {
    "@ and mT": lambda q, k, _, scale: q @ k.mT * scale,
    "matmul and transpose": lambda q, k, _, scale: torch.matmul(q, k.transpose(-2, -1)) / (1 / scale),
    "scaled query": lambda q, k, _, scale: (q * scale) @ k.transpose(-1, -2),
    "einsum": lambda q, k, layout, scale: torch.einsum(equation(layout.query, layout.key, layout.scores), q, k) * scale,
    "key first": lambda q, k, _, scale: (k @ q.mT).mT * scale,
}
SCORES_OF_THREE: dict[str, Scores] = {
    **SCORES,
    "bmm": lambda q, k, _, scale: torch.bmm(q, k.mT) * scale,
    "baddbmm": lambda q, k, _, scale: _in_one_call(q, k, scale),
}
SCORES_BY_EINSUM = {"einsum": SCORES["einsum"]}


def _spread(weights: Tensor, value: Tensor, _: Layout) -> Tensor:
    return (weights.unsqueeze(-1) * value.unsqueeze(-3)).sum(-2)


PRODUCTS: dict[str, Product] = {
    "@": lambda w, v, _: w @ v,
    "matmul": lambda w, v, _: torch.matmul(w, v),
    "einsum": lambda w, v, layout: torch.einsum(equation(layout.scores, layout.key, layout.query), w, v),
    "einsum with dots": lambda w, v, layout: torch.einsum(equation(layout.scores, layout.key, layout.query, ellipsis=True), w, v),
    "values first": lambda w, v, _: (v.mT @ w.mT).mT,
    "a weighted sum": _spread,
}
PRODUCTS_OF_THREE: dict[str, Product] = {**PRODUCTS, "bmm": lambda w, v, _: torch.bmm(w, v)}
PRODUCTS_BY_EINSUM = {
    "einsum": PRODUCTS["einsum"],
    "einsum, values first": lambda w, v, layout: torch.einsum(equation(layout.key, layout.scores, layout.query), v, w),
}


def tables(layout: Layout) -> tuple[dict[str, Scores], dict[str, Product]]:
    """Those that fit a layout."""
    if layout.einsum:
        return SCORES_BY_EINSUM, PRODUCTS_BY_EINSUM
    return (SCORES_OF_THREE, PRODUCTS_OF_THREE) if len(layout.query) == 3 else (SCORES, PRODUCTS)
