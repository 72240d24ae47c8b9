"""What a shipped model says, for a smaller one to learn from (Hinton et al., 2015, arXiv:1503.02531)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from attnviz.load import load, tokenizer_of
from attnviz.nets import Net

TEACHER = "sentiment-minilm"
TOKENS = 4096
MAX_TOKENS = 96


class Lessons:
    """A teacher's logits: worked out by `ask` when first wanted, and kept in the checkpoint from then on."""

    def __init__(self, ask: Callable[[], Tensor]) -> None:
        self.ask = ask
        self.logits: Tensor | None = None

    def get(self) -> Tensor:
        """As `ask` gave them."""
        if self.logits is None:
            self.logits = self.ask()
        return self.logits

    def state_dict(self) -> dict[str, Any]:
        return {"logits": self.logits}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.logits = saved["logits"]


class TextLessons(Lessons):
    """What TEACHER says about each text: (text, label)."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(lambda: taught(load(TEACHER), texts))
        self.texts = texts


@torch.no_grad()
def taught(teacher: Net, texts: list[str]) -> Tensor:
    """The teacher's logits (text, label), in bfloat16, from batches of texts of about one length."""
    encoded = [encoding.ids[:MAX_TOKENS] for encoding in tokenizer_of(teacher.card).encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    logits = torch.empty(len(texts), len(teacher.card.labels))
    with tqdm(total=len(texts), desc="teacher", mininterval=5) as bar:
        while order:
            longest = len(encoded[order[-1]])
            chunk = [order.pop() for _ in range(min(len(order), max(1, TOKENS // longest)))]
            ids = torch.zeros(len(chunk), longest, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, i in enumerate(chunk):
                ids[row, : len(encoded[i])] = torch.tensor(encoded[i])
                mask[row, : len(encoded[i])] = 1
            with torch.autocast("cpu", torch.bfloat16):
                logits[chunk] = teacher(ids, mask).float()
            bar.update(len(chunk))
    return logits
