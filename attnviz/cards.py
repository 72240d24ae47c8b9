"""models/<name>/card.toml -> ModelCard: what a model is, what goes in, what comes out, and the checksums of its files."""

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attnviz.errors import AttnvizError, CardError, WeightsError
from attnviz.paths import MODELS

CARD = "card.toml"
# What a card must hold, by its source, and what its table for its kind of input must.
COMMON: dict[str, type] = {"title": str, "summary": str, "task": str, "input": str, "licence": str}
REQUIRED: dict[str, type] = {**COMMON, "labels": list, "net": str, "config": dict, "files": dict}
SOURCES: dict[str, dict[str, type]] = {
    "own": REQUIRED,
    "hub": {**COMMON, "repository": str, "revision": str},
    "folder": {**COMMON, "path": str},
}
OPTIONAL: dict[str, type] = {"text": dict, "image": dict, "series": dict, "labels": list, "files": dict, "megabytes": int}
INPUTS = {"text": ("max_tokens",), "image": ("size", "mean", "std"), "series": ("past", "ahead", "least")}
# What models of others may be asked, and what they take.
TASKS = {
    "text-classification": "text", "masked-word": "text", "next-word": "text", "text-encoder": "text",
    "image-classification": "image", "image-encoder": "image",
}  # fmt: skip
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ModelCard:
    """A model's card. `text`, `image` or `series` holds the options of the border that its input comes through.

    `source` is "own" for a net of attnviz: `config` holds its arguments, `files` the sha256 of every file that is read.
    "hub" is a `repository` of the Hugging Face hub at the full commit `revision`, some `megabytes` to fetch; "folder" is
    the transformers folder at `path`, seen from the card. What such a card leaves out is read beside the weights.
    """

    name: str
    folder: Path
    title: str
    summary: str
    task: str
    input: str
    licence: str
    labels: tuple[str, ...] = ()
    net: str = ""
    source: str = "own"
    repository: str = ""
    revision: str = ""
    path: str = ""
    megabytes: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Any] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """The path of one of the card's files, after its checksum was found right; WeightsError otherwise."""
        if name not in self.files:
            raise CardError(
                f"the card of {self.name} names no file {name}", f"add its sha256 under [files] in {self.folder / CARD}"
            )
        return self.verified(self.folder, name)

    def verified(self, folder: Path, name: str) -> Path:
        """The path of a file in `folder`, after its checksum was found to be the card's; WeightsError otherwise."""
        path = folder / name
        if not path.is_file():
            raise WeightsError(f"{self.name} cannot be loaded: the file {name} is missing", self._again)
        found = sha256(path)
        if found != self.files[name]:
            raise WeightsError(
                f"{self.name} cannot be loaded: the file {name} is damaged or altered "
                f"(sha256 {found[:8]}..., the card says {self.files[name][:8]}...)",
                self._again,
            )
        return path

    @property
    def _again(self) -> str:
        return "fetch the project's models again" if self.source == "own" else "fetch the model again"


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
    keys = (*SOURCES[raw.get("source", "own")], *OPTIONAL, "source")
    known = {key: raw[key] for key in keys if key in raw} | {"labels": tuple(raw.get("labels", ()))}
    return ModelCard(name=path.parent.name, folder=path.parent, **known)


def _check(raw: dict[str, Any], path: Path) -> None:
    source = raw.get("source", "own")
    if source not in SOURCES:
        raise CardError(f"{path} has source = {source!r}", f"known are {', '.join(SOURCES)}")
    _check_keys(raw, SOURCES[source], path)
    if raw["input"] not in INPUTS:
        raise CardError(f"{path} has input = {raw['input']!r}", f"known are {', '.join(INPUTS)}")
    options = raw.get(raw["input"], None if source == "own" else dict.fromkeys(INPUTS[raw["input"]]))
    missing = [f"{raw['input']}.{key}" for key in INPUTS[raw["input"]] if key not in (options or {})]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")
    if source != "own":
        _check_foreign(raw, path)


def _check_keys(raw: dict[str, Any], required: dict[str, type], path: Path) -> None:
    missing = [key for key in required if key not in raw]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")
    for key, kind in {**OPTIONAL, **required}.items():
        if key in raw and not isinstance(raw[key], kind):
            raise CardError(f"{path} has {key} = {raw[key]!r}, which is no {kind.__name__}", "mend the file")


def _check_foreign(raw: dict[str, Any], path: Path) -> None:
    if raw["task"] not in TASKS:
        raise CardError(f"{path} has task = {raw['task']!r}", f"known for models of others are {', '.join(TASKS)}")
    if raw["input"] != TASKS[raw["task"]]:
        raise CardError(f"{path} has input = {raw['input']!r}, but {raw['task']} takes {TASKS[raw['task']]}", "mend the file")
    if raw["source"] == "hub" and not REPOSITORY.fullmatch(raw["repository"]):
        raise CardError(f"{path} has repository = {raw['repository']!r}", 'write it as "owner/name"')
    if raw["source"] == "hub" and not COMMIT.fullmatch(raw["revision"]):
        raise CardError(f"{path} has revision = {raw['revision']!r}", "pin the full commit, 40 letters and digits")


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
