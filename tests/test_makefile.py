"""Which build of torch the Makefile takes: the real Makefile, with a Python whose pip writes down what it is asked."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("make") is None, reason="the Makefile chooses on Linux, and needs make"
)


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/cpu/torch/" else 404)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def index() -> Iterator[str]:
    """The address of a server that has torch under /cpu."""
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)


def made(tmp_path: Path, index: str, card: bool = False, goal: str = "app") -> tuple[list[str], str]:
    """What pip was asked by `make run` (or test, with the goal dev), and what stood on stderr."""
    venv, asked = tmp_path / "venv", tmp_path / "asked"
    script(venv / "bin/python", f'if [ "$1" = -m ]; then shift; echo "$*" >> {asked}; else exec {sys.executable} "$@"; fi')
    (venv / "python").touch()
    script(tmp_path / "bin/nvidia-smi", "exit 0" if card else "exit 9")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
    command = ["make", "-C", str(ROOT), f"VENV={venv}", f"TORCH_INDEX={index}", str(venv / goal)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return asked.read_text().splitlines(), done.stderr


PIP = "pip install --quiet --disable-pip-version-check"


@pytest.mark.parametrize("goal", ["app", "dev"])
def test_without_a_card_the_index_of_the_cpu_build_is_asked_beside_the_plain_one(tmp_path: Path, index: str, goal: str) -> None:
    asked, said = made(tmp_path, f"{index}/cpu", goal=goal)
    assert asked[0] == f"{PIP} --extra-index-url {index}/cpu -r requirements.txt"
    assert said == ""


@pytest.mark.parametrize("lost", ["/nowhere", ":nowhere"])
def test_where_that_index_cannot_be_reached_the_plain_one_is_taken_and_a_sentence_says_so(
    tmp_path: Path, index: str, lost: str
) -> None:
    address = index.rpartition(":")[0] + ":1" if lost == ":nowhere" else index + lost
    asked, said = made(tmp_path, address)
    assert asked[0] == f"{PIP} -r requirements.txt"
    assert said.startswith(f"The index with torch's CPU build, {address}, cannot be reached: torch comes from the plain index")
    assert said.count("\n") == 1


def test_with_a_card_the_plain_index_is_taken(tmp_path: Path, index: str) -> None:
    asked, said = made(tmp_path, f"{index}/cpu", card=True)
    assert (asked[0], said) == (f"{PIP} -r requirements.txt", "")


def test_an_empty_address_asks_the_plain_index_only(tmp_path: Path) -> None:
    asked, said = made(tmp_path, "")
    assert (asked[0], said) == (f"{PIP} -r requirements.txt", "")


@pytest.mark.parametrize(("goal", "last"), [("run", "bin/attnviz app"), ("test", "-m pytest"), ("quick", "-m pytest")])
def test_every_goal_chooses_before_it_installs_and_runs(tmp_path: Path, goal: str, last: str) -> None:
    command = ["make", "-n", "-C", str(ROOT), f"VENV={tmp_path}", goal]
    steps = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 0 < steps.index("tools/torch_index.py") < steps.index("-r requirements.txt") < steps.index(last)
