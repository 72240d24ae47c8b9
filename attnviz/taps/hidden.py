"""What cannot be looked into, and is refused: compiled models, and kernels that show neither weights nor query and key."""

import sys
from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn

import torch

from attnviz.errors import CompiledModel, HiddenKernel
from attnviz.taps.base import Emit, Wanted
from attnviz.taps.parts import Parts

SEEN = (None, "eager", "sdpa")
FUSED_LAYERS = (torch._transformer_encoder_layer_fwd, torch._native_multi_head_attention)
COMPILED_CALL = "_compiled_call_impl"


def flex_kernels() -> tuple[Any, ...]:
    """Functions that compute attention out of sight and are there only where somebody has imported them."""
    flex = sys.modules.get("torch._higher_order_ops.flex_attention")
    return () if flex is None else (flex.flex_attention,)


def refuse_kernel(layer: str, name: str) -> NoReturn:
    """For a call that was seen."""
    raise HiddenKernel(
        f"layer {layer}: it ran in {name}, which shows neither weights nor what they are made of",
        'use torch\'s scaled_dot_product_attention (in transformers: attn_implementation="sdpa" or "eager")',
    )


def refuse_transformed(layer: str) -> None:
    """Inside torch.vmap, torch.func.grad and their like a tensor stands for many, and has no numbers that could be copied."""
    if torch._C._functorch.peek_interpreter_stack() is not None:
        raise HiddenKernel(
            f"layer {layer}: it ran inside torch.vmap or another transform of torch.func, where its tensors cannot be looked into",
            "record a call of the layer that has a batch axis instead",
        )


def refuse_unfollowed(layer: str, error: Exception) -> NoReturn:
    """For a call with arguments that were not foreseen."""
    raise HiddenKernel(
        f"layer {layer}: a call in it cannot be followed ({type(error).__name__}: {error})",
        "leave it out: record(model, layers=...) takes the names of the others",
    )


def refused_unseen(parts: Parts, wanted: Wanted, recorded: Iterable[str], emit: Emit) -> None:
    """Parts of a transformers model that were told to use another kernel, and of which nothing was recorded."""
    names, kernels = tuple(recorded), {}
    for name, config in parts.with_own("config"):
        if id(config) not in kernels:
            kernels[id(config)] = getattr(config, "_attn_implementation", None)
        kernel = kernels[id(config)]
        if kernel not in SEEN and wanted(name) and not any(layer.startswith(name) for layer in names):
            layer = parts.names[id(parts.modules[name])]
            emit(layer, partial(refuse_kernel, layer, str(kernel)))


def refused_compiled(parts: Parts, wanted: Wanted, emit: Emit) -> None:
    """Parts that are: compiled code calls no function that could be watched.

    torch._dynamo is imported only where something was compiled.
    """
    dynamo = sys.modules.get("torch._dynamo.eval_frame")
    compiled = (torch.jit.ScriptModule, *((dynamo.OptimizedModule,) if dynamo is not None else ()))
    found = {name for name, _ in parts.with_own(COMPILED_CALL)}
    if parts.of_class(*compiled):
        found |= {name for name, module in parts.modules.items() if isinstance(module, compiled)}
    for layer in (parts.names[id(parts.modules[name])] for name in parts.modules if name in found):
        if wanted(layer):
            emit(layer, partial(_refuse_compiled, layer))


def _refuse_compiled(layer: str) -> NoReturn:
    raise CompiledModel(
        f"layer {layer}: it is compiled, so nothing can be seen of what it computes",
        "record the model as it was before torch.compile or torch.jit (model._orig_mod, or load it again)",
    )
