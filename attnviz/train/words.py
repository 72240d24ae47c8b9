"""What the recipes of words-masked and words-next share: plain English sentences, in batches of about one length."""

import random
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from attnviz.cards import ModelCard
from attnviz.data import words
from attnviz.nets.base import WordNet
from attnviz.train.loop import Run, descend
from attnviz.train.schedule import Optimizers, slope

TOKENS = 10_240  # in a batch, padding and all
LONGEST = 96
KERNELS = {"cpu": SDPBackend.MATH}  # whose fused one is slow backwards

Asked = tuple[Tensor, Tensor, Tensor, Tensor]
"""(text, token) ids and which of them are real, (text, token) which are guessed, and (guess,) what they are."""


class WordsRun(Run):
    """Training as `attnviz.train.loop.fit` drives it; a recipe says what is asked of a batch."""

    net: WordNet
    tokenizer: Tokenizer
    optimizers: Optimizers
    padding: int

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.card, self.device = card, device
        self.texts = {part: words.sentences(data, part) for part in ("train", "dev")}

    def prepare(self) -> None:
        """Cuts the sentences into tokens, once there is a tokenizer."""
        encodings = {part: self.tokenizer.encode_batch(texts) for part, texts in self.texts.items()}
        self.ids = {part: [one.ids[:LONGEST] for one in found] for part, found in encodings.items()}
        self.total = len(by_length(self.ids["train"], TOKENS))

    def asked(self, ids: Tensor, shuffler: torch.Generator) -> Asked:
        """What the model sees of a batch of padded sentences, and what it must guess."""
        raise NotImplementedError

    def steps(self) -> int:
        return self.total

    def batches(self, epoch: int) -> Iterator[Asked]:
        shuffler = torch.Generator().manual_seed(epoch)
        for chunk in by_length(self.ids["train"], TOKENS, random.Random(epoch)):
            yield self.asked(self._padded(chunk), shuffler)

    def step(self, batch: Asked) -> Tensor:
        self.net.train()
        with torch.autocast(self.device, torch.bfloat16), sdpa_kernel(KERNELS.get(self.device, SDPBackend.EFFICIENT_ATTENTION)):
            logits = self._guesses(batch)
        loss = F.cross_entropy(logits.float(), batch[3].to(self.device))
        return descend(self.net, loss, self.optimizers)

    @torch.no_grad()
    def validate(self) -> float:
        """The share of dev words that are the most probable ones."""
        self.net.eval()
        shuffler = torch.Generator().manual_seed(0)
        right = total = 0
        for chunk in by_length(self.ids["dev"], TOKENS):
            batch = self.asked(self._padded(chunk), shuffler)
            hits = self._guesses(batch).argmax(-1) == batch[3].to(self.device)
            right, total = right + int(hits.sum()), total + len(hits)
        return right / total

    def network(self) -> nn.Module:
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        self.tokenizer.save(str(out / "tokenizer.json"))

    def _guesses(self, batch: Asked) -> Tensor:
        """(guess, piece): logits where something is asked, and nowhere else."""
        ids, real, where, _ = (part.to(self.device) for part in batch)
        return self.net.guesses(self.net.states(ids, real)[where])

    def _padded(self, chunk: list[list[int]]) -> Tensor:
        return nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in chunk], batch_first=True, padding_value=self.padding)


def in_rounds(progress: float) -> float:
    """The learning rate's factor after so many rounds: it falls in each (Loshchilov and Hutter, 2017, arXiv:1608.03983)."""
    return slope(progress % 1)


def by_length(texts: list[list[int]], tokens: int, shuffler: random.Random | None = None) -> list[list[list[int]]]:
    """Batches of at most so many tokens, padding and all, of texts of about one length; in random order with a shuffler."""
    order = list(texts)
    if shuffler:
        shuffler.shuffle(order)
    order.sort(key=len)
    batches: list[list[list[int]]] = [[]]
    for text in order:
        if batches[-1] and len(text) * (len(batches[-1]) + 1) > tokens:
            batches.append([])
        batches[-1].append(text)
    if shuffler:
        shuffler.shuffle(batches)
    return batches


def log_shares(texts: list[list[int]], size: int) -> Tensor:
    """(piece,): the logarithm of how often each occurs, with one added; where a guess begins."""
    counts = torch.bincount(torch.tensor([i for text in texts for i in text]), minlength=size) + 1.0
    return (counts / counts.sum()).log()
