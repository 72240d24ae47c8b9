"""Query and key of one call of the fused kernel: copied and checked at once, or at the first look.

Copies and checks cost a short forward pass a tenth of its time. Where a call is short and its tensors were made inside the
recording, references wait for the first look instead, which holds them against torch's count of changes in place: numbers that
changed since are refused. What torch does not count (`.data`, arrays that share memory) the check of the output can still find.

On another device copies are made at once and stay there until the first look: there they cost next to nothing, and to fetch them
would make the processor wait for everything that the device still has to do.
"""

import time
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from attnviz.errors import ChangedInPlace
from attnviz.taps.proof import check
from attnviz.weights import DotProduct

SHORT = 1 << 20  # numbers in one of the two; references to parts of larger memory could hold more of it than copies


class Factors(NamedTuple):
    """Copies that nobody else holds, (batch, head, query, feature) and (batch, key head, key, feature), and what was found."""

    query: NDArray[Any]
    key: NDArray[Any]
    row_sum_error: float
    output_error: float | None
    seconds: float


class Call(NamedTuple):
    """One call of the kernel; `value` and `output`: copies of what is checked of the first example, `bias`: its own."""

    layer: str
    query: Tensor
    key: Tensor
    value: Tensor
    output: Tensor
    scale: float
    bias: NDArray[Any] | None
    causal: bool
    dropped: bool

    def factors(self) -> Factors:
        """Raises OutputMismatch where query and key do not give the output."""
        start = time.perf_counter()
        query, key = _kept(self.query), _kept(self.key)
        first = DotProduct(query[0], key[0], self.scale, self.bias, self.causal)
        errors = check(self.layer, first, self.value, self.output, self.dropped)
        return Factors(query, key, *errors, time.perf_counter() - start)

    def unchanged(self) -> Factors:
        """The same later on; raises ChangedInPlace where query or key are no longer what the kernel got."""
        self._refuse_changed()
        factors = self.factors()
        self._refuse_changed()  # another thread may have written meanwhile
        return factors

    def _refuse_changed(self) -> None:
        changed = [name for name in ("query", "key") if getattr(self, name)._version]
        if changed:
            raise ChangedInPlace(
                f"layer {self.layer}: {' and '.join(changed)} changed in place between the call and the first look at it",
                "look (tape[...]) before that, or let what changes them give a new tensor",
            )

    def copied(self) -> "Call | None":
        """The same with copies of query and key on their device; None on the CPU, or where the device has no room for them."""
        if not (elsewhere(self.query) and elsewhere(self.key)):
            return None
        try:
            return self._replace(query=self.query.clone(), key=self.key.clone())
        except torch.OutOfMemoryError:
            return None

    def can_wait(self) -> bool:
        """Whether what was made inside the recording is short, on the CPU, and was never written over."""
        return _can_wait(self.query) and _can_wait(self.key)


def elsewhere(tensor: Tensor) -> bool:
    """Whether it lies on a device that works while the processor goes on."""
    return tensor.device.type not in ("cpu", "meta")


def _can_wait(tensor: Tensor) -> bool:
    return tensor.numel() <= SHORT and tensor.is_cpu and not tensor.is_inference() and tensor._version == 0


def _kept(tensor: Tensor) -> NDArray[Any]:
    """A copy; bfloat16, which NumPy lacks, becomes float32."""
    copy = tensor.to("cpu", torch.float32 if tensor.dtype == torch.bfloat16 else tensor.dtype, copy=True)
    return copy.numpy()
