"""The shipped models in a folder that a test may change."""

import os
import shutil
from pathlib import Path

from attnviz.cards import CARD
from attnviz.paths import MODELS


def shipped(folder: Path, *whole: str) -> Path:
    """Cards are copies, and so is what the models in `whole` hold; other files, 150 MB, are hard links, not to be written to."""
    for model in (card.parent for card in MODELS.glob(f"*/{CARD}")):
        (folder / model.name).mkdir(parents=True)
        for file in model.iterdir():
            _copy(file, folder / model.name / file.name, link=file.name != CARD and model.name not in whole)
    return folder


def _copy(file: Path, to: Path, link: bool) -> None:
    try:
        os.link(file, to) if link else shutil.copy(file, to)
    except OSError:  # on another disk
        shutil.copy(file, to)
