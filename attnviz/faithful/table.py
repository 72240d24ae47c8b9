"""The figures of explanations beside a model's card: `faithful.json`, which `attnviz faithful NAME --write` writes."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attnviz.cards import CARD, ModelCard, sha256
from attnviz.damage import damage
from attnviz.errors import CardError

FILE = "faithful.json"
WEIGHTS = "weights.safetensors"
NEEDED = ("comprehensiveness", "sufficiency", "random", "auc_deletion", "auc_insertion")
MAX_BYTES = 1 << 20

Figures = Mapping[str, Any]


def write(card: ModelCard, found: Figures) -> Path:
    """Writes the figures beside the card, with the checksum of the weights that they are of, and theirs into the card."""
    if card.source != "own":
        raise CardError(f"{card.name} is a model of others", "figures are kept beside the cards of own models alone")
    path = card.folder / FILE
    content = {"model": card.name, "weights": card.files.get(WEIGHTS, ""), **found}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    line, text = f'"{FILE}" = "{sha256(path)}"', (card.folder / CARD).read_text(encoding="utf-8")
    text, replaced = re.subn(rf'^"{re.escape(FILE)}" = ".*"$', line, text, count=1, flags=re.MULTILINE)
    (card.folder / CARD).write_text(text if replaced else re.sub(r"(?m)^\[files\]\n", f"[files]\n{line}\n", text), encoding="utf-8")
    return path


def read(card: ModelCard) -> Figures | None:
    """The figures beside a card; None where there are none, or where they are of other weights than the card's.

    WeightsError where the file is not what the card says, CardError where it lacks what it needs.
    """
    if FILE not in card.files:
        return None
    path = card.file(FILE)
    with damage(f"{path} cannot be read", f"write it again: attnviz faithful {card.name} --data DIR --write", CardError):
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        found: Figures = json.loads(path.read_text(encoding="utf-8"))
        lacking = [key for figures in found["methods"].values() for key in NEEDED if not isinstance(figures[key], float)]
        if lacking or found["weights"] != card.files.get(WEIGHTS, ""):
            return None
    return found


def ranked(found: Figures) -> list[tuple[str, Figures]]:
    """Methods with their figures, the one whose first parts matter most first; random orders stand among them."""
    methods = dict(found["methods"])
    first = next(iter(methods.values()))
    chance = {"comprehensiveness": first["random"], "comprehensiveness_interval": first["random_interval"]}
    rows = [*methods.items(), ("random", chance)]
    return sorted(rows, key=lambda row: -row[1]["comprehensiveness"])
