"""Models, folders and maps small enough to be made anew in every test."""

import gzip
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn

from attnviz.cards import sha256
from attnviz.evaluate_series import VARIANTS
from attnviz.maps import AttentionMap
from attnviz.nets import Net
from attnviz.nets.bert import BertClassifier
from attnviz.nets.glimpse import GlimpseClassifier
from attnviz.nets.hard_classifier import HardClassifier
from attnviz.nets.resnet import ResNet
from attnviz.nets.series import SeriesForecaster
from attnviz.nets.soft_classifier import SoftClassifier
from attnviz.nets.vit import VisionTransformer
from attnviz.probe import Probe
from attnviz.weights import Dense

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["a", "b", "good", "bad", "film", "un", "##believ", "##able", "<", ">", "/", "&", ";", ".", "!", "script", "שלום"]
PHOTO = {"labels": 3, "widths": [8, 16], "stem": 54, "reduction": 4}
VIT = {"labels": 3, "width": 16, "heads": 4, "layers": 2, "inner": 24, "stem": 54, "features": 8}
GLIMPSE = {"labels": 3, "patch": 4, "count": 16, "glance": 8, "widths": [8, 16], "reduction": 4}
TEXT = {
    "labels": 2, "vocab_size": len(SPECIAL) + len(WORDS), "hidden_size": 16, "intermediate_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32,
}  # fmt: skip


def photo_net(seed: int = 0, attention: str = "cbam") -> ResNet:
    torch.manual_seed(seed)
    return ResNet(**PHOTO, attention=attention).eval()


def vit_net(seed: int = 0) -> VisionTransformer:
    torch.manual_seed(seed)
    return VisionTransformer(**VIT).eval()


def text_net(seed: int = 0) -> BertClassifier:
    torch.manual_seed(seed)
    return BertClassifier(**TEXT).eval()


