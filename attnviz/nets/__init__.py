"""Architectures, one file each, built from layers; NETS is what a card's `net` may name."""

from attnviz.nets.base import Decision, Net
from attnviz.nets.bert import BertClassifier
from attnviz.nets.cbam_resnet import CbamResNet

NETS: dict[str, type[Net]] = {
    "bert-classifier": BertClassifier,
    "cbam-resnet": CbamResNet,
}

__all__ = ["NETS", "BertClassifier", "CbamResNet", "Decision", "Net"]
