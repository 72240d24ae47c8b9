"""A BERT encoder that guesses hidden words (Devlin et al., 2019, arXiv:1810.04805), as transformers builds it."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel

from attnviz.encode import EncodedText
from attnviz.nets.base import Decision, WordNet
from attnviz.nets.words import word_there


class MaskedWord(WordNet):
    """Tokens of a text, some hidden -> logits of what stands at each; words are guessed by the embeddings that they are read by.

    Attention runs in the fused kernel (`sdpa`). `config` holds BertConfig's own keys.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.bert = BertModel(BertConfig(**config), add_pooling_layer=False)
        self.bert.set_attn_implementation("sdpa")
        width, size = self.bert.config.hidden_size, self.bert.config.vocab_size
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, self.bert.config.layer_norm_eps))
        self.bias = nn.Parameter(self.bert.embeddings.word_embeddings.weight.new_zeros(size))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Two (batch, token) tensors of integers, the mask 1 at real tokens -> logits (batch, token, piece)."""
        return self.guesses(self.states(input_ids, attention_mask))

    def states(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The same -> (batch, token, width)."""
        states: Tensor = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states

    def guesses(self, states: Tensor) -> Tensor:
        """(..., width) -> logits (..., piece)."""
        return F.linear(self.transform(states), self.bert.embeddings.word_embeddings.weight, self.bias)

    def decide(self, outputs: Tensor, encoded: EncodedText) -> Decision:  # type: ignore[override]
        """The most probable words in the first gap."""
        return word_there(outputs[0], encoded, self.tokenizer, masked=True)
