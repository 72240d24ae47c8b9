"""Photos of visitors are decoded in processes beside the server, which are ended where a photo takes too much of them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import LifoQueue
from threading import Event, Timer
from typing import IO, cast

from attnviz.encode.decode import DAMAGED, Decoded
from attnviz.encode.image import PHOTO_SIDE
from attnviz.encode.worker import reply, request
from attnviz.errors import InputError


class Decoder:
    """At most so many processes, each started when it is needed and kept for the next photo; `seconds` a photo."""

    def __init__(self, processes: int, seconds: float) -> None:
        self.seconds = seconds
        self._idle: LifoQueue[subprocess.Popen[bytes] | None] = LifoQueue()
        for _ in range(processes):
            self._idle.put(None)

    def decode(self, raw: bytes) -> Decoded:
        """The photo of a file's bytes; InputError where it is none, takes too long, or ends the process that reads it."""
        with self._process() as process:
            late = Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = Timer(self.seconds, end)
            timer.start()
            try:
                request(cast(IO[bytes], process.stdin), raw, PHOTO_SIDE)
                return reply(cast(IO[bytes], process.stdout))
            except (OSError, EOFError, ValueError, KeyError, TypeError):
                _end(process)
                if late.is_set():
                    raise InputError(f"the photo took more than {self.seconds:g} seconds to decode", "save it smaller") from None
                raise InputError(*DAMAGED) from None
            finally:
                timer.cancel()

    @contextmanager
    def _process(self) -> Iterator["subprocess.Popen[bytes]"]:
        """One that lives; who comes when all are at work waits."""
        process = self._idle.get()
        try:
            if process is not None and process.poll() is not None:
                _end(process)
                process = None
            if process is None:
                process = subprocess.Popen(
                    [sys.executable, "-m", "attnviz.encode.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            yield process
        finally:
            self._idle.put(process)

    def close(self) -> None:
        """Ends all that are idle."""
        for process in [self._idle.get() for _ in range(self._idle.qsize())]:
            if process is not None:
                _end(process)
            self._idle.put(None)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """And waits for it, so that nobody takes it for one that lives."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not sent yet
                pipe.close()
    process.wait()
