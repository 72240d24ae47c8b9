"""What every test may use: tiny models on disk, and one thread for tiny tensors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests import tiny

TESTS = Path(__file__).resolve().parent
# What `make quick` leaves out, by folder.
SLOW = {"browser": "browser", "train": "training"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="also the further cases of browser tests, which take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("thorough") and not config.getoption("--thorough"):
            item.add_marker(pytest.mark.skip(reason="a further case: make thorough"))
        for folder in SLOW.keys() & set(item.path.relative_to(TESTS).parts):
            item.add_marker(SLOW[folder])


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Threads cost more than tiny tensors bring."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def photo_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny CBAM network; not to be written to."""
    return tiny.write_photo_model(tmp_path_factory.mktemp("models") / "tiny-photo")


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny BERT and its tokenizer; not to be written to."""
    return tiny.write_text_model(tmp_path_factory.mktemp("models") / "tiny-text")
