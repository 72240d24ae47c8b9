"""Runs a case plain and recorded."""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

import attnviz
from attnviz.errors import AttnvizError, NothingRecorded
from benchmarks.truth.cases import Case, case
from benchmarks.truth.told import Finding, Told, told_by
from benchmarks.truth.verdict import OUTCOMES, findings


@dataclass(frozen=True)
class Verdict:
    """The worst outcome of a case, all that was found, and what it is."""

    seed: int
    outcome: str
    found: tuple[Finding, ...]
    parts: dict[str, str]

    def __str__(self) -> str:
        lines = [f"{self.outcome:15} case {self.seed}: " + ", ".join(f"{table} {name}" for table, name in self.parts.items())]
        return "\n".join([*lines, *(f"    {outcome}: {said}" for outcome, said in self.found if outcome != "exact")])


def judge(seed: int) -> Verdict:
    """The verdict on the case of a seed."""
    return judged(lambda: case(seed))


def judged(make: Callable[[], Case]) -> Verdict:
    """The verdict on any case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on what other people's models do
        one = make()
        found = _found(one)
    worst = min((outcome for outcome, _ in found), key=OUTCOMES.index, default="exact")
    return Verdict(one.seed, worst, tuple(found), one.parts)


def _found(one: Case) -> list[Finding]:
    plain = copy.deepcopy(one.net)
    told, expected = _plain(plain, one)
    tape, output, stopped, refused = _recorded(one)
    if stopped is not None:
        return [("stopped", f"{type(stopped).__name__}: {stopped}")]
    found: list[Finding] = []
    if not _same(output, expected[0], one.close):
        found.append(("changed_output", "the output differs"))
    elif not _same(one.call(one.net), expected[1], 0.0):
        found.append(("changed_output", "the call after it differs"))
    if refused is not None:
        nothing = isinstance(refused, NothingRecorded) and not any(own.needed for own in told)
        return found if nothing else [*found, ("refused", f"{type(refused).__name__}: {refused}")]
    found += findings(tape, told)
    if not told:
        found += [("refused", f"{layer.layer}, which is no attention: {layer.finding}") for layer in tape.refused]
    return found


def _plain(net: torch.nn.Module, one: Case) -> tuple[list[Told], tuple[object, object]]:
    """What was told in the first of two calls, and what both put out."""
    torch.manual_seed(one.seed)
    first = one.call(net)
    told = told_by(net)
    return told, (first, one.call(net))


def _recorded(one: Case) -> tuple[attnviz.Tape | None, object, Exception | None, AttnvizError | None]:
    """The tape, the output, what stopped the model, and what attnviz refused at the end."""
    torch.manual_seed(one.seed)
    tape, output, stopped = None, None, None
    try:
        with attnviz.record(one.net) as tape:
            try:
                output = one.call(one.net)
            except Exception as error:
                stopped = error
    except AttnvizError as error:
        return tape, output, stopped, error
    return tape, output, stopped, None


def _same(left: object, right: object, close: float) -> bool:
    if not (isinstance(left, Tensor) and isinstance(right, Tensor)):
        return left == right
    if left.dtype != right.dtype or left.shape != right.shape or left.requires_grad != right.requires_grad:
        return False
    return bool(torch.allclose(left.detach(), right.detach(), rtol=close, atol=close, equal_nan=True))