def tokenizer() -> Tokenizer:
    """WordPiece as BERT has it, over a handful of words."""
    vocabulary = {word: index for index, word in enumerate(SPECIAL + WORDS)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.add_special_tokens(SPECIAL)
    return made


def write_card(folder: Path, **values: Any) -> None:
    """A card.toml of the given keys; a dictionary becomes a table, None leaves a key out."""
    card = {"title": "Tiny", "summary": "For tests.", "licence": "Apache-2.0", **values}
    plain = [f"{key} = {json.dumps(value)}" for key, value in card.items() if value is not None and not isinstance(value, dict)]
    tables = [
        "\n".join([f"[{key}]", *(f"{json.dumps(name)} = {json.dumps(entry)}" for name, entry in value.items())])
        for key, value in card.items()
        if isinstance(value, dict)
    ]
    (folder / "card.toml").write_text("\n".join([*plain, *tables]) + "\n", encoding="utf-8")


def write_vit_model(folder: Path) -> Path:
    return write_photo_model(folder, module=vit_net(), net="vit", config=VIT)


def write_photo_model(folder: Path, attention: str = "cbam", module: nn.Module | None = None, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    save_file((module or photo_net(attention=attention)).state_dict(), folder / "weights.safetensors")
    card = {
        "task": "photo", "input": "image", "labels": ["cat", "dog", "ship"], "net": "resnet",
        "config": {**PHOTO, "attention": attention},
        "image": {"size": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
        "files": {"weights.safetensors": sha256(folder / "weights.safetensors")},
    }  # fmt: skip
    write_card(folder, **{**card, **changes})
    return folder


def glimpse_net(seed: int = 0) -> GlimpseClassifier:
    """Its scores are spread out, so that some patches are likely and some are not."""
    torch.manual_seed(seed)
    net = GlimpseClassifier(**GLIMPSE).eval()
    net.glance.score.weight.data.mul_(8)
    return net


def write_glimpse_model(folder: Path, **changes: Any) -> Path:
    """A model folder of hard attention over patches of a photo."""
    folder.mkdir(parents=True)
    save_file(glimpse_net().state_dict(), folder / "weights.safetensors")
    card = {
        "task": "photo", "input": "image", "labels": ["cat", "dog", "ship"], "net": "glimpse", "config": GLIMPSE,
        "image": {"size": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
        "files": {"weights.safetensors": sha256(folder / "weights.safetensors")},
    }  # fmt: skip
    write_card(folder, **{**card, **changes})
    return folder


class Looks(Net):
    """One soft look at the places of a photo. No card of the project names it: tests put it among NETS."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 8, 8)
        self.score = nn.Conv2d(6, 1, 1)
        self.look = Probe("soft", "one-look", "softmax", ("key_row", "key_column"), "places")
        self.head = nn.Linear(6, labels)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column) -> logits (batch, label)."""
        features = self.stem(image).relu()
        scores = self.score(features)[:, 0]
        weights = self.look(scores.flatten(1).softmax(-1).view_as(scores))
        logits: Tensor = self.head((features * weights[:, None]).sum((2, 3)))
        return logits


def write_look_model(folder: Path) -> Path:
    """A model folder of `Looks`."""
    torch.manual_seed(0)
    return write_photo_model(folder, module=Looks(3), net="looks", config={"labels": 3})


def write_long_model(folder: Path, max_tokens: int = 32_768) -> Path:
    """A text model of random weights that takes long texts."""
    config = {**TEXT, "max_position_embeddings": max_tokens, "initializer_range": 0.5}
    torch.manual_seed(0)
    return write_text_model(folder, BertClassifier(**config), title="Long", config=config, text={"max_tokens": max_tokens})


def write_text_model(folder: Path, net: BertClassifier | None = None, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    save_file((net or text_net()).state_dict(), folder / "weights.safetensors")
    tokenizer().save(str(folder / "tokenizer.json"))
    names = ("weights.safetensors", "tokenizer.json")
    card = {
        "task": "sentiment", "input": "text", "labels": ["negative", "positive"], "net": "bert-classifier", "config": TEXT,
        "text": {"max_tokens": 12}, "files": {name: sha256(folder / name) for name in names},
    }  # fmt: skip
    write_card(folder, **{**card, **changes})
    return folder


def write_sst(data: Path, **splits: list[str]) -> Path:
    """`<data>/sst/<split>.txt.gz`, one tree a line."""
    (data / "sst").mkdir(parents=True, exist_ok=True)
    for split, trees in splits.items():
        with gzip.open(data / "sst" / f"{split}.txt.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(trees) + "\n")
    return data


def write_cifar10(data: Path, images: np.ndarray, labels: list[int], split: str = "test", mosaics: int = 1) -> Path:
    """`<data>/cifar10/`: (image, 32, 32, 3) bytes as mosaics of 100 tiles a row, and the labels."""
    folder = data / "cifar10"
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(np.split(images, mosaics)):
        rows = [np.concatenate(part[start : start + 100], axis=1) for start in range(0, len(part), 100)]
        Image.fromarray(np.concatenate(rows)).save(folder / f"{split}_{number}.png")
    (folder / "labels.json").write_text(json.dumps({f"{split}_labels": "".join(map(str, labels))}))
    return data


def jpeg(pixels: np.ndarray) -> bytes:
    """(row, column) or (row, column, 3) as a file."""
    made = BytesIO()
    Image.fromarray(pixels).save(made, "JPEG")
    return made.getvalue()


def webp(pixels: np.ndarray) -> bytes:
    """(row, column) or (row, column, 3) as a file."""
    made = BytesIO()
    Image.fromarray(pixels).save(made, "WEBP")
    return made.getvalue()


def write_photos(data: Path, caltech: dict[str, int], flowers: dict[str, int]) -> Path:
    """`<data>/caltech101/` and `<data>/flowers5/`: so many photos of 24 x 32 pixels a folder, each third one grey."""
    random = np.random.default_rng(0)
    for archive, classes in {"caltech101/images_224.zip": caltech, "flowers5/flowers_224.zip": flowers}.items():
        path = data / archive
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as file:
            for folder, count in classes.items():
                for i in range(count):
                    shape = (24, 32, 3) if i % 3 else (24, 32)
                    name = f"{folder}/image_{i:04d}.webp"
                    file.writestr(name if caltech is classes else f"train/{name}", webp(random.integers(0, 256, shape, np.uint8)))
    return data


def write_boxes(data: Path, boxes: dict[str, tuple[int, ...]]) -> Path:
    """`<data>/caltech101/boxes.csv`: file -> x0, y0, x1, y1, width and height of the photo before it was made smaller."""
    lines = [",".join(map(str, (file, file.split("/")[0], *numbers))) for file, numbers in boxes.items()]
    (data / "caltech101" / "boxes.csv").write_text("\n".join(["file,class,x0,y0,x1,y1,orig_w,orig_h", *lines]) + "\n")
    return data


class Emitter(nn.Module):
    """A layer that passes its input through a probe: what goes in is what it says it attended to."""

    def __init__(self, norm: Any = "softmax", axes: tuple[str, ...] = ("query", "key")) -> None:
        super().__init__()
        self.probe = Probe("soft", "made-up", norm, axes)

    def forward(self, weights: Tensor) -> Tensor:
        return self.probe(weights)


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    """Random float32 weights whose last axis sums to 1."""
    weights = np.random.default_rng(seed).random(shape) ** 4
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def attention(weights: Any, labels: tuple[str, ...] | None = None, **changes: Any) -> AttentionMap:
    """A map over (query, key), or over (head, query, key) where the weights have three axes."""
    array = np.asarray(weights, dtype=np.float32)
    axes = ("head", "query", "key")[-array.ndim :]
    named = {"query": labels, "key": labels} if labels else {}
    given = {"layer": "layer.0", "kind": "self", "mechanism": "multi-head", "norm": "softmax", "axes": axes, "labels": named}
    return AttentionMap(**{**given, "weights": Dense(array), **changes})


def gates(values: Any) -> AttentionMap:
    """A map of sigmoid gates over (row, column), or over (channel,) where there is one axis."""
    array = np.asarray(values, dtype=np.float32)
    axes = ("row", "column") if array.ndim == 2 else ("channel",)
    kind = "spatial" if array.ndim == 2 else "channel"
    return AttentionMap(layer="stage.cbam", kind=kind, mechanism=f"cbam-{kind}", norm="sigmoid", axes=axes, weights=Dense(array))


SENTENCE = {"labels": 2, "vocab_size": 40, "embedding": 8, "inputs": 6, "hidden": 5}


def soft_net(seed: int = 0) -> SoftClassifier:
    torch.manual_seed(seed)
    return SoftClassifier(**SENTENCE).eval()


def hard_net(seed: int = 7) -> HardClassifier:
    """Its scores are spread out, and with this seed some words are picked and some are not."""
    torch.manual_seed(seed)
    net = HardClassifier(**SENTENCE).eval()
    nn.init.normal_(net.embedding.weight, std=3)
    net.selector.score.weight.data.mul_(8)
    return net


def plain_tokenizer() -> Tokenizer:
    """Lower-case words over a handful of pieces, without special tokens."""
    made = Tokenizer(models.WordPiece({piece: index for index, piece in enumerate(["[PAD]", *WORDS])}, unk_token="b"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def write_sentence_model(folder: Path, kind: str, **changes: Any) -> Path:
    """A model folder of the "soft" or the "hard" net."""
    folder.mkdir(parents=True)
    save_file((soft_net() if kind == "soft" else hard_net()).state_dict(), folder / "weights.safetensors")
    plain_tokenizer().save(str(folder / "tokenizer.json"))
    names = ("weights.safetensors", "tokenizer.json")
    card = {
        "task": "sentiment", "input": "text", "labels": ["negative", "positive"], "net": f"{kind}-classifier", "config": SENTENCE,
        "text": {"max_tokens": 32, "word_ids": kind == "hard"}, "files": {name: sha256(folder / name) for name in names},
    }  # fmt: skip
    write_card(folder, **{**card, **changes})
    return folder


SERIES = {"width": 12, "heads": 2, "ahead": 3, "longest": 12}


def write_series_model(folder: Path, **changes: Any) -> Path:
    """A forecaster of random weights, with the further weights of its card."""
    folder.mkdir(parents=True)
    for seed, (file, attention) in enumerate(VARIANTS.items()):
        torch.manual_seed(seed)
        save_file(SeriesForecaster(**SERIES, attention=attention).state_dict(), folder / file)
    card = {
        "task": "forecast", "input": "series", "labels": [], "net": "series-forecaster", "config": SERIES,
        "series": {"past": 12, "ahead": 3, "least": 4}, "files": {file: sha256(folder / file) for file in VARIANTS},
    }  # fmt: skip
    write_card(folder, **{**card, **changes})
    return folder


def write_series(data: Path, steps: int = 120) -> Path:
    """`<data>/nab/nyc_taxi.csv.gz` and `<data>/ett/ETTh1.csv.gz`, made up."""
    random = np.random.default_rng(0)
    for file, head, value in (("nab/nyc_taxi.csv.gz", "timestamp,value", "{}"), ("ett/ETTh1.csv.gz", "date,HUFL,OT", "0,{}")):
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        numbers = 50 + 20 * np.sin(np.arange(steps) * np.pi / 3) + random.normal(0, 1, steps)
        with gzip.open(data / file, "wt", encoding="utf-8") as lines:
            lines.write("\n".join([head, *(f"step {i},{value.format(number)}" for i, number in enumerate(numbers))]))
    return data
