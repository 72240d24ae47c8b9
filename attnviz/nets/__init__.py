"""Architectures, one file each, built from layers; NETS is what a card's `net` may name."""

from attnviz.nets.base import Decision, Net
from attnviz.nets.bert import BertClassifier
from attnviz.nets.drawing import DrawingNet
from attnviz.nets.glimpse import GlimpseClassifier
from attnviz.nets.hard_classifier import HardClassifier
from attnviz.nets.photo_resnet import PhotoResNet
from attnviz.nets.recurrent import BahdanauTranslator, LuongTranslator
from attnviz.nets.resnet import ResNet
from attnviz.nets.series import SeriesForecaster
from attnviz.nets.soft_classifier import SoftClassifier
from attnviz.nets.transformer import Transformer
from attnviz.nets.translator import Translator
from attnviz.nets.vit import VisionTransformer

NETS: dict[str, type[Net]] = {
    "bahdanau": BahdanauTranslator,
    "bert-classifier": BertClassifier,
    "glimpse": GlimpseClassifier,
    "hard-classifier": HardClassifier,
    "luong": LuongTranslator,
    "photo-resnet": PhotoResNet,
    "resnet": ResNet,
    "series-forecaster": SeriesForecaster,
    "soft-classifier": SoftClassifier,
    "transformer": Transformer,
    "vit": VisionTransformer,
}

__all__ = [
    "NETS",
    "BahdanauTranslator",
    "BertClassifier",
    "Decision",
    "DrawingNet",
    "GlimpseClassifier",
    "HardClassifier",
    "LuongTranslator",
    "Net",
    "PhotoResNet",
    "ResNet",
    "SeriesForecaster",
    "SoftClassifier",
    "Transformer",
    "Translator",
    "VisionTransformer",
]
