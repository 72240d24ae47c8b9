"""compose.yaml without an engine: the same two processes behind the same proxy with the same file, where Caddy is installed."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from benchmarks.serving import served

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed: apt-get install caddy")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def proxied(*replicas: str) -> Iterator[str]:
    """The address of the proxy before some replicas, each "host:port"."""
    port = free_port()
    settings = {
        "ATTNVIZ_SITE": f"http://127.0.0.1:{port}",
        "ATTNVIZ_REPLICAS": " ".join(replicas),
        "ATTNVIZ_SECRET": "of this test",
    }
    command = ["caddy", "run", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: fetched(url).status == 200)
        yield url
    finally:
        process.kill()
        process.wait()


def fetched(url: str, cookie: str = "") -> Any:
    request = urllib.request.Request(url, headers={"Cookie": cookie} if cookie else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
        return answer


def until(true: Any) -> None:
    for _ in range(300):
        try:
            if true():
                return
        except HTTPError as answer:
            answer.close()
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail("it never came")


def cookie_of(answer: Any) -> str:
    jar = SimpleCookie(answer.headers["Set-Cookie"])
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items() if name == "attnviz-replica")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, dict[str, int]]]:
    """The proxy's address, and the process of each replica by its own."""
    with ExitStack() as stack:
        pids = {url.removeprefix("http://"): pid for pid, url in (stack.enter_context(served()) for _ in range(2))}
        yield stack.enter_context(proxied(*pids)), pids


def test_a_browser_is_told_what_a_page_may_do(running: tuple[str, dict[str, int]]) -> None:
    headers = fetched(running[0]).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy.replace("https:", "")  # no other host
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "Caddy" not in str(headers)


def test_a_visitor_stays_at_one_replica_and_gets_its_answer(running: tuple[str, dict[str, int]]) -> None:
    from websockets.asyncio.client import connect

    from benchmarks.visitor import LARGEST, Visitor

    url, _ = running
    cookie = cookie_of(fetched(url))
    assert cookie

    async def visit() -> tuple[str, ...]:
        address = url.replace("http://", "ws://") + "/_stcore/stream"
        headers = {"Cookie": cookie}
        async with connect(address, subprotocols=["streamlit"], max_size=LARGEST, origin=url, additional_headers=headers) as socket:
            guest = Visitor(socket)
            await guest.run()
            await guest.type("A gorgeous film that I loved.")
            assert guest.exceptions == []
            return guest.decision

    with ThreadPoolExecutor(1) as alone:  # a thread without a loop of its own
        assert alone.submit(asyncio.run, visit()).result()[0] == "positive"
    again = fetched(url, cookie)
    assert cookie_of(again) in ("", cookie)


def test_when_a_replica_dies_its_visitors_are_sent_to_the_other(running: tuple[str, dict[str, int]]) -> None:
    url, pids = running
    cookies = {cookie_of(fetched(url)) for _ in range(12)}
    assert len(cookies) == 2  # both are used
    os.killpg(next(iter(pids.values())), signal.SIGKILL)
    for cookie in cookies:
        until(lambda cookie=cookie: fetched(url, cookie).status == 200)


def test_the_proxy_takes_no_more_than_a_photo_may_have(running: tuple[str, dict[str, int]]) -> None:
    request = urllib.request.Request(f"{running[0]}/_stcore/upload_file/x/y", data=bytes(22_000_000), method="PUT")
    with pytest.raises(OSError) as refused:  # noqa: PT011 - refused with 413, or by closing the connection
        urllib.request.urlopen(request, timeout=30)
    if isinstance(refused.value, HTTPError):
        refused.value.close()
        assert refused.value.code in (413, 403, 502)


def test_compose_names_what_the_proxy_names() -> None:
    written = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for name in (
        "web-1:",
        "web-2:",
        "deploy/Caddyfile",
        "read_only: true",
        "cap_drop: [ALL]",
        'user: "1000:1000"',
        "mem_limit: 2g",
    ):
        assert name in written
    assert "web-1:8501 web-2:8501" in (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
