"""What a net offers that turns one sentence into another, a token at a time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from attnviz.nets.base import Net

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Ids that every translator's vocabularies begin with.
PAD, START, END = 0, 1, 2
SPECIAL = ("[PAD]", "[START]", "[END]")

# What a net remembers between two tokens: tensors whose first axis is the batch.
State = dict[str, Tensor]


class Aligner(NamedTuple):
    """Of which layer the weights were taught which source word a word translates, in the row that wrote it.

    `head`: that of several; None where the layer has one, or where none was taught and their mean is taken.
    """

    layer: str
    head: int | None = None


class Translator(Net):
    """`forward` sees a whole given output at once; `start` and `advance` write one token by token.

    Both give the same logits, and `forward` is what is recorded: one call emits the maps of every step. `source` and `target`
    are the vocabularies of what it reads and writes, which `load` attaches. Its layers say by their roles whose positions they look
    from and at, as `results.translation` has them.
    """

    source: Tokenizer
    target: Tokenizer
    embedding: nn.Embedding

    # Whose weights say which source word a word translates.
    aligner: Aligner = Aligner("attention")

    @abstractmethod
    def start(self, source: Tensor, source_mask: Tensor) -> State:
        """(batch, source) ids and mask, True at real tokens -> the state before the first token."""

    @abstractmethod
    def advance(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """(batch,) ids of the newest tokens -> logits of the next ones (batch, vocabulary), and the state after them."""

    @abstractmethod
    def forward(self, source: Tensor, source_mask: Tensor, target: Tensor) -> Tensor:
        """(batch, source) ids and mask, (batch, target) ids from [START] on -> logits (batch, target, vocabulary).

        Row t is what the net says after target tokens 0 to t.
        """


def padded(rows: list[list[int]]) -> Tensor:
    """(row, longest) ids, padded at the end."""
    table = torch.full((len(rows), max(map(len, rows))), PAD)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    return table
