"""What config.json and the files beside it say about a model: its task, labels, and what its input is made of."""

from collections import Counter
from pathlib import Path
from typing import Any

from attnviz.cards import TASKS
from attnviz.encode.image import RESAMPLE
from attnviz.encode.text import MAX_TOKENS
from attnviz.errors import CardError
from attnviz.foreign.files import BESIDE, CONFIG, read_json

# The end of an architecture's name, and the task; a bare encoder's depends on what it takes.
ENDINGS = {
    "ForSequenceClassification": "text-classification",
    "ForImageClassification": "image-classification",
    "ForImageClassificationWithTeacher": "image-classification",
    "ForMaskedLM": "masked-word",
    "LMHeadModel": "next-word",
    "ForCausalLM": "next-word",
}
ENCODERS = {kind: task for task, kind in TASKS.items() if task.endswith("-encoder")}
POSITIONS = ("max_position_embeddings", "n_positions", "n_ctx")
FEWEST, UNLIMITED, ASSUMED = 2, 1_000_000, 512
# What a family of processors does where its file does not say.
USUAL = {"ViT": 2, "DeiT": 3, "Bit": 3}
# Pillow's numbers of its filters, which transformers writes into its files.
FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
LARGEST_SIDE = 1024


def config_of(folder: Path) -> dict[str, Any]:
    """config.json; CardError where the model brings code of its own, which is never run."""
    config = read_json(folder / CONFIG)
    if config.get("auto_map"):
        raise CardError(
            f"{CONFIG} names code of its own (auto_map), and code of a model is never run",
            "choose a model whose architecture is part of transformers",
        )
    return config


def task_of(config: dict[str, Any]) -> str:
    """The task from the architecture; CardError where it is none of those known."""
    names = [str(name) for name in config.get("architectures") or []]
    if config.get("is_encoder_decoder") or "vision_config" in config or "text_config" in config:
        raise CardError(f"{names[0] if names else 'the model'} has two towers, or an encoder and a decoder", _known())
    for name in names:
        for ending, task in ENDINGS.items():
            if name.endswith(ending):
                return task
        if name.endswith("Model"):
            return ENCODERS["image" if "patch_size" in config or "image_size" in config else "text"]
    raise CardError(f"{CONFIG} names the architecture {', '.join(names) or 'of nothing'}", _known())


def _known() -> str:
    return "known are encoders, and " + ", ".join(dict.fromkeys(task for task in ENDINGS.values()))


def labels_of(config: dict[str, Any], card: str) -> tuple[str, ...]:
    """Names of the outputs in order, each of them once: what is there twice gets its number behind it."""
    named = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    if not isinstance(named, dict) or {str(key) for key in named} != {str(i) for i in range(len(named))}:
        raise CardError(f"{CONFIG} of {card} has an id2label that does not count from 0", "mend it, or write labels in the card")
    names = [str(named.get(str(i), named.get(i))) for i in range(len(named))]
    often = Counter(names)
    return tuple(f"{name} ({i})" if often[name] > 1 else name for i, name in enumerate(names))


def text_options(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """`max_tokens`: as many as there are positions, or as the tokenizer says where that is less."""
    named = [int(config[key]) for key in POSITIONS if isinstance(config.get(key), int)]
    if "roberta" in str(config.get("model_type")) and named:  # its first positions are used up by padding
        named = [min(named) - int(config.get("pad_token_id") or 0) - 1]
    tokenizer = folder / "tokenizer_config.json"
    if tokenizer.is_file():
        length = read_json(tokenizer).get("model_max_length")
        named += [int(length)] if isinstance(length, (int, float)) and length < UNLIMITED else []
    return {"max_tokens": max(FEWEST, min([*named, MAX_TOKENS] if named else [ASSUMED]))}


def image_options(folder: Path) -> dict[str, Any]:
    """`size`, `resize`, `mean`, `std` and `resample` from preprocessor_config.json; CardError where it asks for something else."""
    raw = read_json(folder / BESIDE["image"])
    try:
        resize, cut = _side(raw.get("size")), _side(raw.get("crop_size"))
        size = cut if raw.get("do_center_crop") and cut else resize
        normal = raw.get("do_normalize", True)
        return checked_image({
            "size": size, "resize": max(resize, size) if raw.get("do_resize", True) else size,
            "mean": list(raw["image_mean"]) if normal else [0.0] * 3,
            "std": list(raw["image_std"]) if normal else [1.0] * 3,
            "resample": FILTERS[int(raw.get("resample", USUAL.get(_family(raw), -1)))],
            "rescale": raw.get("rescale_factor", 1 / 255) if raw.get("do_rescale", True) else 1,
        })  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise CardError(
            f"{BESIDE['image']} does not say how to prepare a photo ({error})", "write [image] with size, mean and std in the card"
        ) from None


def _family(raw: dict[str, Any]) -> str:
    """ "ViTImageProcessor" or, as it was called, "ViTFeatureExtractor" -> "ViT"."""
    name = str(raw.get("image_processor_type") or raw.get("feature_extractor_type") or "")
    return name.partition("ImageProcessor")[0].partition("FeatureExtractor")[0]


def _side(size: Any) -> int:
    """224, {"height": 224, "width": 224} or {"shortest_edge": 224} -> 224."""
    if isinstance(size, dict):
        sides = {int(size[key]) for key in ("height", "width", "shortest_edge") if key in size}
        if len(sides) != 1:
            raise ValueError(f"size = {size}")
        return sides.pop()
    return int(size or 0)


def checked_image(options: dict[str, Any]) -> dict[str, Any]:
    """Options for encode_image; CardError where they cannot be kept."""
    size, resize = options["size"], options.get("resize", options["size"])
    whole = all(isinstance(side, int) and 1 <= side <= LARGEST_SIDE for side in (size, resize))
    three = all(
        len(options[key]) == 3 and all(isinstance(value, (int, float)) for value in options[key]) for key in ("mean", "std")
    )
    if not whole or resize < size or not three or 0 in options["std"]:
        raise CardError(f"a photo cannot be prepared with {options}", f"sides go up to {LARGEST_SIDE}, mean and std have 3 numbers")
    if abs(options.get("rescale", 1 / 255) * 255 - 1) > 1e-4:
        raise CardError(f"the model wants pixels times {options['rescale']:.4g}, known is 1 / 255")
    if options.get("resample", "bilinear") not in RESAMPLE:
        raise CardError(f"the card has resample = {options['resample']!r}", f"known are {', '.join(RESAMPLE)}")
    return {key: options[key] for key in ("size", "resize", "mean", "std", "resample") if key in options}


def licence_of(folder: Path) -> str:
    """What the front matter of README.md names, or "unknown"."""
    try:
        lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()[:200]
    except (OSError, UnicodeDecodeError):
        return "unknown"
    named = [line.removeprefix("license:").strip() for line in lines if line.startswith("license:")]
    return named[0] if named and named[0] else "unknown"
