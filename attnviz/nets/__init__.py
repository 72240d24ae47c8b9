"""Architectures, one file each, built from layers; NETS is what a card's `net` may name."""

from collections.abc import Iterator, Mapping
from threading import RLock

from attnviz.extras import resolved
from attnviz.nets.base import Decision, Net
from attnviz.nets.drawing import DrawingNet
from attnviz.nets.translator import Translator


class Nets(Mapping[str, type[Net]]):
    """A card's `net` -> its class, which is imported when it is asked for: one of them needs transformers."""

    def __init__(self, rows: dict[str, str]) -> None:
        self._rows = rows
        self._importing = RLock()

    def __getitem__(self, name: str) -> type[Net]:
        with self._importing:  # transformers is not to be imported by two visitors at once
            net: type[Net] = resolved(f"{__name__}.{self._rows[name]}")
        return net

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows


NETS = Nets(
    {
        "bahdanau": "recurrent:BahdanauTranslator",
        "bert-classifier": "bert:BertClassifier",
        "efficientnet-lite": "efficientnet_lite:EfficientNetLite",
        "glimpse": "glimpse:GlimpseClassifier",
        "hard-classifier": "hard_classifier:HardClassifier",
        "luong": "recurrent:LuongTranslator",
        "masked-word": "masked_word:MaskedWord",
        "next-word": "next_word:NextWord",
        "photo-gates": "photo_gates:PhotoGates",
        "photo-hard": "photo_hard:PhotoHard",
        "photo-self": "photo_self:PhotoSelf",
        "photo-soft": "photo_soft:PhotoSoft",
        "resnet": "resnet:ResNet",
        "series-forecaster": "series:SeriesForecaster",
        "soft-classifier": "soft_classifier:SoftClassifier",
        "transformer": "transformer:Transformer",
        "vit": "vit:VisionTransformer",
    }
)

__all__ = ["NETS", "Decision", "DrawingNet", "Net", "Translator"]
