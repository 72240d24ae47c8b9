"""Translators small enough to be made anew in every test."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from attnviz.cards import ModelCard, sha256
from attnviz.encode.translation import encode_source
from attnviz.nets import NETS, Translator
from attnviz.nets.translator import SPECIAL
from attnviz.paths import MODELS
from attnviz.train.byte_pairs import byte_pairs
from tests import tiny

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
    source = byte_pairs(FRENCH, 330, SPECIAL, "$A [END]")
    target = byte_pairs(ENGLISH, 330, SPECIAL, "[START] $A [END]")
    net = translator(name, seed, source_size=source.get_vocab_size(), target_size=target.get_vocab_size())
    source.encode_special_tokens = target.encode_special_tokens = True
    net.source, net.target, net.encode = source, target, partial(encode_source, tokenizer=source)
    net.card = ModelCard(
        name=name, folder=MODELS / name, title=name, summary="For tests.", task="translation", input="text", labels=(),
        net=CONFIGS[name][0], licence="Apache-2.0", config=CONFIGS[name][1], files={}, text={"max_tokens": 32},
    )  # fmt: skip
    return net


def write_translator(folder: Path, name: str = "bahdanau") -> Path:
    """A model's folder, as a training leaves it."""
    net = with_words(name)
    folder.mkdir(parents=True)
    save_file(net.state_dict(), folder / "weights.safetensors")
    net.source.save(str(folder / "source.json"))
    net.target.save(str(folder / "target.json"))
    sizes = {"source_size": net.source.get_vocab_size(), "target_size": net.target.get_vocab_size()}
    files = {file: sha256(folder / file) for file in ("weights.safetensors", "source.json", "target.json")}
    tiny.write_card(
        folder, task="translation", input="text", labels=[], net=CONFIGS[name][0], config={**sizes, **CONFIGS[name][1]},
        text={"max_tokens": 32}, files=files,
    )  # fmt: skip
    return folder
