"""The card of a model of others, written from what its own files say."""

import json
from pathlib import Path
from typing import Any

from attnviz.cards import CARD, TASKS, read_card
from attnviz.errors import CardError, HubError
from attnviz.foreign import describe, files, hub
from attnviz.limits import LIMITS
from attnviz.paths import MODELS

WORDS = {
    "text-classification": "Which of {labels} labels fits a text?",
    "masked-word": "Which word stands in the gap of a text?",
    "next-word": "Which word comes next?",
    "text-encoder": "A text, and where a bare encoder looks in it.",
    "image-classification": "Which of {labels} things is on a photo?",
    "image-encoder": "A photo, and where a bare encoder looks in it.",
}


def write_card(source: str, out: Path | None, revision: str) -> Path:
    """Writes card.toml for a folder, or for a repository of the hub, of which only the small files are fetched.

    Gives the path of the card. CardError, WeightsError or HubError where the model could not be loaded later.
    """
    folder = Path(source)
    if folder.is_dir():
        target = folder if out is None else out
        values = {
            "source": "folder",
            "path": "." if out is None else str(folder.resolve()),
            **_described(folder, folder.resolve().name),
        }
        values["licence"] = describe.licence_of(folder)
        files.weights(folder)
    else:
        target = MODELS / source.rsplit("/", maxsplit=1)[-1] if out is None else out
        values = _from_hub(source, revision)
    if (target / CARD).exists():
        raise CardError(f"{target / CARD} is there already", "move it away, or name another folder with --out")
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / CARD).write_text(as_toml(values), encoding="utf-8")
    except OSError as error:
        raise CardError(f"{target / CARD} cannot be written: {error.strerror}", "name another folder with --out") from None
    read_card(target)
    return target / CARD


def _from_hub(repository: str, revision: str) -> dict[str, Any]:
    known = hub.listing(repository, revision)
    folder = _small_files(known)
    values = _described(folder, repository)
    names = known.needed(TASKS[values["task"]])
    size = max(1, round(sum(known.sizes[name] for name in names) / 1e6))
    return {
        "source": "hub", "repository": repository, "revision": known.commit, "megabytes": size, **values, "licence": known.licence,
    }  # fmt: skip


def _small_files(known: hub.Listing) -> Path:
    """Fetches what describes the model, and nothing of its weights."""
    from huggingface_hub import hf_hub_download

    wanted = [files.CONFIG, *files.BESIDE.values(), *hub.SMALL]
    folder: Path | None = None
    for name in (name for name in wanted if name in known.sizes and known.sizes[name] <= LIMITS.config_json_bytes):
        try:
            path = hf_hub_download(known.repository, name, revision=known.commit, etag_timeout=hub.TIMEOUT)
        except Exception as error:  # as in hub.listing
            raise hub.said(error, known.repository, known.commit) from None
        folder = Path(path).parent
    if folder is None:
        raise HubError(f"{known.repository} has no {files.CONFIG}", "choose a model of transformers")
    return folder


def _described(folder: Path, name: str) -> dict[str, Any]:
    """What the files in a folder say, in the words of a card."""
    config = describe.config_of(folder)
    task = describe.task_of(config)
    labels = list(describe.labels_of(config, name)) if task.endswith("-classification") else []
    kind = TASKS[task]
    options = describe.text_options(folder, config) if kind == "text" else describe.image_options(folder)
    return {
        "title": name, "summary": WORDS[task].format(labels=len(labels)) + f" {config.get('model_type', 'A model')} of others.",
        "task": task, "input": kind, "labels": labels, "licence": "unknown", kind: options,
    }  # fmt: skip


def as_toml(values: dict[str, Any]) -> str:
    """Plain values first, then tables; a JSON text, number or list of them is one in TOML too."""
    plain = [f"{key} = {_json(value)}" for key, value in values.items() if not isinstance(value, dict)]
    tables = [
        "\n".join(["", f"[{key}]", *(f"{_key(name)} = {_json(entry)}" for name, entry in table.items())])
        for key, table in values.items() if isinstance(table, dict)
    ]  # fmt: skip
    return "\n".join([*plain, *tables]) + "\n"


def _key(name: str) -> str:
    return name if name.isidentifier() else _json(name)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
