"""card -> checked weights -> module."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file

from attnviz.cards import ModelCard, find_card
from attnviz.damage import damage
from attnviz.encode.image import encode_image
from attnviz.encode.outside import Learned, knowing
from attnviz.encode.series import encode_series
from attnviz.encode.text import EncodedText, encode_text, text_tokenizer
from attnviz.encode.translation import encode_source
from attnviz.errors import AttnvizError, CardError, WeightsError
from attnviz.extras import extras
from attnviz.nets import NETS, Net, Translator
from attnviz.nets.base import WordNet

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MASK = "[MASK]"  # what a visitor types in place of a word
WEIGHTS = "weights.safetensors"


def load(model: str | Path | ModelCard) -> Net:
    """A model by its card's name, a folder with a card, or a card: ready to decide, in evaluation mode, in float32.

    Checksums are verified before weights are read, and nothing is fetched. Raises CardError or WeightsError.
    """
    card = model if isinstance(model, ModelCard) else find_card(str(model))
    if card.source != "own":
        with extras():
            from attnviz.foreign.loading import load_foreign

            return load_foreign(card)
    if card.net not in NETS:
        raise CardError(f"the card of {card.name} names the net {card.net!r}", f"known are {', '.join(NETS)}")
    if (outputs := card.config.get("labels", len(card.labels))) != len(card.labels):
        raise CardError(
            f"the card of {card.name} names {len(card.labels)} labels for a net with {outputs} outputs", "mend the card"
        )
    path, kind = card.file(WEIGHTS), NETS[card.net]
    try:
        _check_size(kind, card, path)
        net = kind(**card.config)
        net.load_state_dict({name: weight.float() for name, weight in load_file(path).items()})
    except AttnvizError:
        raise
    except Exception as error:  # on a wrong config a net's constructor raises almost anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{card.name} cannot be loaded: {WEIGHTS} does not fit the net {card.net} ({reason})") from None
    net.card = card
    with damage(f"{card.name} cannot be loaded: a file beside its weights is no tokenizer", "fetch the model again", WeightsError):
        _give_border(net, card)
    return net.eval().requires_grad_(False)


def _check_size(kind: type[Net], card: ModelCard, path: Path) -> None:
    """A net is not made where it has more weights than its file has bytes."""
    with torch.device("meta"):
        weights = sum(weight.numel() for weight in kind(**card.config).parameters())
    if weights > (size := path.stat().st_size):
        finding = f"{card.name} cannot be loaded: {WEIGHTS} does not fit the net {card.net}"
        raise WeightsError(f"{finding} (its config asks for {weights:,} weights, the file has {size:,} bytes)")


def _give_border(net: Net, card: ModelCard) -> None:
    """What takes the net's input, with its tokenizers."""
    if not isinstance(net, Translator):
        border = BORDERS[card.input](card)
        if isinstance(net, WordNet):
            net.tokenizer = border.keywords["tokenizer"]
        net.encode = knowing(border, Learned.of(card.text)) if card.input == "text" else border
        return
    from tokenizers import Tokenizer

    net.source = text_tokenizer(card.file("source.json"), card.text["max_tokens"])
    net.encode = knowing(partial(encode_source, tokenizer=net.source), Learned.of(card.text))
    net.target = Tokenizer.from_file(str(card.file("target.json")))
    net.target.encode_special_tokens = True


def tokenizer_of(card: ModelCard) -> "Tokenizer":
    """The tokenizer that a model for text reads with."""
    return text_tokenizer(card.file("tokenizer.json"), card.text["max_tokens"], MASK if card.task == "masked-word" else "")


def _text(card: ModelCard) -> partial[EncodedText]:
    return partial(encode_text, tokenizer=tokenizer_of(card), word_ids=card.text.get("word_ids", False))


BORDERS: dict[str, Callable[[ModelCard], partial[Any]]] = {
    "text": _text,
    "image": lambda card: partial(encode_image, **card.image),
    "series": lambda card: partial(encode_series, **card.series),
}
