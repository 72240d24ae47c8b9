"""From a finished run to a folder that `load` takes: half-precision weights, further files, and a card with their checksums."""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file

from attnviz.cards import CARD, ModelCard, sha256
from attnviz.faithful.table import FILE as FIGURES
from attnviz.load import WEIGHTS
from attnviz.train.loop import Run


def ship(run: Run, card: ModelCard, out: Path) -> None:
    """Writes weights, the run's own files and the card to `out`."""
    weights = {name: half(value) for name, value in run.network().state_dict().items()}
    save_file(weights, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)
    run.extra_files(out)
    text = (card.folder / CARD).read_text(encoding="utf-8")
    text = re.sub(rf'^"{re.escape(FIGURES)}" = ".*"\n', "", text, flags=re.MULTILINE)  # they are of the former weights
    for name in card.files.keys() - {FIGURES}:
        text = re.sub(rf'^"{re.escape(name)}" = ".*"$', f'"{name}" = "{sha256(out / name)}"', text, flags=re.MULTILINE)
    (out / CARD).write_text(text, encoding="utf-8")


def half(value: torch.Tensor) -> torch.Tensor:
    """A weight as it is shipped: numbers with a fraction in 16 bits."""
    return value.detach().cpu().half().contiguous() if value.is_floating_point() else value.detach().cpu()
