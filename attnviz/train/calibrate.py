"""The temperature of a sentiment model, fitted on the dev split, and what else is fitted after a training, written into cards."""

import re
from pathlib import Path

import torch

from attnviz.calibration import calibration_error, fitted_temperature
from attnviz.cards import CARD, ModelCard
from attnviz.data import sst
from attnviz.errors import CardError
from attnviz.evaluate import sentences_logits
from attnviz.load import load

TASK = "sentiment"


def calibrate(card: ModelCard, data: Path) -> dict[str, float | int]:
    """Fits on the 872 dev sentences and writes `temperature` into the card: it, and the calibration error on them before and after.

    CardError for a model that decides on no sentences, DataError where the data is not there.
    """
    if card.task != TASK or card.source != "own":
        raise CardError(f"{card.name} has no temperature to fit", "take a sentiment model that was trained here")
    examples = sst.sentences(data, "dev")
    labels = torch.tensor([label for _, label in examples])
    with torch.no_grad():
        logits = sentences_logits(load(card), [text for text, _ in examples])
    # Four digits are more than 872 sentences tell, and less to read.
    temperature = round(fitted_temperature(logits, labels), 3)
    write(card.folder / CARD, "temperature", temperature)
    before, after = (calibration_error((logits / heat).softmax(-1), labels) for heat in (1.0, temperature))
    return {"temperature": temperature, "ece_dev_before": before, "ece_dev": after, "n": len(examples)}


def write(path: Path, key: str, value: float) -> None:
    """Puts a number into a card's text, in the place of an earlier one or before the first table."""
    line = f"{key} = {value}"
    text, replaced = re.subn(rf"^{key} = .*$", line, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    path.write_text(text if replaced else re.sub(r"\n+\[", f"\n{line}\n\n[", text, count=1), encoding="utf-8")
