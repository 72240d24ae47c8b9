"""Which layer of the model makes a call: read from the call stack, which leaves no trace on the model."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from attnviz.taps.identity import Identity

MULTI_HEAD = F.multi_head_attention_forward.__code__
CALL = nn.Module.__call__.__code__
# Frames without a module of the model between one with and the next: the caller of the model is past these.
PATIENCE = 16


@dataclass(frozen=True)
class Outer:
    """The call of the model that this one is a part of. `kwargs` is the very dict of that call, and tells it from any other."""

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """`layer` is the innermost module. `heads`: those of torch.nn's own attention, which folds them into the batch.

    `identity`: what the recording knows of whose rows are whose.
    """

    layer: str
    module: nn.Module
    outer: Outer | None
    heads: int | None
    identity: "Identity"


def place(names: Mapping[int, str], model: int, identity: "Identity") -> Place | None:
    """The place of the call that is being answered; None outside the model, of which `model` is the `id`."""
    inner, outer, heads, idle = None, None, None, 0
    frame = sys._getframe(1)
    while frame is not None and idle < PATIENCE:
        code = frame.f_code
        if inner is None and frame.f_globals.get("__package__") == __package__:  # the tap's own
            frame = frame.f_back  # type: ignore[assignment]
            continue
        # f_locals copies all variables of a frame: it is asked for where there are few, or where the layer is not known yet
        if code is CALL or (inner is None and _is_method(code)):
            module = frame.f_locals.get("self")
            if id(module) in names:
                inner, idle = inner or module, 0
                outer = frame if code is CALL else outer
                if outer is frame and id(module) == model:
                    break
        elif inner is None and code is MULTI_HEAD:
            heads = frame.f_locals["num_heads"]
        idle += inner is not None
        frame = frame.f_back  # type: ignore[assignment]
    return None if inner is None else Place(names[id(inner)], inner, _outer(outer), heads, identity)


def _is_method(code: CodeType) -> bool:
    return code.co_argcount > 0 and code.co_varnames[0] == "self"


def _outer(frame: FrameType | None) -> Outer | None:
    if frame is None:
        return None
    given = frame.f_locals
    return Outer(given["self"], given.get("args", ()), given.get("kwargs", {}))
