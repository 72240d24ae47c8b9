"""What all results share, and what those share that choose among labels."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from torch import Tensor

from attnviz.cards import ModelCard
from attnviz.encode import Encoded
from attnviz.inside.effects import Effects, Slopes, dialled, effects, slopes, worth_it
from attnviz.maps import AttentionMap
from attnviz.nets.base import Net
from attnviz.record import Tape

T = TypeVar("T")
REMEMBERED = 64


class Run(NamedTuple):
    """One recorded pass of a net: what went in, (1, ...) what came out, and what its layers attended to meanwhile.

    `seed`: what chance began with, where something was drawn. `seconds`: the pass with its recording.
    """

    net: Net
    encoded: Encoded
    outputs: Tensor
    tape: Tape
    seconds: float
    seed: int | None = None


HEADS = ("head", "query", "key")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was made of one input, by a model or by a mechanism alone. `seconds`: the forward pass with its recording."""

    seconds: float

    @cached_property
    def _found(self) -> dict[Hashable, Any]:
        return {}

    @cached_property
    def _lock(self) -> RLock:
        return RLock()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` finds in this result, worked out once, also for several threads; those asked for longest go."""
        with self._lock:
            self._found[key] = found = self._found.pop(key) if key in self._found else make()
            while len(self._found) > REMEMBERED:
                del self._found[next(iter(self._found))]
            return found

    @property
    def maker(self) -> dict[str, str]:
        """What made it, for a file: its kind and its name."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What made it, for a reader."""
        raise NotImplementedError

    @property
    def stem(self) -> str:
        """The beginning of the names of its files."""
        return "-".join(self.maker.values())

    @property
    def said(self) -> str:
        """The answer in a few words."""
        raise NotImplementedError

    @property
    def put_in(self) -> str:
        """What was given, in a few words."""
        raise NotImplementedError

    @property
    def notes(self) -> tuple[str, ...]:
        """Full sentences: what was changed on the way in."""
        raise NotImplementedError

    @property
    def remarks(self) -> tuple[str, ...]:
        """These, and why there is no answer where there is none."""
        return self.notes

    @property
    def answer(self) -> dict[str, Any]:
        """What came out, for a file."""
        raise NotImplementedError

    @property
    def given(self) -> dict[str, Any]:
        """What went in, for a file."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Result(Outcome):
    """What a model made of one input. `tape`: its maps, with positions named.

    `net`: who may be asked again; None for a result that was read from elsewhere.
    """

    card: ModelCard
    encoded: Encoded
    tape: Tape
    net: Net | None = field(default=None, repr=False, compare=False)

    @property
    def maker(self) -> dict[str, str]:
        """The model."""
        return {"model": self.card.name}

    @property
    def title(self) -> str:
        """The model's."""
        return self.card.title

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the border."""
        return self.encoded.notes


@dataclass(frozen=True, kw_only=True)
class Prediction(Result):
    """A choice among labels.

    `probabilities`: label -> probability, in the card's order; of the many words of a language model the most probable ones.
    Empty where the model decides nothing, and `why_none` says why. `about` says what was decided where it is no label.
    `seed`: what chance began with, where something was drawn. `known`: whether the input is like those the model learned from.
    """

    probabilities: dict[str, float]
    about: str = ""
    why_none: str = ""
    known: bool = True
    seed: int | None = None

    @property
    def decision(self) -> str | None:
        """The most probable label; None where the model decides nothing."""
        return max(self.probabilities, key=lambda label: self.probabilities[label], default=None)

    @cached_property
    def ranked(self) -> list[tuple[str, float]]:
        """Labels with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])

    @property
    def layers(self) -> list[AttentionMap]:
        """The maps with heads, first to last, where all of them are over one set of positions; none otherwise."""
        return self.once("layers", self._layers)

    def _layers(self) -> list[AttentionMap]:
        found = [m for m in self.tape if m.axes == HEADS]
        return found if len({m.shape[1:] for m in found}) == 1 and found[0].shape[1] == found[0].shape[2] else []

    @property
    def slopes(self) -> Slopes | None:
        """What heads add to the decision, to first order; None where it cannot be had, or would take long."""
        return self.once("slopes", self._slopes)

    def _slopes(self) -> Slopes | None:
        net, tensors = self.net, self.encoded.tensors
        if net is None or not self.sloped or not worth_it(net, tensors):
            return None
        with dialled() as dials:
            outputs = net(**tensors)
        return slopes(outputs, dials, len(self.layers), self.card.temperature)

    @property
    def sloped(self) -> bool:
        """Whether heads, and nothing else that attends, lead to a decision among labels."""
        return bool(self.probabilities) and self.layers != [] and len(self.layers) == len(self.tape)

    @property
    def effects(self) -> Effects | None:
        """What the decision is without heads, asked of the net once; None where `slopes` is."""
        return self.once("effects", self._effects)

    def _effects(self) -> Effects | None:
        net, label, known = self.net, str(self.decision), self.slopes
        if net is None or known is None:
            return None
        return effects(net, self.encoded.tensors, lambda out: net.decide(out, self.encoded).probabilities.get(label, 0.0), known)

    @property
    def stem(self) -> str:
        """With the seed, where there is one."""
        return self.card.name if self.seed is None else f"{self.card.name}-seed{self.seed}"

    @property
    def said(self) -> str:
        """The decision in words with the probability of its label, or that there is none."""
        return f"{self.words} {self.ranked[0][1]:.4f}" if self.ranked else "no decision"

    @property
    def words(self) -> str:
        """The most probable label; where the input is unlike what the model learned from, that it is only the closest."""
        return str(self.decision) if self.known else f"nothing that this model knows, closest: {self.decision}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """With the reason where nothing is decided."""
        return (*filter(None, (self.why_none,)), *self.notes)

    @property
    def answer(self) -> dict[str, Any]:
        """The decision, all probabilities, and the seed where there is one."""
        drawn = {} if self.seed is None else {"seed": self.seed}
        unlike = {} if self.known else {"known": False}
        return {"decision": self.decision, **unlike, "probabilities": self.probabilities, **drawn}
