"""What every net of attnviz offers beside its weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, Patches
from attnviz.familiar import familiarity

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Decision:
    """Label -> probability. `about` says what was decided where that is no label, `why_none` why there is no decision.

    `known`: whether the input is like those that the model learned from, as far as its card says what those are.
    """

    probabilities: dict[str, float]
    about: str = ""
    why_none: str = ""
    known: bool = True


class Net(nn.Module):
    """A module that maps the tensors of its border to logits; `load` attaches its card and its border.

    `card` describes the model, `encode` turns raw input into an `Encoded` (see attnviz.encode).
    """

    card: ModelCard
    encode: Callable[..., Any]
    features: str = ""
    """The layer whose features over (row, column) the decision is made of, for Grad-CAM; empty where there is none."""

    forward: Callable[..., Tensor]
    """Tensors of one batch -> logits (batch, label)."""

    def decide(self, outputs: Tensor, encoded: Encoded) -> Decision:  # noqa: ARG002  (a net of others looks at its input)
        """What the outputs say about the first example of the batch."""
        odds = (outputs[0].double() / self.card.temperature).softmax(-1).tolist()
        least = self.card.known_from
        known = least is None or bool(familiarity(outputs[0]) >= least)
        return Decision(dict(zip(self.card.labels, odds, strict=True)), known=known)

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:  # noqa: ARG002
        """Number of positions -> how they stand for places of a photo, for those of `positions` that do.

        `positions` holds the numbers of queries and of keys in all layers, for a grid may differ from layer to layer.
        """
        return {}


class WordNet(Net):
    """A language model: its outputs are logits (batch, token, piece) over the pieces of its `tokenizer`, which `load` attaches."""

    tokenizer: "Tokenizer"

    states: Callable[..., Tensor]
    """Token ids and which of them are real, (batch, token) each -> (batch, token, width)."""

    guesses: Callable[[Tensor], Tensor]
    """States (..., width) -> logits (..., piece)."""
