"""models/<name>/card.toml -> ModelCard: what a model is, what goes in, what comes out, and the checksums of its files."""

import hashlib
import math
import os
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from attnviz.damage import damage
from attnviz.errors import AttnvizError, CardError, WeightsError
from attnviz.languages import LANGUAGES
from attnviz.limits import LIMITS
from attnviz.paths import MODELS

CARD = "card.toml"
_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")
SHOWN = 80  # characters of a wrong value
COUNTS = re.compile("layer|depth|block|head|stage")  # what a net has of these, it makes one after the other
# What a card must hold, by its source, and what its table for its kind of input must.
COMMON: dict[str, type] = {"title": str, "summary": str, "task": str, "input": str, "licence": str}
REQUIRED: dict[str, type] = {**COMMON, "labels": list, "net": str, "config": dict, "files": dict}
SOURCES: dict[str, dict[str, type]] = {
    "own": REQUIRED,
    "hub": {**COMMON, "repository": str, "revision": str},
    "folder": {**COMMON, "path": str},
}
OPTIONAL: dict[str, type] = {
    "text": dict, "image": dict, "series": dict, "labels": list, "files": dict, "megabytes": int, "temperature": float,
    "known_from": float,
}  # fmt: skip
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
    `temperature`: what logits are divided by before the softmax, so that probabilities mean what they say.
    `known_from`: the least familiarity (`attnviz.familiar`) of an input that the model knows; none where nobody has fitted it.
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
    temperature: float = 1.0
    known_from: float | None = None
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
        path = self._inside(folder, name)
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

    def _inside(self, folder: Path, name: str) -> Path:
        """The path of a file within `folder`; what lies outside is neither read nor spoken of. The hub's cache is all links."""
        path = folder / name
        within = self.source == "hub" or path.resolve().is_relative_to(folder.resolve())
        if not _plain(name) or not within:
            raise CardError(f"the card of {self.name} names a file outside of its folder", "name files beside the card")
        return path

    @property
    def _again(self) -> str:
        return "fetch the project's models again" if self.source == "own" else "fetch the model again"


def read_card(folder: Path) -> ModelCard:
    """The card in a folder; CardError where it is missing, not TOML, or lacks what it needs, and for whatever else is wrong."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise CardError(f"there is no {CARD} in {folder}", "name a folder that holds a model")
    with damage(f"{path} cannot be read as a card", "mend the file", CardError):
        found = _once(path, version(path))
    if isinstance(found, CardError):
        raise CardError(found.finding, found.cure)
    return found


def version(path: Path) -> tuple[int, ...]:
    """What is another number after a file was written or replaced."""
    told = os.stat(path)
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns


@lru_cache(maxsize=1024)
def _once(path: Path, _: tuple[int, ...]) -> ModelCard | CardError:
    """A card, or what is wrong with it, read once for each version of its file: every run of a page asks for all of them."""
    try:
        with damage(f"{path} cannot be read as a card", "mend the file", CardError):
            return _read(path)
    except CardError as error:
        return CardError(error.finding, error.cure)


def _read(path: Path) -> ModelCard:
    if path.stat().st_size > LIMITS.card_bytes:
        raise CardError(f"{path} has {path.stat().st_size:,} bytes, the limit is {LIMITS.card_bytes:,}", "shorten it")
    try:
        text = path.read_text(encoding="utf-8")
        if _DOTTED.search(text):  # the reader takes the square of them
            raise CardError(f"{path} has names of more than 20 parts", "make it flatter")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise CardError(f"{path} is not readable as TOML: {_short(error)}", "mend the file") from None
    _check_depth(raw, path)
    _check(raw, path)
    keys = (*SOURCES[raw.get("source", "own")], *OPTIONAL, "source")
    known = {key: raw[key] for key in keys if key in raw} | {"labels": tuple(raw.get("labels", ()))}
    return ModelCard(name=path.parent.name, folder=path.parent, **known)


def _check_depth(raw: dict[str, Any], path: Path) -> None:
    """Level by level, since what goes down by calls runs out of stack."""
    level: list[Any] = [raw]
    for _ in range(LIMITS.card_depth):
        level = [
            each for one in level if isinstance(one, (dict, list)) for each in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise CardError(f"{path} has more than {LIMITS.card_depth} tables or lists within each other", "make it flatter")


def _short(value: object) -> str:
    """As it stands, on one line that can be read."""
    text = " ".join((str(value) if isinstance(value, Exception) else repr(value)).split())
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _plain(name: str) -> bool:
    """Whether a name is that of a file beside the card, or in a folder there."""
    parts = name.replace("\\", "/").split("/")
    return name.isprintable() and "" not in parts and ".." not in parts and ":" not in name


def _check(raw: dict[str, Any], path: Path) -> None:
    source = raw.get("source", "own")
    if not isinstance(source, str) or source not in SOURCES:
        raise CardError(f"{path} has source = {_short(source)}", f"known are {', '.join(SOURCES)}")
    _check_keys(raw, SOURCES[source], path)
    if raw["input"] not in INPUTS:
        raise CardError(f"{path} has input = {_short(raw['input'])}", f"known are {', '.join(INPUTS)}")
    for key, kind in {"labels": str, "files": str}.items():
        values = raw.get(key, ())
        if not all(isinstance(each, kind) for each in (values.values() if isinstance(values, dict) else values)):
            raise CardError(f"{path} has {key} that are no text", "mend the file")
    if not all(map(_plain, raw.get("files", ()))):
        raise CardError(f"{path} names a file outside of its folder", "name files beside the card")
    _check_numbers(raw, path)
    options = raw.get(raw["input"], None if source == "own" else dict.fromkeys(INPUTS[raw["input"]]))
    missing = [f"{raw['input']}.{key}" for key in INPUTS[raw["input"]] if key not in (options or {})]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")
    _check_learned(raw.get("text", {}), path)
    if not 0 < raw.get("temperature", 1.0) < math.inf:
        raise CardError(f"{path} has temperature = {raw['temperature']}", "give a number above 0")
    if not math.isfinite(raw.get("known_from", 0.0)):
        raise CardError(f"{path} has known_from = {raw['known_from']}", "give a finite number")
    if source != "own":
        _check_foreign(raw, path)


def _check_numbers(raw: dict[str, Any], path: Path) -> None:
    """Options of the border are numbers above 0, and no number of a net's config is beyond what a net needs."""
    for key in ("max_tokens", "size", "past", "ahead", "least", "words"):
        value = raw.get(str(raw["input"]), {}).get(key, 1)
        if not isinstance(value, int) or not 0 < value <= LIMITS.config_number:
            raise CardError(f"{path} has {raw['input']}.{key} = {_short(value)}", "take a whole number above 0")
    for name, value in raw.get("config", {}).items():
        for each in value if isinstance(value, list) else [value]:
            most = LIMITS.config_layers if COUNTS.search(name) else LIMITS.config_number
            if isinstance(each, int) and each > most:
                raise CardError(f"{path} has config.{name} = {_short(each)}, the limit is {most:,}", "mend the file")


