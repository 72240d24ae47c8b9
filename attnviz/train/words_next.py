"""words-next: a causal Transformer from nothing, Muon for matrices, AdamW for the rest; learning rates that rise and fall.

The last weights are shipped; the dev split is looked at and decides nothing.
"""

from pathlib import Path

import torch
from torch import Tensor

from attnviz.cards import ModelCard
from attnviz.nets.next_word import NextWord
from attnviz.train.byte_pairs import byte_pairs
from attnviz.train.muon import Stacked
from attnviz.train.schedule import Optimizers
from attnviz.train.translation import split_parameters
from attnviz.train.words import Asked, WordsRun, in_rounds, log_shares

EPOCHS, ROUND = 24, 24  # the rates fall to nothing at the end of every round of so many epochs
RATE, WEIGHT_DECAY = 2e-3, 0.05
SPECIAL = ("[PAD]", "[START]", "[END]")


class NextWordRun(WordsRun):
    """Every token of a sentence is guessed from those before it, and its end too."""

    epochs = EPOCHS
    padding = 0

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        self.tokenizer = byte_pairs(self.texts["train"], card.config["size"], SPECIAL, "[START] $A")
        self.end = SPECIAL.index("[END]")
        self.prepare()
        torch.manual_seed(0)
        self.net = NextWord(**card.config).to(device)
        with torch.no_grad():
            self.net.bias.copy_(log_shares([[*ids[1:], self.end] for ids in self.ids["train"]], len(self.net.bias)))
        matrices, rest = split_parameters(self.net)
        muon = Stacked(matrices, lr=RATE, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
        adam = torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
        self.optimizers = Optimizers((muon, adam), ROUND * self.steps(), in_rounds)
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def asked(self, ids: Tensor, shuffler: torch.Generator) -> Asked:  # noqa: ARG002
        """Each token is asked for the one behind it, the last one for the end."""
        real = ids != self.padding
        behind = torch.cat([ids[:, 1:], torch.full_like(ids[:, :1], self.padding)], 1)
        return ids, real, real, torch.where(behind == self.padding, self.end, behind)[real]
