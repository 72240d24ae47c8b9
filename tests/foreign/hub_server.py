"""A hub of one's own on this machine: the few answers that huggingface_hub needs, from a folder."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 4096


@dataclass
class Hub:
    """`repositories`: name -> folder. `asked`: paths in order. `pause`: seconds between two pieces of a file of weights."""

    repositories: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    pause: float = 0.0
    licence: str = "mit"
    url: str = ""
    status: int = 0


def answer(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self.respond(body=False)

        def do_GET(self) -> None:
            self.respond(body=True)

        def respond(self, body: bool) -> None:
            path = self.path.partition("?")[0].strip("/")
            hub.asked.append(f"{self.command} {path}")
            if hub.status:
                return self.send(hub.status, b"", {})
            if path.startswith("api/models/"):
                name, _, revision = path.removeprefix("api/models/").partition("/revision/")
                return self.described(name, revision or "main")
            name, _, rest = path.partition("/resolve/")
            revision, _, file = rest.partition("/")
            self.file(name, revision, file, body)

        def folder(self, name: str, revision: str) -> Path | None:
            if name not in hub.repositories:
                self.send(404, b"", {"X-Error-Code": "RepoNotFound"})
            elif revision not in (COMMIT, "main"):
                self.send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            else:
                return hub.repositories[name]
            return None

        def described(self, name: str, revision: str) -> None:
            if (folder := self.folder(name, revision)) is not None:
                files = [{"rfilename": path.name, "size": path.stat().st_size} for path in sorted(folder.iterdir())]
                said = {"id": name, "sha": COMMIT, "siblings": files, "cardData": {"license": hub.licence}}
                self.send(200, json.dumps(said).encode(), {"Content-Type": "application/json"})

        def file(self, name: str, revision: str, file: str, body: bool) -> None:
            folder = self.folder(name, revision)
            if folder is None:
                return
            if not (folder / file).is_file():
                return self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
            content = (folder / file).read_bytes()
            headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.send(206 if start else 200, content[start:], headers, body, hub.pause if file.endswith(".safetensors") else 0)

        def send(self, status: int, content: bytes, headers: dict[str, str], body: bool = True, pause: float = 0) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            try:
                for first in range(0, len(content) if body else 0, PIECE):
                    self.wfile.write(content[first : first + PIECE])
                    time.sleep(pause)
            except OSError:
                self.close_connection = True  # the client has gone

    return Answer


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), answer(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
