"""Where the files of such a model lie, what must be there, and what is refused before anything is opened."""

import json
from pathlib import Path
from typing import Any

from attnviz.cards import ModelCard
from attnviz.errors import ExtraMissing, WeightsError
from attnviz.extras import extras
from attnviz.limits import LIMITS

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
BESIDE = {"text": "tokenizer.json", "image": "preprocessor_config.json"}
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".ckpt", ".h5", ".msgpack")


def root(card: ModelCard) -> Path:
    """The folder of a card's files, whether it is there or not."""
    if card.source == "folder":
        return card.folder / Path(card.path).expanduser()
    with extras():
        from huggingface_hub import constants

    name = "--".join(["models", *card.repository.split("/")])
    return Path(constants.HF_HUB_CACHE) / name / "snapshots" / card.revision


def absent(card: ModelCard) -> str:
    """Why a card's model cannot be used now, as a clause; empty where it can. Looks at files and nothing else."""
    if card.source == "own":
        return ""
    try:
        folder = root(card)
    except ExtraMissing as error:
        return f"{error.finding}: {error.cure}"
    if card.source == "hub":
        return "not downloaded yet" if missing(folder, card.input) else ""
    if not folder.is_dir():
        return f"there is no folder {folder}"
    return ", ".join(f"its folder lacks {name}" for name in missing(folder, card.input)[:1])


def missing(folder: Path, kind: str) -> list[str]:
    """Names of files that a model for this kind of input needs and `folder` lacks."""
    wanted = [CONFIG, BESIDE[kind]]
    try:
        wanted += weights(folder)
    except WeightsError:
        wanted.append(WEIGHTS)
    return [name for name in wanted if not (folder / name).is_file()]


def weights(folder: Path) -> list[str]:
    """Names of the files of weights, whether they are there or not; WeightsError where there is nothing but pickles."""
    if (folder / WEIGHTS).is_file():
        return [WEIGHTS]
    if (folder / INDEX).is_file():
        return [INDEX, *shards(read_json(folder / INDEX))]
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    raise no_safetensors(str(folder), names)


def shards(index: dict[str, Any]) -> list[str]:
    """File names in an index of weights; WeightsError where they are none."""
    named = index.get("weight_map")
    names = sorted(set(map(str, named.values()))) if isinstance(named, dict) else []
    if not names or any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
        raise WeightsError(f"{INDEX} names no safetensors beside it", "save the model again with save_pretrained")
    return names


def no_safetensors(where: str, names: list[str]) -> WeightsError:
    """For weights that are there as pickles only, or not at all."""
    pickled = [name for name in names if name.endswith(PICKLED)]
    only = f", only {pickled[0]}, and such a file can run code when it is opened" if pickled else ""
    return WeightsError(
        f"{where} holds no {WEIGHTS}{only}",
        "load it in transformers where you trust it, and save it again with save_pretrained, which writes safetensors",
    )


def read_json(path: Path) -> dict[str, Any]:
    """A table from a JSON file; WeightsError where it is missing, too large, or none."""
    try:
        if path.stat().st_size > LIMITS.config_json_bytes:
            raise WeightsError(f"{path.name} has {path.stat().st_size:,} bytes, the limit is {LIMITS.config_json_bytes:,}")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not readable as JSON ({type(error).__name__})", "fetch or save the model again") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{path} holds no table", "fetch or save the model again")
    return found
