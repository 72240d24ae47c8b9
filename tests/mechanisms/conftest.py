"""The real Keras on torch, imported where nothing of it can leak: its backend and its folder are chosen before."""

import os
import warnings
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def keras(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Keras reads its backend once, at import, and writes a file into its folder."""
    chosen = {"KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path_factory.mktemp("keras"))}
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what Keras imports
            import keras
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
    assert keras.backend.backend() == "torch"
    return keras
