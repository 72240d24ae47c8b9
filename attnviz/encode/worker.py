"""`python -m attnviz.encode.worker`: decodes photos for another process, so that one that goes wrong can be ended.

A request is its length, the least side wanted and the bytes of a file. A reply is a line of JSON, and the pixels where there are
any. Neither side believes more of the other than these numbers and sentences.
"""

import json
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from PIL import Image

from attnviz.encode.decode import DAMAGED, Decoded, decoded
from attnviz.errors import InputError
from attnviz.limits import LIMITS

HEAD = struct.Struct("<QI")
LONGEST = 100_000  # bytes of a reply's first line
ITSELF = 512 << 20  # bytes of addresses that Python, NumPy and Pillow take before any photo


def serve(take: IO[bytes], give: IO[bytes]) -> None:
    """Until there is nothing more to take."""
    while len(head := take.read(HEAD.size)) == HEAD.size:
        length, enough = HEAD.unpack(head)
        said, pixels = _reply(take.read(length), enough)
        give.write(json.dumps(said).encode() + b"\n" + pixels)
        give.flush()


def _reply(raw: bytes, enough: int) -> tuple[dict[str, Any], bytes]:
    try:
        image, given, notes = decoded(raw, enough)
        return {"size": image.size, "given": given, "notes": notes}, image.tobytes()
    except InputError as error:
        return {"finding": error.finding, "cure": error.cure}, b""


def request(give: IO[bytes], raw: bytes, enough: int) -> None:
    """The other side: asks."""
    give.write(HEAD.pack(len(raw), enough) + raw)
    give.flush()


def reply(take: IO[bytes]) -> Decoded:
    """And reads what came of it; EOFError where the worker has ended, InputError where the photo was refused."""
    said = json.loads(_line(take))
    if "finding" in said:
        raise InputError(str(said["finding"]), str(said["cure"]))
    (width, height), given = (tuple(map(int, said[name])) for name in ("size", "given"))
    if not 0 < width * height <= LIMITS.photo_megapixels * 1_000_000:
        raise InputError(*DAMAGED)
    pixels = _exactly(take.read, width * height * 3)
    return Decoded(Image.frombytes("RGB", (width, height), pixels), (given[0], given[1]), tuple(map(str, said["notes"])))


def _line(take: IO[bytes]) -> bytes:
    line = take.readline(LONGEST)
    if not line.endswith(b"\n"):
        raise EOFError
    return line


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    found = read(length)
    if len(found) != length:
        raise EOFError
    return found


def limit_memory() -> None:
    """No photo takes more; where the system has no such limit, the rest stands without it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        most = ITSELF + LIMITS.decode_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
