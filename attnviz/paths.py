"""Where the models, the samples and the front door lie: beside the package in a checkout; once installed the models are a wheel of
their own, attnviz-models, and the rest is inside the package."""

import os
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
INSTALLED = "attnviz_models"


def _home() -> Path:
    return PACKAGE if (PACKAGE / "assets").is_dir() else PACKAGE.parent


def _models() -> Path:
    """Of the checkout, or of the wheel; nothing is imported. The folder is not there where neither is."""
    if (beside := PACKAGE.parent / "models").is_dir() and _home() != PACKAGE:
        return beside
    spec = find_spec(INSTALLED)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) if folders else PACKAGE / "models"


MODELS = Path(os.environ.get("ATTNVIZ_MODELS") or _models())
ASSETS = _home() / "assets"
APP = _home() / "app.py"