def _check_learned(text: dict[str, Any], path: Path) -> None:
    """What a model of texts learned from, where that is said, and whether its attention was guided."""
    if not isinstance(text.get("learned", ""), str):
        raise CardError(f"{path} has text.learned = {_short(text['learned'])}", "say in words what the model learned from")
    if text.get("language", "en") not in tuple(LANGUAGES):
        raise CardError(f"{path} has text.language = {_short(text['language'])}", f"known are {', '.join(LANGUAGES)}")
    if not isinstance(text.get("guided", False), bool):
        raise CardError(f"{path} has text.guided = {_short(text['guided'])}", "true where the attention was taught what to look at")


def _check_keys(raw: dict[str, Any], required: dict[str, type], path: Path) -> None:
    missing = [key for key in required if key not in raw]
    if missing:
        raise CardError(f"{path} lacks {', '.join(missing)}", "add what is missing")
    for key, kind in {**OPTIONAL, **required}.items():
        if key in raw and not isinstance(raw[key], kind):
            raise CardError(f"{path} has {key} = {_short(raw[key])}, which is no {kind.__name__}", "mend the file")


def _check_foreign(raw: dict[str, Any], path: Path) -> None:
    if raw["task"] not in TASKS:
        raise CardError(f"{path} has task = {_short(raw['task'])}", f"known for models of others are {', '.join(TASKS)}")
    if raw["input"] != TASKS[raw["task"]]:
        raise CardError(f"{path} has input = {_short(raw['input'])}, but {raw['task']} takes {TASKS[raw['task']]}", "mend the file")
    if raw["source"] == "hub" and not REPOSITORY.fullmatch(raw["repository"]):
        raise CardError(f"{path} has repository = {_short(raw['repository'])}", 'write it as "owner/name"')
    if raw["source"] == "hub" and not COMMIT.fullmatch(raw["revision"]):
        raise CardError(f"{path} has revision = {_short(raw['revision'])}", "pin the full commit, 40 letters and digits")


def find_card(name: str, models: Path = MODELS) -> ModelCard:
    """The card of a shipped model by name, or of any folder by its path."""
    for folder in (models / name, Path(name)):
        with suppress(ValueError, OSError):  # a name that no file system takes
            if (folder / CARD).is_file():
                return read_card(folder)
    cards, errors = all_cards(models)
    if not models.is_dir():
        raise errors[0]
    raise CardError(f"there is no model called {name!r}", f"shipped are {', '.join(card.name for card in cards) or 'none'}")


def all_cards(models: Path = MODELS) -> tuple[list[ModelCard], list[AttnvizError]]:
    """Every card that can be read, by name, and an error for every one that cannot."""
    if not models.is_dir():
        return [], [CardError("the shipped models are not installed", "install them with pip install attnviz-models")]
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
