"""A recurrent sentence classifier with soft attention: LSTM in both directions, then pooling by a learned context."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnviz.layers.pooling import ContextPooling
from attnviz.nets.base import Net


class SoftClassifier(Net):
    """Tokens of a sentence -> logits; the sentence is the sum of the states that the attention weighs."""

    def __init__(self, labels: int, vocab_size: int, embedding: int, inputs: int, hidden: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding)
        self.narrow = nn.Linear(embedding, inputs)
        self.encoder = Encoder(inputs, hidden)
        self.attention = ContextPooling(2 * hidden, hidden, role="words")
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * hidden, labels)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Two (batch, token) tensors of integers, the mask 1 at real tokens -> logits (batch, label)."""
        inputs = self.dropout(torch.tanh(self.narrow(self.embedding(input_ids))))
        states = self.encoder(inputs, attention_mask.sum(1))
        sentence = self.attention(self.dropout(states), attention_mask.bool())
        return self.classifier(self.dropout(sentence))


class Encoder(nn.Module):
    """One LSTM from left to right and one from right to left (Graves and Schmidhuber, 2005), neither of which sees padding."""

    def __init__(self, inputs: int, hidden: int, layers: int = 1) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True, bidirectional=True)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """(batch, token, feature), (batch,) real tokens, 1 or more -> (batch, token, 2 hidden), 0 at padding."""
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=inputs.shape[1])
        return states
