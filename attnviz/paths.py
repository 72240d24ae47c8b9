"""Where the models, the samples and the front door lie: beside the package in a checkout, inside it once installed."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _home() -> Path:
    return PACKAGE if (PACKAGE / "models").is_dir() else PACKAGE.parent


MODELS = Path(os.environ.get("ATTNVIZ_MODELS", _home() / "models"))
ASSETS = _home() / "assets"
APP = _home() / "app.py"
