"""Looking into a forward pass for its gradients: by the embeddings of its tokens, by its attention weights, and by its heads.

All are function modes, which belong to one thread: nothing is set on the model.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class Embedded(TorchFunctionMode):
    """Where the embeddings of `ids`, this very tensor, are looked up, `instead` is taken; without it they are kept in `found`."""

    def __init__(self, ids: Tensor, instead: Tensor | None = None) -> None:
        super().__init__()
        self.ids, self.instead = ids, instead
        self.found: Tensor | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.embedding and args[0] is self.ids:
            self.found = func(*args, **(kwargs or {})) if self.instead is None else self.instead
            return self.found
        return func(*args, **(kwargs or {}))


class Weighed(TorchFunctionMode):
    """The fused kernel's attention is worked out with its weights in between, which are kept in `weights`, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return self._attend(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
        is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
    ) -> Tensor:  # fmt: skip
        if enable_gqa:
            key, value = (states.repeat_interleave(query.shape[-3] // states.shape[-3], -3) for states in (key, value))
        scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
        if is_causal:
            attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        if attn_mask is not None:
            scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
        weights = scores.softmax(-1)
        if not weights.requires_grad:  # of the first layer, where the model's own numbers ask for no gradient
            weights.requires_grad_()
        self.weights.append(weights)
        return F.dropout(weights, dropout_p) @ value


class Dialled(TorchFunctionMode):
    """What each head gives is multiplied with a dial that stands at 1: (1, head, 1, 1) in `dials`, one a call of the kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.dials: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        if func is not F.scaled_dot_product_attention or given.ndim != 4:
            return given
        self.dials.append(given.new_ones((1, given.shape[1], 1, 1)).requires_grad_())
        return given * self.dials[-1]
