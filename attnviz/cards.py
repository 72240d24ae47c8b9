"""models/<name>/card.toml -> ModelCard: what a model is, what goes in, what comes out, and the checksums of its files."""

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attnviz.errors import AttnvizError, CardError, WeightsError
from attnviz.paths import MODELS

CARD = "card.toml"
# What a card must hold, and what its table for its kind of input must.
REQUIRED = {
    "title": str, "summary": str, "task": str, "input": str, "labels": list, "net": str, "licence": str,
    "config": dict, "files": dict,
}  # fmt: skip
INPUTS = {"text": ("max_tokens",), "image": ("size", "mean", "std")}


@dataclass(frozen=True)
class ModelCard:
    """A model's card. `text` or `image` holds the options of the border that its input comes through,
    `config` the arguments of its net, `files` the sha256 of every file that is read."""

    name: str
    folder: Path
    title: str
    summary: str
    task: str
    input: str
    labels: tuple[str, ...]
    net: str
    licence: str
    config: dict[str, Any]
    files: dict[str, str]
    text: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """The path of one of the card's files, after its checksum was found right; WeightsError otherwise."""
        path = self.folder / name
        if name not in self.files:
            raise CardError(
                f"the card of {self.name} names no file {name}", f"add its sha256 under [files] in {self.folder / CARD}"
            )
        if not path.is_file():
            raise WeightsError(f"{self.name} cannot be loaded: the file {name} is missing", "fetch the project's models again")
        found = sha256(path)
        if found != self.files[name]:
            raise WeightsError(
                f"{self.name} cannot be loaded: the file {name} is damaged or altered "
                f"(sha256 {found[:8]}..., the card says {self.files[name][:8]}...)",
                "fetch the project's models again",
            )
        return path


def read_card(folder: Path) -> ModelCard:
    """The card in a folder; CardError where it is missing, not TOML, or lacks what it needs."""
    path = Path(folder) / CARD
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CardError(f"there is no {CARD} in {folder}", "name a folder that holds a model") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CardError(f"{path} is not readable as TOML: {error}", "mend the file") from None
    _check(raw, path)
    known = {key: raw[key] for key in (*REQUIRED, "text", "image") if key in raw}
    return ModelCard(name=path.parent.name, folder=path.parent, **{**known, "labels": tuple(raw["labels"])})


def _check(raw: dict[str, Any], path: Path) -> None:
    missing = [key for key in REQUIRED if key not in raw]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")
    for key, kind in REQUIRED.items():
        if not isinstance(raw[key], kind):
            raise CardError(f"{path} has {key} = {raw[key]!r}, which is no {kind.__name__}", "mend the file")
    if raw["input"] not in INPUTS:
        raise CardError(f"{path} has input = {raw['input']!r}", f"known are {', '.join(INPUTS)}")
    missing = [f"{raw['input']}.{key}" for key in INPUTS[raw["input"]] if key not in raw.get(raw["input"], {})]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")


def find_card(name: str, models: Path = MODELS) -> ModelCard:
    """The card of a shipped model by name, or of any folder by its path."""
    for folder in (models / name, Path(name)):
        if (folder / CARD).is_file():
            return read_card(folder)
    shipped = ", ".join(card.name for card in all_cards(models)[0])
    raise CardError(f"there is no model called {name!r}", f"shipped are {shipped or 'none'}")


def all_cards(models: Path = MODELS) -> tuple[list[ModelCard], list[AttnvizError]]:
    """Every card that can be read, by name, and an error for every one that cannot."""
    cards: list[ModelCard] = []
    errors: list[AttnvizError] = []
    for folder in sorted(models.glob("*/")):
        try:
            cards.append(read_card(folder))
        except CardError as error:
            errors.append(error)
    return cards, errors


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
