"""A sentence classifier with hard attention: a selector picks words, and the classifier reads the picked words alone.

After Lei et al., 2016, "Rationalizing neural predictions" (arXiv:1606.04155). The classifier is handed the tokens of the picked
words, in their order and moved together, and nothing else: neither their places nor the length of the sentence. So a word that was
not picked cannot change the decision, other than by what the selector picks.
"""

import torch
from torch import Tensor, nn

from attnviz.layers.hard import HardPicks
from attnviz.layers.pooling import ContextPooling
from attnviz.nets.drawing import DrawingNet
from attnviz.nets.soft_classifier import Encoder


class HardClassifier(DrawingNet):
    """Tokens of a sentence -> logits, by way of the picked words: those more likely picked than not, or drawn by their odds.

    Takes three (batch, token) tensors of integers: ids, a mask that is 1 at real tokens, and the number of each token's word.
    """

    def __init__(self, labels: int, vocab_size: int, embedding: int, inputs: int, hidden: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding)
        self.selector = Selector(embedding, inputs, hidden, dropout)
        self.picker = HardPicks("word")
        self.reader = Reader(labels, embedding, inputs, hidden, dropout)

    def scores(self, input_ids: Tensor, attention_mask: Tensor, word_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of all words, (batch, word), and where there are words, booleans of the same shape."""
        states = self.selector.states(self.embedding(input_ids), attention_mask.sum(1))
        return self.selector.scores(states, attention_mask, word_ids)

    def read(self, input_ids: Tensor, attention_mask: Tensor, word_ids: Tensor, picks: Tensor) -> Tensor:
        """Logits from the picked words alone, (batch, word) of booleans -> (batch, label)."""
        kept = picks.gather(1, word_ids) & attention_mask.bool()
        ids, lengths = together(input_ids, kept)
        return self.reader(self.embedding(ids), lengths)


def together(input_ids: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """The kept tokens of each row in their order, moved to the left, 0 behind them: (batch, most kept), and how many (batch,)."""
    lengths = kept.sum(1)
    order = torch.argsort(~kept, dim=1, stable=True)[:, : int(lengths.max())]
    ids = input_ids.gather(1, order)
    return ids.masked_fill(torch.arange(ids.shape[1], device=ids.device) >= lengths[:, None], 0), lengths


class Selector(nn.Module):
    """Reads the whole sentence and gives each word a score; a word's state is the mean over its tokens."""

    def __init__(self, embedding: int, inputs: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.narrow = nn.Linear(embedding, inputs)
        self.encoder = Encoder(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(2 * hidden, hidden)
        self.score = nn.Linear(hidden, 1)

    def states(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """(batch, token, embedding) -> (batch, token, 2 hidden)."""
        return self.dropout(self.encoder(self.dropout(torch.tanh(self.narrow(embedded))), lengths))

    def scores(self, states: Tensor, attention_mask: Tensor, word_ids: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, token, 2 hidden) -> scores (batch, word), and where there are words."""
        member = nn.functional.one_hot(word_ids, int(word_ids.max()) + 1).to(states.dtype) * attention_mask[:, :, None]
        tokens = member.sum(1)
        words = member.transpose(1, 2) @ states / tokens.clamp_min(1)[:, :, None]
        return self.score(torch.tanh(self.hidden(words))).squeeze(-1), tokens > 0


class Reader(nn.Module):
    """Decides from a handful of tokens; a learned start is read before them, so that there is something to read without any."""

    def __init__(self, labels: int, embedding: int, inputs: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(inputs))
        self.narrow = nn.Linear(embedding, inputs)
        self.encoder = Encoder(inputs, hidden)
        self.attention = ContextPooling(2 * hidden, hidden, "key picked", "picked words")
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * hidden, labels)

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """(batch, token, embedding), (batch,) real tokens -> logits (batch, label)."""
        inputs = torch.tanh(self.narrow(embedded))
        inputs = self.dropout(torch.cat([self.start.expand(len(inputs), 1, -1), inputs], dim=1))
        states = self.encoder(inputs, lengths + 1)
        real = torch.arange(inputs.shape[1], device=inputs.device) <= lengths[:, None]
        sentence = self.attention(self.dropout(states), real)
        return self.classifier(self.dropout(sentence))
