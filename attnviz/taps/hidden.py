"""What cannot be looked into, and is refused: compiled models, and kernels that show neither weights nor query and key."""

import sys
from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn

import torch

from attnviz.errors import CompiledModel, HiddenKernel
from attnviz.taps.base import Emit, Modules, Wanted

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


def refused_unseen(modules: Modules, wanted: Wanted, recorded: Iterable[str], emit: Emit) -> None:
    """Parts of a transformers model that were told to use another kernel, and of which nothing was recorded."""
    names, kernels = tuple(recorded), {}
    for name, module in modules.items():
        config = module.__dict__.get("config")  # getattr() takes microseconds to find that a module has none
        if config is None:
            continue
        if id(config) not in kernels:
            kernels[id(config)] = getattr(config, "_attn_implementation", None)
        kernel = kernels[id(config)]
        if kernel not in SEEN and wanted(name) and not any(layer.startswith(name) for layer in names):
            layer = name or type(module).__name__
            emit(layer, partial(refuse_kernel, layer, str(kernel)))


def refused_compiled(modules: Modules, wanted: Wanted, emit: Emit) -> bool:
    """Whether any part is: compiled code calls no function that could be watched.

    torch._dynamo is imported only where something was compiled.
    """
    dynamo = sys.modules.get("torch._dynamo.eval_frame")
    compiled = (torch.jit.ScriptModule, *((dynamo.OptimizedModule,) if dynamo is not None else ()))
    types = {kind for kind in set(map(type, modules.values())) if issubclass(kind, compiled)}
    found = [
        name or type(module).__name__ for name, module in modules.items()
        if type(module) in types or module.__dict__.get(COMPILED_CALL) is not None
    ]  # fmt: skip
    for layer in found:
        if wanted(layer):
            emit(layer, partial(_refuse_compiled, layer))
    return bool(found)


def _refuse_compiled(layer: str) -> NoReturn:
    raise CompiledModel(
        f"layer {layer}: it is compiled, so nothing can be seen of what it computes",
        "record the model as it was before torch.compile or torch.jit (model._orig_mod, or load it again)",
    )
