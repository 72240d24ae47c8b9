"""What cannot be looked into, and is refused: compiled models, and kernels that show neither weights nor query and key."""

import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import torch
from torch import nn

from attnviz.errors import CompiledModel, HiddenKernel
from attnviz.taps.base import Modules

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


def refuse_unseen(modules: Modules, wanted: Callable[[str], bool], recorded: Iterable[str]) -> None:
    """For parts of a transformers model that were told to use another kernel, and of which nothing was recorded."""
    names, kernels = tuple(recorded), {}
    for name, module in modules.items():
        config = module.__dict__.get("config")  # getattr() takes microseconds to find that a module has none
        if config is None:
            continue
        if id(config) not in kernels:
            kernels[id(config)] = getattr(config, "_attn_implementation", None)
        kernel = kernels[id(config)]
        if kernel not in SEEN and wanted(name) and not any(layer.startswith(name) for layer in names):
            refuse_kernel(name or type(module).__name__, str(kernel))


def refuse_compiled(modules: Modules) -> None:
    """Compiled code calls no function that could be watched; torch._dynamo is imported only where something was compiled."""
    dynamo = sys.modules.get("torch._dynamo.eval_frame")
    compiled = (torch.jit.ScriptModule, *((dynamo.OptimizedModule,) if dynamo is not None else ()))
    types = {kind for kind in set(map(type, modules.values())) if issubclass(kind, compiled)}
    for name, module in modules.items():
        if type(module) in types or module.__dict__.get(COMPILED_CALL) is not None:
            raise CompiledModel(
                f"layer {name or type(module).__name__}: it is compiled, so nothing can be seen of what it computes",
                "record the model as it was before torch.compile or torch.jit (model._orig_mod, or load it again)",
            )


def refuse_compiling(model: nn.Module, error: BaseException) -> None:
    """For a compiler that failed on the way through a layer, as flex attention's does: HiddenKernel, with the layer's name."""
    if not type(error).__module__.startswith("torch._dynamo"):
        return
    names = {id(module): name or type(model).__name__ for name, module in model.named_modules()}
    trace, layer = error.__traceback__, type(model).__name__
    while trace is not None:
        layer = names.get(id(trace.tb_frame.f_locals.get("self")), layer)
        trace = trace.tb_next
    raise HiddenKernel(
        f"layer {layer}: it compiles a kernel of its own, which shows neither weights nor what they are made of",
        'use torch\'s scaled_dot_product_attention (in transformers: attn_implementation="sdpa" or "eager")',
    ) from error
