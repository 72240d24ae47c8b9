"""A model of others as a Net, asked what its task is."""

from collections.abc import Mapping
from typing import Any

from tokenizers import Tokenizer
from torch import Tensor, nn

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, EncodedText, Patches
from attnviz.errors import WeightsError
from attnviz.nets.base import Decision, Net
from attnviz.nets.words import word_there

BARE = "This model is an encoder: it turns its input into numbers and decides nothing. Its maps are all there is to see."
SEVERAL = "This model gives every label a number of its own, not a probability of being the one: no decision is shown."


class ForeignNet(Net):
    """The `model` of transformers inside; layers are named as there, behind "model."."""

    def __init__(self, model: nn.Module, card: ModelCard, tokenizer: Tokenizer | None) -> None:
        super().__init__()
        self.model, self.card, self.tokenizer = model, card, tokenizer

    def forward(self, **tensors: Tensor) -> Tensor:
        """Tensors of one batch -> logits (batch, label) or (batch, token, word), or an encoder's states (batch, token, feature)."""
        if "image" in tensors:
            tensors = {"pixel_values": tensors["image"]}
        try:
            outputs = self.model(**tensors)
        except (IndexError, RuntimeError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{self.card.name} cannot take this input ({first_line(error)})", "see that its files fit together"
            ) from error
        return outputs.logits if "logits" in outputs else outputs.last_hidden_state

    def decide(self, outputs: Tensor, encoded: Encoded) -> Decision:
        if self.card.task.endswith("-encoder"):
            return Decision({}, why_none=BARE)
        if isinstance(encoded, EncodedText) and self.tokenizer is not None and self.card.task.endswith("-word"):
            return word_there(outputs[0], encoded, self.tokenizer, self.card.task == "masked-word")
        config: Any = self.model.config
        if config.problem_type not in (None, "single_label_classification") or len(self.card.labels) < 2:
            return Decision({}, why_none=SEVERAL)
        return super().decide(outputs, encoded)

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:
        """Where all layers have one position for each patch, with or without the tokens that this family puts before them."""
        if isinstance(encoded, EncodedText) or len(positions) != 1:
            return {}
        config: Any = self.model.config
        patch = getattr(config, "patch_size", None)
        patch = patch[0] if isinstance(patch, (list, tuple)) and len(set(patch)) == 1 else patch
        if not isinstance(patch, int) or not 0 < patch <= self.card.image["size"]:
            return {}
        side = self.card.image["size"] // patch
        registers = tuple(f"register {i}" for i in range(int(getattr(config, "num_register_tokens", 0) or 0)))
        distilled = ("distillation",) if config.model_type == "deit" else ()
        known = [Patches(side, side, prefix) for prefix in (("CLS", *distilled, *registers), ())]
        return next(({len(patches): patches} for patches in known if {len(patches)} == positions), {})


def first_line(error: BaseException) -> str:
    """Of what a library says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
