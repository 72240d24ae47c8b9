"""Recurrent encoder-decoders: a bidirectional GRU reads, a GRU writes, and attention is what lies between."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnviz.layers.bahdanau import Bahdanau
from attnviz.layers.luong import Local, Luong
from attnviz.nets.translator import State, Translator


class Recurrent(Translator):
    """What both kinds of decoder share: embeddings, the encoder, the first state, and the logits."""

    def __init__(self, source_size: int, target_size: int, embedding: int, width: int, encoder_layers: int, dropout: float) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(source_size, embedding)
        self.embedding = nn.Embedding(target_size, embedding)
        for table in (self.source_embedding, self.embedding):
            nn.init.normal_(table.weight, std=0.05)
        inner = dropout if encoder_layers > 1 else 0.0
        self.encoder = nn.GRU(embedding, width // 2, encoder_layers, batch_first=True, bidirectional=True, dropout=inner)
        self.first = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(target_size))
        self.dropout = nn.Dropout(dropout)

    def start(self, source: Tensor, source_mask: Tensor) -> State:
        """Annotations of every source token (batch, source, width), and the decoder's first state from their mean."""
        embedded = self.dropout(self.source_embedding(source))
        packed = pack_padded_sequence(embedded, source_mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=source.shape[1])
        memory = self.dropout(states)
        mean = memory.sum(1) / source_mask.sum(1, keepdim=True)
        return {"memory": memory, "mask": source_mask, "state": torch.tanh(self.first(mean))}

    def logits(self, readout: Tensor) -> Tensor:
        """(..., embedding) -> (..., vocabulary), by the embeddings of the output's tokens."""
        return F.linear(self.dropout(readout), self.embedding.weight, self.bias)


class BahdanauTranslator(Recurrent):
    """RNNsearch (Bahdanau et al., 2015): the decoder's last state asks, and the answer goes into its next one."""

    def __init__(self, embedding: int, width: int, **options: Any) -> None:
        super().__init__(embedding=embedding, width=width, **options)
        self.attention = Bahdanau(width, width, embedding)
        self.from_token = nn.Linear(embedding, 3 * width)
        self.from_context = nn.Linear(width, 3 * width, bias=False)
        self.from_state = nn.Linear(width, 3 * width)
        self.readout = nn.Linear(2 * width + embedding, embedding)

    def forward(self, source: Tensor, source_mask: Tensor, target: Tensor) -> Tensor:
        """See Translator."""
        start = self.start(source, source_mask)
        memory, state = start["memory"], start["state"]
        projected = self.attention.scores.key(memory)
        embedded = self.dropout(self.embedding(target))
        states, weights = [], []
        for tokens in self.from_token(embedded).unbind(1):
            looked, state = self._step(tokens, state, projected, memory, source_mask)
            states.append(state)
            weights.append(looked)
        contexts = self.attention.contexts(torch.cat(weights, dim=1), memory)
        return self._logits(torch.stack(states, dim=1), embedded, contexts)

    def advance(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """See Translator."""
        memory, embedded = state["memory"], self.dropout(self.embedding(tokens))
        looked, new = self._step(
            self.from_token(embedded), state["state"], self.attention.scores.key(memory), memory, state["mask"]
        )  # fmt: skip
        contexts = self.attention.contexts(looked, memory)
        logits = self._logits(new[:, None], embedded[:, None], contexts)
        return logits[:, 0], {**state, "state": new}

    def _step(self, tokens: Tensor, state: Tensor, projected: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Weights (batch, 1, source) of the state before, and the state after."""
        weights = self.attention.weights(state[:, None], projected, mask)
        context = self.attention.mixed(weights, memory).squeeze(1)
        return weights, gru(tokens + self.from_context(context), self.from_state(state), state)

    def _logits(self, states: Tensor, embedded: Tensor, contexts: Tensor) -> Tensor:
        return self.logits(torch.tanh(self.readout(torch.cat([states, embedded, contexts], dim=-1))))


class LuongTranslator(Recurrent):
    """Luong et al., 2015: the decoder's new state asks, and the answer goes beside it into the output."""

    def __init__(self, embedding: int, width: int, reach: float | None = None, score: str = "general", **options: Any) -> None:
        super().__init__(embedding=embedding, width=width, **options)
        self.attention = Luong(width, width, score) if reach is None else Local(width, width, reach, score=score)
        self.decoder = nn.GRU(embedding, width, batch_first=True)
        self.readout = nn.Linear(2 * width, embedding)

    def forward(self, source: Tensor, source_mask: Tensor, target: Tensor) -> Tensor:
        """See Translator."""
        return self._write(self.start(source, source_mask), target)[0]

    def advance(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """See Translator."""
        logits, new = self._write(state, tokens[:, None])
        return logits[:, 0], new

    def _write(self, state: State, target: Tensor) -> tuple[Tensor, State]:
        embedded = self.dropout(self.embedding(target))
        states, last = self.decoder(embedded, state["state"][None].contiguous())
        contexts = self.attention(self.dropout(states), state["memory"], state["mask"])
        readout = torch.tanh(self.readout(torch.cat([contexts, states], dim=-1)))
        return self.logits(readout), {**state, "state": last[0]}


def gru(inputs: Tensor, hidden: Tensor, state: Tensor) -> Tensor:
    """The next state of a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078).

    (batch, 3 * width) from the input, the same from the state, in torch's order reset, update, new; (batch, width) -> the same.
    """
    reset, update, new = inputs.chunk(3, dim=-1)
    hidden_reset, hidden_update, hidden_new = hidden.chunk(3, dim=-1)
    candidate = torch.tanh(new + torch.sigmoid(reset + hidden_reset) * hidden_new)
    gate = torch.sigmoid(update + hidden_update)
    return candidate + gate * (state - candidate)
