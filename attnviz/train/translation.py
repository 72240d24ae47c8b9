"""The recipe of the translate-... models: French to English on Tatoeba's short sentences, Muon for matrices, AdamW for the rest.

What is learned are lessons made from the pairs: as they are, with names and numbers exchanged and spelled, several in one; with a
loss on the attention beside that on the words (see lessons.py, spelling.py, guided.py and book.py). Label smoothing, a learning
rate that rises for a while and falls to nothing, last weights shipped. Now and then a source loses its capital or its full stop,
because people type without. The dev split decides nothing.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from attnviz.cards import ModelCard
from attnviz.nets import NETS
from attnviz.nets.translator import PAD, Translator
from attnviz.train import book, guided
from attnviz.train.book import Book, Page
from attnviz.train.loop import Run, descend
from attnviz.train.muon import Stacked
from attnviz.train.schedule import Optimizers

SMOOTHING = 0.1
WEIGHT_DECAY = 0.05
EVAL_BATCH = 256
# How much the loss on the attention counts beside that on the words.
GUIDED = 0.3
# Rounds of lessons that are made; longer trainings go through them again.
ROUNDS = 4

# On a CPU the backward pass of fused attention is slow; on a GPU cuDNN's would be planned anew for each of many shapes.
KERNELS = {
    "cpu": [SDPBackend.MATH],
    "cuda": [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH],
}


class Schedule(NamedTuple):
    """What differs between the models: rounds of lessons, lessons in a batch, the highest learning rate."""

    epochs: int
    batch: int
    rate: float


SCHEDULES = {
    "translate-bahdanau": Schedule(9, 512, 2e-3),
    "translate-local": Schedule(12, 512, 2e-3),
    "translate-luong": Schedule(12, 512, 2e-3),
    "translate-transformer": Schedule(12, 512, 2e-3),
}


class Batch(NamedTuple):
    """Ids (batch, source), True at real ones, ids (batch, target), and True where linked (batch, target - 1, source)."""

    source: Tensor
    mask: Tensor
    target: Tensor
    links: Tensor


class TranslationRun(Run):
    """Training as `attnviz.train.loop.fit` drives it; `lessons` where they are written already."""

    def __init__(self, card: ModelCard, data: Path, device: str, lessons: Book | None = None) -> None:
        self.schedule = SCHEDULES[card.name]
        self.epochs, self.device = self.schedule.epochs, torch.device(device)
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
        sizes = card.config["source_size"], card.config["target_size"]
        self.book = lessons or book.write(data, sizes, min(ROUNDS, self.epochs), torch.get_num_threads() - 1)
        self.net = self._translator(card)
        self.reach: float | None = card.config.get("reach")
        self.optimizers = self._optimizers()
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def _translator(self, card: ModelCard) -> Translator:
        net = NETS[card.net](**card.config).to(self.device)
        assert isinstance(net, Translator)
        return net

    def _optimizers(self) -> Optimizers:
        matrices, rest = split_parameters(self.net)
        rate = self.schedule.rate
        muon = Stacked(matrices, lr=rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
        adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        return Optimizers((muon, adam), self.schedule.epochs * self.steps())

    def steps(self) -> int:
        return -(-book.ROUND // self.schedule.batch)

    def batches(self, epoch: int) -> Iterator[Batch]:
        lessons = self.book.rounds[epoch % len(self.book.rounds)]
        return map(self._tensors, lessons.alike(self.schedule.batch, np.random.default_rng(epoch)))

    def step(self, batch: Batch) -> Tensor:
        self.net.train()
        with self._precision():
            loss = self._loss(batch)
        return descend(self.net, loss, self.optimizers)

    def _precision(self) -> AbstractContextManager[object]:
        """bfloat16 where it is safe, attention where it is fast.

        On a GPU a GRU under autocast computes in float16, whatever was asked for, and loses small gradients, so it stays in TF32.
        """
        if self.device.type == "cuda" and any(isinstance(module, nn.GRU) for module in self.net.modules()):
            return nullcontext()
        precision = ExitStack()
        precision.enter_context(torch.autocast(self.device.type, torch.bfloat16))
        precision.enter_context(sdpa_kernel(KERNELS[self.device.type]))
        return precision

    @torch.no_grad()
    def validate(self) -> float:
        """The share of dev tokens that are the most probable ones after those before them."""
        self.net.eval()
        right = total = 0
        for batch in map(self._tensors, self.book.held_out.alike(EVAL_BATCH)):
            hits = self.net(batch.source, batch.mask, batch.target[:, :-1]).argmax(-1) == batch.target[:, 1:]
            real = batch.target[:, 1:] != PAD
            right, total = right + int((hits & real).sum()), total + int(real.sum())
        return right / total

    def network(self) -> nn.Module:
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        self.book.source.save(str(out / "source.json"))
        self.book.target.save(str(out / "target.json"))

    def _loss(self, batch: Batch) -> Tensor:
        with guided.watched(self.net) as looks:
            logits = self.net(batch.source, batch.mask, batch.target[:, :-1])
        wanted = batch.target[:, 1:]
        words = F.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten(), ignore_index=PAD, label_smoothing=SMOOTHING)
        return words + GUIDED * guided.loss(looks, batch.links, batch.mask.sum(1), self.reach)

    def _tensors(self, page: Page) -> Batch:
        links = torch.zeros(len(page.source), page.target.shape[1] - 1, page.source.shape[1], dtype=torch.bool)
        links[page.linked] = True
        source, target = (self._moved(torch.from_numpy(ids)) for ids in (page.source, page.target))
        return Batch(source, source != PAD, target, self._moved(links))

    def _moved(self, table: Tensor) -> Tensor:
        """On the device, without waiting for it."""
        return table.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else table


def split_parameters(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices between layers, and everything else: embeddings, biases, norms."""
    embeddings = {id(module.weight) for module in net.modules() if isinstance(module, nn.Embedding)}
    matrices = [p for p in net.parameters() if p.ndim == 2 and min(p.shape) > 1 and id(p) not in embeddings]
    chosen = {id(p) for p in matrices}
    return matrices, [p for p in net.parameters() if id(p) not in chosen]
