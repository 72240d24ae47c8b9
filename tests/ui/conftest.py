"""Every test of a page begins with a server that has answered nobody yet."""

import pytest

from attnviz.ui import cache


@pytest.fixture(autouse=True)
def _new_server() -> None:
    cache.store.clear()
