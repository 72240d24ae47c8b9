"""Translators small enough to be made anew in every test."""

from typing import Any

import torch

from attnviz.nets import NETS, Translator
from attnviz.nets.translator import SPECIAL
from attnviz.train.byte_pairs import byte_pairs

FRENCH = ["Je n’ai pas d'argent !", "Il fait beau aujourd'hui.", "Où est la bibliothèque ?"] * 3
ENGLISH = ["I don't have any money.", "It's nice today.", "Where is the library?"] * 3
SIZES = {"source_size": 9, "target_size": 6}
RECURRENT: dict[str, Any] = {"embedding": 6, "width": 8, "encoder_layers": 1, "dropout": 0.0}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "transformer": ("transformer", {"width": 8, "heads": 2, "encoder_layers": 2, "decoder_layers": 3}),
    "bahdanau": ("bahdanau", RECURRENT),
    "luong": ("luong", RECURRENT),
    "local": ("luong", {**RECURRENT, "reach": 2.0}),
}
SOURCE = torch.tensor([[3, 4, 5, 2], [6, 2, 0, 0]])
MASK = SOURCE != 0
TARGET = torch.tensor([[1, 3, 4, 5], [1, 5, 3, 3]])


def translator(name: str, seed: int = 0, **sizes: int) -> Translator:
    """With random weights, large enough that it prefers something."""
    net, config = CONFIGS[name]
    torch.manual_seed(seed)
    made = NETS[net](**{**SIZES, **sizes}, **config).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.mul_(2)
    assert isinstance(made, Translator)
    return made


def with_words(name: str, seed: int = 0) -> Translator:
    """One that reads and writes sentences."""
    from functools import partial

    from attnviz.cards import ModelCard
    from attnviz.encode.translation import encode_source
    from attnviz.paths import MODELS

    source = byte_pairs(FRENCH, 330, SPECIAL, "$A [END]")
    target = byte_pairs(ENGLISH, 330, SPECIAL, "[START] $A [END]")
    net = translator(name, seed, source_size=source.get_vocab_size(), target_size=target.get_vocab_size())
    source.encode_special_tokens = target.encode_special_tokens = True
    net.source, net.target, net.encode = source, target, partial(encode_source, tokenizer=source)
    net.card = ModelCard(
        name=name, folder=MODELS / name, title=name, summary="For tests.", task="translation", input="text", labels=(),
        net=CONFIGS[name][0], licence="Apache-2.0", config={}, files={}, text={"max_tokens": 32},
    )  # fmt: skip
    return net
