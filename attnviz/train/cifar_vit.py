"""The recipe of cifar-vit: the stem of cifar-cbam, answers of cifar-cbam to learn from, Muon for matrices, AdamW for the rest.

Half of each target is the label, half what the teacher says about the photo, mirrored as the learner sees it but not shifted
(Hinton et al., 2015, arXiv:1503.02531; Touvron et al., 2021, arXiv:2012.12877). The teacher is asked once, before the first step.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import trange

from attnviz.cards import ModelCard
from attnviz.load import load
from attnviz.nets.resnet import ResNet
from attnviz.nets.vit import VisionTransformer
from attnviz.train import cifar
from attnviz.train.cifar import CifarRun, borrow, flipped
from attnviz.train.muon import Muon
from attnviz.train.schedule import learning
from attnviz.train.teacher import Lessons
from attnviz.train.written import WrittenOut

TEMPERATURE = 2.0
HUMAN = 0.5  # share of the target that is the label
WEIGHT_DECAY = 0.05


class VitRun(CifarRun):
    """Training as `attnviz.train.loop.fit` drives it; the stem is frozen."""

    net: VisionTransformer

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        self.lessons = Lessons(lambda: taught(self.teacher(), self.images))
        self.state = {**self.state, "lessons": self.lessons}

    def begin(self) -> None:
        """The stem of the teacher, frozen."""
        shared = self.teacher()
        borrow(self.net.stem, shared.stem)
        borrow(self.net.down, shared.stages[0].get_submodule("down"))
        self.net.stem.requires_grad_(False)
        self.net.down.requires_grad_(False)

    def teacher(self) -> ResNet:
        """The shipped model whose stem is shared and whose answers are learned from."""
        net = load(self.schedule.begin)
        assert isinstance(net, ResNet)
        return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def parts(self) -> list[torch.optim.Optimizer]:
        matrices, rest = split_parameters(self.net)
        return [
            Muon([self.net.patch.get_parameter("0.weight")], lr=self.schedule.muon_rate),
            torch.optim.Muon(matrices, lr=self.schedule.adam_rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=self.schedule.adam_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def targets(self, chosen: Tensor, flip: Tensor) -> Tensor:
        """(photo, label) of probabilities: label and teacher mixed."""
        answers = self.lessons.get()[flip.long(), chosen].to(self.device)
        labels = F.one_hot(self.labels[chosen], answers.shape[-1])
        return HUMAN * labels + (1 - HUMAN) * (answers / TEMPERATURE).softmax(-1)

    def loss(self, images: Tensor, targets: Tensor) -> Tensor:
        self.net.down.eval()
        with torch.autocast(self.device, torch.bfloat16), WrittenOut():
            logits = self.net(images)
        return F.cross_entropy(logits.float(), targets)


@torch.no_grad()
def taught(net: nn.Module, images: Tensor) -> Tensor:
    """What a teacher says about photos as they are and mirrored: logits (2, photo, label)."""
    net.to(images.device)
    answers = []
    for start in trange(0, len(images), cifar.EVAL_BATCH, desc="teacher", mininterval=5):
        photos = images[start : start + cifar.EVAL_BATCH]
        both = torch.cat([photos, flipped(photos, torch.ones(len(photos), dtype=torch.bool))])
        with torch.autocast(images.device.type, torch.bfloat16):
            answers.append(net(both).float().view(2, len(photos), -1).cpu())
    return torch.cat(answers, dim=1)


def split_parameters(net: VisionTransformer) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices of the encoder, and everything else that learns but the convolution of the patches."""
    own = {name: p for name, p in learning(net).items() if p.ndim < 4}
    matrices = [p for name, p in own.items() if name.startswith("encoder.") and p.ndim == 2]
    chosen = {id(p) for p in matrices}
    return matrices, [p for p in own.values() if id(p) not in chosen]
