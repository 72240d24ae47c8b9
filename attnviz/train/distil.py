"""What the recipes of the recurrent sentence classifiers share: phrases, a teacher, averaged weights.

The phrases are those of the SST training trees, longer neutral ones too, for which the teacher (`sentiment-minilm`) alone has an
answer.
"""

import random
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from attnviz.cards import ModelCard
from attnviz.data import sst
from attnviz.nets import NETS
from attnviz.train.loop import Run, seed_everything
from attnviz.train.sentiment_minilm import Best
from attnviz.train.teacher import TextLessons

SEED = 0
BATCH = 256
WARMUP = 0.05
HUMAN = 0.5  # share of the target that people gave, where they did; the rest is the teacher's
DROPPED_WORD = 0.1
NEUTRAL_WORDS = 4  # shorter neutral phrases say nothing that longer ones do not

Batch = tuple[dict[str, Tensor], Tensor]
Tokens = tuple[list[int], list[int]]  # of a text, and the number of each one's word


class Distilled(Run):
    """Training as `attnviz.train.loop.fit` drives it; a recipe adds vocabulary, first weights, loss and how it decides."""

    rate = 2e-3
    averaging = 0.998  # how much of the running average is kept at a step

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        seed_everything(SEED)
        self.device = device
        rated = dict(phrase for tree in sst.read_trees(data, "train") for phrase in sst.phrases(tree))
        telling = {text: rating for text, rating in rated.items() if self.tells(text, rating)}
        self.ratings = list(telling.values())
        self.lessons = TextLessons(list(telling))
        self.tokenizer = self.make_tokenizer(card, data)
        self.texts = [self.encoded(text) for text in telling]
        self.words = {text: rating for text, rating in rated.items() if " " not in text}
        self.held_out = sst.sentences(data, "dev")
        self.net = NETS[card.net](**card.config)
        self.begin()
        self.net.to(device)
        self.helper = self.make_helper().to(device)
        self.ema = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(self.averaging))  # type: ignore[no-untyped-call]
        self.optimizer = torch.optim.AdamW(
            [*self.net.parameters(), *self.helper.parameters()], lr=self.rate, weight_decay=1e-2, fused=True
        )
        self.total = self.epochs * self.steps()
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.slope)
        self.best = Best()
        self.state = {
            "lessons": self.lessons, "net": self.net, "helper": self.helper, "ema": self.ema, "optimizer": self.optimizer,
            "schedule": self.schedule, "best": self.best,
        }  # fmt: skip

    def tells(self, text: str, rating: int) -> bool:
        """Whether a phrase is trained on."""
        return rating != 2 or len(text.split()) >= NEUTRAL_WORDS

    @abstractmethod
    def make_tokenizer(self, card: ModelCard, data: Path) -> Tokenizer:
        """The vocabulary of the card's size."""

    @abstractmethod
    def begin(self) -> None:
        """Sets the first weights of the net where chance is not good enough."""

    def make_helper(self) -> nn.Module:
        """What learns along but is not shipped."""
        return nn.Module()

    def encoded(self, text: str) -> Tokens:
        """Tokens of a text as the vocabulary has them."""
        encoding = self.tokenizer.encode(text)
        return encoding.ids or [0], [word or 0 for word in encoding.word_ids] or [0]

    def slope(self, step: int) -> float:
        """The learning rate's factor at a step: a short rise, then straight down to 0."""
        return triangle(step / self.total)

    def steps(self) -> int:
        return -(-len(self.texts) // BATCH)

    def batches(self, epoch: int) -> Iterator[Batch]:
        return self.mixed(self.texts, self.targets(), BATCH, epoch)

    def mixed(self, texts: Sequence[Tokens], targets: Tensor, size: int, epoch: int) -> Iterator[Batch]:
        """Batches of texts of about one length, in random order, some of their words dropped."""
        shuffler = random.Random(epoch)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i][0]) + 2 * shuffler.random())
        chunks = [order[start : start + size] for start in range(0, len(order), size)]
        shuffler.shuffle(chunks)
        for chunk in chunks:
            yield self.tensors([with_words_dropped(*texts[i], shuffler) for i in chunk]), targets[chunk].to(self.device)

    def targets(self) -> Tensor:
        """(text, label): what people said mixed with what the teacher says, which alone speaks of neutral phrases."""
        teacher = self.lessons.get().softmax(-1)
        ratings = torch.tensor(self.ratings)
        people = F.one_hot((ratings > 2).long(), teacher.shape[1]).float()
        return torch.where((ratings == 2)[:, None], teacher, HUMAN * people + (1 - HUMAN) * teacher)

    def tensors(self, texts: Sequence[Tokens]) -> dict[str, Tensor]:
        """A padded batch: (batch, token) `input_ids`, `attention_mask` and `word_ids`."""
        longest = max(len(ids) for ids, _ in texts)
        batch = {key: torch.zeros(len(texts), longest, dtype=torch.long) for key in ("input_ids", "attention_mask", "word_ids")}
        for row, (ids, words) in enumerate(texts):
            batch["input_ids"][row, : len(ids)] = torch.tensor(ids)
            batch["word_ids"][row, : len(ids)] = torch.tensor(words)
            batch["attention_mask"][row, : len(ids)] = 1
        return {key: value.to(self.device) for key, value in batch.items()}

    @abstractmethod
    def loss(self, tensors: dict[str, Tensor], targets: Tensor) -> Tensor:
        """A scalar; `targets` are probabilities (batch, label)."""

    def step(self, batch: Batch) -> Tensor:
        self.net.train()
        loss = self.loss(*batch)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.ema.update_parameters(self.net)
        return loss.detach()

    def network(self) -> nn.Module:
        self.net.load_state_dict(self.best.weights)
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        self.tokenizer.save(str(out / "tokenizer.json"))


def triangle(progress: float) -> float:
    """From 0 to 1 in the first WARMUP of the way, and back to 0 at its end."""
    return min((progress + 1e-4) / WARMUP, max(0.0, 1 - progress) / (1 - WARMUP))


def with_words_dropped(ids: list[int], words: list[int], shuffler: random.Random) -> Tokens:
    """The text without some of its words, by chance; never without all of them."""
    gone = {word for word in set(words) if shuffler.random() < DROPPED_WORD}
    kept = [i for i, word in enumerate(words) if word not in gone]
    return ([ids[i] for i in kept], [words[i] for i in kept]) if kept else (ids, words)
