"""What is said about a mechanism, and how it runs on an input so small that every number can be read."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from attnviz.maps import AttentionMap, Floats, Kind
from attnviz.mechanisms.inputs import Inputs
from attnviz.record import record
from attnviz.state import Choice, Whole

Relation = Literal["is", "follows", "cannot"]
Input = Literal[
    "query-key-value", "query-key", "x", "points", "feature-map"
]  # query-key: the keys are the values; x: one for all three
PROBED = "probe of the layer"
FUSED = ("multi-head", "grouped-query", "multi-query")  # what the fused kernel's tap can tell apart by shapes


Layer = TypeVar("Layer", bound=nn.Module)


@dataclass(frozen=True)
class Paper:
    """Where a mechanism was published; `link` is an address that a reader may open."""

    authors: str
    year: int
    link: str


@dataclass(frozen=True)
class KerasAnswer:
    """Whether one of Keras' attention layers does it, and the code that does it.

    *is*: the layer does it on the same query, key and value. *follows*: one call of the layer does it, on inputs that were
    prepared before (projected, turned, one-hot keys, a mask). *cannot*: what makes the mechanism lies inside the layer, where
    no argument reaches, or is no softmax over keys. `layer` is the layer's name, with *cannot* the nearest one, or "".
    `call` uses `keras`, `np` and what is in `Shown.names`, and leaves the layer's answer in `output`, and where a layer of
    Keras tells its weights, those in `weights`. With *cannot* it calls no attention layer, and does by hand what is missing.
    """

    relation: Relation
    layer: str
    why: str
    call: str


@dataclass(frozen=True)
class Prepared:
    """A layer with all its weights, and what it is called with.

    `names`: what the Keras code may speak of; arrays as Keras has them, with a batch of one. `labels`: names of positions.
    `first`: the ending of the name of the layer whose map is looked at first.
    """

    layer: nn.Module
    arguments: tuple[Tensor, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    first: str = ""


@dataclass(frozen=True)
class Shown:
    """What a mechanism did with an input.

    `maps`: what its layer recorded, the one to look at first. `output`: what the layer gave, without the batch.
    `names`: what the Keras code speaks of. `notes`: full sentences for the caption.
    """

    maps: tuple[AttentionMap, ...]
    output: Floats
    names: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mechanism:
    """One mechanism of attention: the four questions of the family map, formula, paper, layer, and how it runs.

    `name` is the word that maps carry. `scores`, `normalises`, `over`, `query`: what gives the scores, what makes them
    weights, over what, and who asks. `formula` is LaTeX. `follows`: names of mechanisms that it comes from.
    `layer`: the class or function whose source is shown. `trained`: cards of models that have it.
    """

    name: str
    title: str
    family: str
    kind: Kind
    scores: str
    normalises: str
    over: str
    query: str
    formula: str
    paper: Paper
    layer: Callable[..., Any]
    input: Input
    prepare: Callable[..., Prepared]
    keras: KerasAnswer
    choices: tuple[Choice, ...] = ()
    follows: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The code of the layer, as it runs."""
        return inspect.getsource(self.layer)

    def run(self, inputs: Inputs, **values: Any) -> Shown:
        """What the layer does with `inputs`; `values` are those of the choices, else their defaults.

        Raises InputError where the layer cannot take these inputs, TypeError for a value without a choice.
        """
        made = self.prepare(inputs, **{choice.name: choice.default for choice in self.choices} | values)
        with torch.no_grad(), record(nn.ModuleDict({self.name: made.layer})) as tape:
            output = made.layer(*made.arguments, **made.options)
        labels = {axis: names for axis, names in made.labels.items() if names}
        found = list(tape.labelled("*", **labels))
        # What a layer says through its probes is everything; where it has none, the fused kernel was recorded.
        own = [m for m in found if m.receipt is not None and m.receipt.how == PROBED]
        maps = sorted(map(self._named, own or found), key=lambda m: not m.layer.endswith(made.first))
        shown = (output[0] if isinstance(output, tuple) else output)[0].numpy()
        spoken = {name: value for name, value in made.names.items() if re.search(rf"\b{name}\b", self.keras.call)}
        return Shown(tuple(maps), shown, MappingProxyType(spoken), made.notes)

    def _named(self, m: AttentionMap) -> AttentionMap:
        """A map from the fused kernel, which knows nothing of windows and latents, under the mechanism's own name."""
        return replace(m, mechanism=self.name, kind=self.kind) if m.mechanism in FUSED else m


def seeded(layer: Layer, seed: float) -> Layer:
    """The layer with weights drawn from `seed`, and nobody else's chance touched: matrices keep lengths, biases are small."""
    draw = torch.Generator().manual_seed(int(seed))
    with torch.no_grad():
        for parameter in layer.parameters():
            if parameter.ndim:
                spread = (parameter.numel() / parameter.shape[0]) ** -0.5 if parameter.ndim > 1 else 0.1
                parameter.copy_(torch.randn(parameter.shape, generator=draw) * spread)
    return layer.eval()


SEED = Choice("seed", "Seed of the random weights", Whole(0, 99), 0)
UNTRAINED = "The layer's own weights are random, drawn from the seed: what it looks at here was never learned."
