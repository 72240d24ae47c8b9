"""From a card to a model of transformers, read from files on this machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from attnviz.cards import TASKS, ModelCard
from attnviz.encode.image import encode_image
from attnviz.encode.outside import Learned, knowing
from attnviz.encode.text import encode_text, text_tokenizer
from attnviz.errors import CardError, WeightsError
from attnviz.foreign import describe, files
from attnviz.foreign.net import ForeignNet, first_line
from attnviz.nets.words import mask_of

AUTO = {
    "text-classification": "AutoModelForSequenceClassification",
    "image-classification": "AutoModelForImageClassification",
    "masked-word": "AutoModelForMaskedLM",
    "next-word": "AutoModelForCausalLM",
    "text-encoder": "AutoModel",
    "image-encoder": "AutoModel",
}


def load_foreign(card: ModelCard) -> ForeignNet:
    """From files on this machine alone; CardError or WeightsError where they are not there or not fit."""
    folder = files.root(card)
    if reason := files.absent(card):
        _refuse_absent(card, folder, reason)
    for name in card.files:
        card.verified(folder, name)
    config = describe.config_of(folder)
    card = _completed(card, folder, config)
    tokenizer = _tokenizer(folder, card) if card.input == "text" else None
    net = ForeignNet(_model(folder, card), card, tokenizer)
    if tokenizer is None:
        net.encode = partial(encode_image, **card.image)
    else:
        net.encode = knowing(partial(encode_text, tokenizer=tokenizer), Learned.of(card.text))
    return net.eval().requires_grad_(False)


def _refuse_absent(card: ModelCard, folder: Path, reason: str) -> None:
    if folder.is_dir():
        describe.config_of(folder)
        files.weights(folder)
    cure = f"fetch it with: attnviz fetch {card.name}" if card.source == "hub" else "name another folder in its card"
    raise WeightsError(f"{card.title} is not on this machine: {reason}", cure)


def _completed(card: ModelCard, folder: Path, config: dict[str, Any]) -> ModelCard:
    """With what the card leaves out; CardError where the two contradict each other."""
    found = describe.task_of(config)
    if found != card.task and not (card.task.endswith("-encoder") and TASKS[found] == card.input):
        raise CardError(
            f"the card of {card.name} says {card.task}, but {files.CONFIG} describes a model for {found}", "mend the card"
        )
    if card.task.endswith("-classification"):
        labels = describe.labels_of(config, card.name)
        if card.labels and len(card.labels) != len(labels):
            raise CardError(
                f"the card of {card.name} names {len(card.labels)} labels for a net with {len(labels)} outputs", "mend the card"
            )
        card = replace(card, labels=card.labels or labels)
    if card.input == "text":
        return replace(card, text={**describe.text_options(folder, config), **card.text})
    return replace(card, image=describe.checked_image(card.image) if card.image else describe.image_options(folder))


def _tokenizer(folder: Path, card: ModelCard) -> Tokenizer:
    path, longest = folder / files.BESIDE["text"], card.text["max_tokens"]
    try:
        plain = text_tokenizer(path, longest)
        return text_tokenizer(path, longest, mask_of(plain)) if card.task == "masked-word" else plain
    except Exception as error:  # the reader of tokenizers raises plain Exceptions
        raise WeightsError(
            f"{path.name} of {card.name} is no tokenizer ({first_line(error)})", "fetch or save the model again"
        ) from None


@dataclass(frozen=True)
class _Loaded:
    """What transformers gave, and names of weights that it made up because the files lack them."""

    model: Any
    made_up: list[str]


def _model(folder: Path, card: ModelCard) -> nn.Module:
    """In the fused kernel where the architecture has it; WeightsError where the weights are not those of the architecture."""
    try:
        try:
            found = _pretrained(folder, card, "sdpa")
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            found = _pretrained(folder, card, "eager")
    except Exception as error:  # on a wrong config transformers raises almost anything
        raise WeightsError(f"{card.name} cannot be loaded: transformers could not make it ({first_line(error)})") from None
    made_up = [name for name in found.made_up if not (card.task.endswith("-encoder") and "pooler" in name)]
    if made_up:
        raise WeightsError(
            f"{card.name} cannot be loaded: its files lack {len(made_up)} weights of the architecture, {made_up[0]} first, "
            "which would be random numbers",
            "see that the task in the card is the one that the model was trained for",
        )
    return found.model


def _pretrained(folder: Path, card: ModelCard, attention: str) -> _Loaded:
    import transformers

    auto = getattr(transformers, AUTO[card.task])
    with _no_bars():
        model, info = auto.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, trust_remote_code=False, attn_implementation=attention,
            dtype=torch.float32, output_loading_info=True,
        )  # fmt: skip
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False
    return _Loaded(model, sorted(info["missing_keys"]))


@contextmanager
def _no_bars() -> Iterator[None]:
    """Without the progress bars of transformers, which it draws on stderr."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
