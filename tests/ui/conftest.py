"""Every test of a page begins with a server that has answered nobody yet."""

from collections.abc import Iterator

import pytest

from attnviz.ui import cache


@pytest.fixture(autouse=True)
def _new_server() -> None:
    cache.store.clear()


@pytest.fixture(autouse=True, scope="session")
def _no_process_stays() -> Iterator[None]:
    yield
    cache.decoder().close()
