"""A BERT encoder with a classification head (Devlin et al., 2019, arXiv:1810.04805), as transformers builds it."""

from typing import Any

from torch import Tensor, nn
from transformers import BertConfig, BertModel

from attnviz.nets.base import Net


class BertClassifier(Net):
    """Tokens of a sentence -> logits; the sentence is the mean of its tokens' last states.

    Attention runs in the fused kernel (`sdpa`). `config` holds BertConfig's own keys.
    """

    def __init__(self, labels: int, dropout: float = 0.1, **config: Any) -> None:
        super().__init__()
        self.bert = BertModel(BertConfig(**config), add_pooling_layer=False)
        self.bert.set_attn_implementation("sdpa")
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(self.bert.config.hidden_size, labels)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Two (batch, token) tensors of integers, the mask 1 at real tokens -> logits (batch, label)."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        real = attention_mask.unsqueeze(-1).to(states.dtype)
        sentence = (states * real).sum(1) / real.sum(1)
        return self.classifier(self.dropout(sentence))
