"""A served app, once for all browser tests in all workers, and a real Chromium in each worker."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 90_000
STARTED: list[subprocess.Popen[bytes]] = []  # apps that this worker started and another may still use


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def serve(**environment: str) -> tuple[subprocess.Popen[bytes], str]:
    """The app on a free port, started as `attnviz app` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "attnviz.cli", "app", "--port", str(port), "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(720):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
            return process, url
        except OSError:
            time.sleep(0.25)
    raise TimeoutError("the app did not come up")


def stop(process: subprocess.Popen[bytes]) -> None:
    """The server and the Streamlit that it started."""
    os.killpg(process.pid, 15)
    process.wait(20)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The address of the app with the shipped models: the first worker that asks starts it, the last one that leaves stops it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "app.json"
    with FileLock(f"{shared}.lock"):
        app = json.loads(shared.read_text()) if shared.is_file() else {"workers": []}
        if not app["workers"]:
            process, app["url"] = serve()
            STARTED.append(process)
            app["group"] = process.pid
        app["workers"].append(worker_id)
        shared.write_text(json.dumps(app))
    yield app["url"]
    with FileLock(f"{shared}.lock"):
        app = json.loads(shared.read_text())
        app["workers"].remove(worker_id)
        shared.write_text(json.dumps(app))
        if not app["workers"]:
            os.killpg(app["group"], 15)
            for process in STARTED:
                process.wait(60)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at desk size that fails the test when anything outside this machine is asked for."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    outside: list[str] = []
    opened.on(
        "request",
        lambda r: outside.append(r.url) if not r.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")) else None,
    )
    yield opened
    context.close()
    assert outside == []
