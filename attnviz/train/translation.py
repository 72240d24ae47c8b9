"""The recipe of the translate-... models: French to English on Tatoeba's short sentences, Muon for matrices, AdamW for the rest.

Label smoothing, learning rates that rise for a while and then fall to nothing, last weights shipped. Now and then a source loses
its capital or its full stop, because people type without. The dev split is looked at and decides nothing.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from attnviz.cards import ModelCard
from attnviz.data import tatoeba
from attnviz.data.tatoeba import Pair
from attnviz.nets import NETS
from attnviz.nets.translator import PAD, SPECIAL, padded
from attnviz.train.byte_pairs import byte_pairs
from attnviz.train.loop import Run, descend
from attnviz.train.schedule import Optimizers

SMOOTHING = 0.1
WEIGHT_DECAY = 0.05
TYPED = 0.05
EVAL_BATCH = 256


class Schedule(NamedTuple):
    """What differs between the models: passes over the data, sentences in a batch, and the highest learning rate."""

    epochs: int
    batch: int
    rate: float


SCHEDULES = {
    "translate-bahdanau": Schedule(4, 256, 2e-3),
    "translate-local": Schedule(4, 256, 2e-3),
    "translate-luong": Schedule(6, 256, 2e-3),
    "translate-transformer": Schedule(7, 320, 2e-3),
}

Batch = tuple[Tensor, Tensor, Tensor]


class TranslationRun(Run):
    """Training as `attnviz.train.loop.fit` drives it."""

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.schedule = SCHEDULES[card.name]
        self.epochs, self.device = self.schedule.epochs, device
        parts = tatoeba.split(data)
        self.pairs, self.held_out = parts["train"], parts["dev"]
        self.source = byte_pairs((p.french for p in self.pairs), card.config["source_size"], SPECIAL, "$A [END]")
        self.target = byte_pairs((p.english for p in self.pairs), card.config["target_size"], SPECIAL, "[START] $A [END]")
        self.net: nn.Module = NETS[card.net](**card.config).to(device)
        matrices, rest = split_parameters(self.net)
        rate = self.schedule.rate
        muon = torch.optim.Muon(matrices, lr=rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
        adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.optimizers = Optimizers((muon, adam), self.epochs * self.steps())
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def steps(self) -> int:
        return -(-len(self.pairs) // self.schedule.batch)

    def batches(self, epoch: int) -> Iterator[Batch]:
        shuffler = random.Random(epoch)
        pairs = [Pair(as_typed(pair.french, shuffler), pair.english) for pair in self.pairs]
        for chunk in alike(self._ids(pairs), self.schedule.batch, shuffler):
            yield self._tensors(chunk)

    def step(self, batch: Batch) -> Tensor:
        self.net.train()
        with torch.autocast(self.device, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):  # the fused one's backward pass is slow
            loss = self._loss(batch)
        return descend(self.net, loss, self.optimizers)

    @torch.no_grad()
    def validate(self) -> float:
        """The share of dev tokens that are the most probable ones after those before them."""
        self.net.eval()
        right = total = 0
        for chunk in alike(self._ids(self.held_out), EVAL_BATCH):
            source, mask, target = self._tensors(chunk)
            hits = self.net(source, mask, target[:, :-1]).argmax(-1) == target[:, 1:]
            real = target[:, 1:] != PAD
            right, total = right + int((hits & real).sum()), total + int(real.sum())
        return right / total

    def network(self) -> nn.Module:
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        self.source.save(str(out / "source.json"))
        self.target.save(str(out / "target.json"))

    def _loss(self, batch: Batch) -> Tensor:
        source, mask, target = batch
        logits = self.net(source, mask, target[:, :-1])
        wanted = target[:, 1:]
        real = wanted != PAD
        return F.cross_entropy(logits[real].float(), wanted[real], label_smoothing=SMOOTHING)

    def _ids(self, pairs: list[Pair]) -> list[tuple[list[int], list[int]]]:
        sources = self.source.encode_batch([pair.french for pair in pairs])
        targets = self.target.encode_batch([pair.english for pair in pairs])
        return [(one.ids, two.ids) for one, two in zip(sources, targets, strict=True)]

    def _tensors(self, chunk: list[tuple[list[int], list[int]]]) -> Batch:
        source, target = (padded([pair[side] for pair in chunk]).to(self.device) for side in (0, 1))
        return source, source != PAD, target


def split_parameters(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices between layers, and everything else: embeddings, biases, norms."""
    embeddings = {id(module.weight) for module in net.modules() if isinstance(module, nn.Embedding)}
    matrices = [p for p in net.parameters() if p.ndim == 2 and min(p.shape) > 1 and id(p) not in embeddings]
    chosen = {id(p) for p in matrices}
    return matrices, [p for p in net.parameters() if id(p) not in chosen]


def as_typed(sentence: str, shuffler: random.Random) -> str:
    """The sentence as it is, or now and then without its capital, its full stop, or both."""
    if shuffler.random() < TYPED:
        sentence = sentence[:1].lower() + sentence[1:]
    return sentence.removesuffix(".") if shuffler.random() < TYPED else sentence


def alike(pairs: list[Any], size: int, shuffler: random.Random | None = None) -> list[list[Any]]:
    """Batches of pairs of about the same lengths, so that little is padding; in random order where a shuffler is given."""
    order = list(pairs)
    if shuffler:
        shuffler.shuffle(order)
    order.sort(key=lambda pair: (len(pair[0]), len(pair[1])))
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if shuffler:
        shuffler.shuffle(batches)
    return batches
