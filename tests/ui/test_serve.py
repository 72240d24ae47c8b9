"""How the app is served: to this machine, and without a word to any other."""

import json
import os
import subprocess
import sys

import pytest
from streamlit import net_util
from streamlit.web.server import server_util

from attnviz.cli import SERVING
from attnviz.errors import InputError
from attnviz.paths import APP
from attnviz.ui import cache
from attnviz.ui.serve import stay_inside
from attnviz.ui.store import Store


def test_a_foreign_origin_is_refused_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *_, **__: pytest.fail("an outside host was asked"))
    stay_inside()
    assert not server_util.is_url_from_allowed_origins("http://evil.example")
    assert server_util.is_url_from_allowed_origins("http://localhost:8501")


@pytest.mark.parametrize(("asked", "address"), [([], "localhost"), (["--server.address=0.0.0.0"], "0.0.0.0")])
def test_the_app_listens_to_this_machine_unless_more_is_asked_for(asked: list[str], address: str) -> None:
    code = (
        "import sys, json, streamlit.web.bootstrap as b\n"
        "from streamlit import config\n"
        "asked = ('server.address', 'server.enableXsrfProtection')\n"
        "b.run = lambda *_: print(json.dumps([config.get_option(name) for name in asked]))\n"
        "from attnviz.ui.serve import main\n"
        "main()\n"
    )
    settings = [f"--{key}={value}" for key, value in SERVING.items()]
    command = [sys.executable, "-c", code, "run", str(APP), *settings, *asked]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert json.loads(done.stdout.splitlines()[-1]) == [address, True], done.stderr


def test_a_refused_input_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def refused() -> None:
        tries.append(1)
        raise InputError("the file is too large", "take a part of it")

    kept = Store(9, 99, 1, 1)
    monkeypatch.setattr(cache, "store", lambda: kept)
    for _ in range(3):
        with pytest.raises(InputError, match=r"^The file is too large\. Take a part of it\.$"):
            cache.once(("a table",), refused)
    assert len(tries) == 1
