"""A visitor's session as one file: what was chosen and given, the numbers that were in sight, and which weights they are of.

A zip of JSON and arrays, never of pickles. What comes in is a stranger's: names, sizes, types and depths are checked, and nothing
is read beyond its limit.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import InputError
from attnviz.limits import LIMITS

FORMAT, VERSION = "attnviz session", 1
ABOUT, INPUT = "session.json", "input"
_ARRAY = re.compile(r"arrays/[a-z0-9-]{1,40}\.npy")
_NAME = re.compile(r"[a-z0-9-]{1,40}")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_SUM = re.compile(r"[0-9a-f]{64}|")
MEMBERS = 64
DEPTH = 4
JSON_BYTES = 1_000_000
HEAD_BYTES = 1_000  # of an array, which says its type and shape
ENTRIES = 200
LONGEST = 200_000  # characters of a choice
CURE = "save the session again, and open that file"
SCHEMA: dict[str, type] = {
    "format": str, "version": int, "page": str, "choices": dict, "models": dict, "said": str, "given": str,
}  # fmt: skip


@dataclass(frozen=True)
class Session:
    """`page`: its name; `choices`: name of a choice -> its text, as an address has it, the visitor's own text included.

    `models`: name -> checksum of its weights, "" where it has none of its own. `said`: the answer in words. `given`: what a visitor
    brought, by the name of its file, whose bytes are `content`. `arrays`: exhibit -> the numbers of its first map.
    """

    page: str
    choices: Mapping[str, str]
    models: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    given: str = ""
    content: bytes | None = None
    arrays: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def differences(self, models: Mapping[str, str], arrays: Mapping[str, NDArray[np.float32]]) -> list[str]:
        """Sentences: what is not as it was, given the models of this machine with their checksums, and the same exhibits here."""
        told = [f"The model {name} is not on this machine." for name in self.models if name not in models]
        told += [
            f"The model {name} has other weights than those of the session."
            for name, checksum in self.models.items()
            if models.get(name, checksum) != checksum
        ]
        for name, before in self.arrays.items():
            now = arrays.get(name)
            if now is None:
                told.append(f"The session shows “{name}”, which is not shown here.")
            elif now.shape != before.shape:
                told.append(f"The numbers of “{name}” are {_by(now.shape)} here and {_by(before.shape)} in the session.")
            elif (gap := float(np.abs(now - before).max(initial=0))) > 1e-5:
                told.append(f"The numbers of “{name}” differ from those of the session by up to {gap:.2g}.")
        return told


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def write(session: Session) -> bytes:
    """The session as a file; InputError where it is larger than one that can be opened."""
    about = {
        "format": FORMAT, "version": VERSION, "page": session.page, "choices": dict(session.choices),
        "models": dict(session.models), "said": session.said, "given": session.given,
    }  # fmt: skip
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ABOUT, json.dumps(about, ensure_ascii=False))
        if session.content is not None:
            archive.writestr(INPUT, session.content)
        for name, array in session.arrays.items():
            with archive.open(f"arrays/{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array, dtype=np.float32), version=(1, 0), allow_pickle=False)
    raw = buffer.getvalue()
    read(raw)
    return raw


def read(raw: bytes) -> Session:
    """The session in a file; InputError, in a sentence, for anything that is none."""
    if len(raw) > LIMITS.session_bytes:
        raise InputError(
            f"the file has {len(raw):,} bytes, the limit of a session is {LIMITS.session_bytes:,}", "open a smaller one"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _read(archive)
    except InputError:
        raise
    except Exception as error:  # a damaged archive makes zipfile raise almost anything
        raise _no_session(f"its archive is damaged ({type(error).__name__})") from None


def _no_session(why: str) -> InputError:
    return InputError(f"the file is no session: {why}", CURE)


def _read(archive: zipfile.ZipFile) -> Session:
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(names) > MEMBERS or len(set(names)) < len(names) or ABOUT not in names:
        raise _no_session(f"it has {len(names):,} parts, or one twice, or no {ABOUT}")
    if odd := next((name for name in names if name not in (ABOUT, INPUT) and not _ARRAY.fullmatch(name)), None):
        raise _no_session(f"nothing in a session is called {odd[:40]!r}")
    if sum(member.file_size for member in members) > LIMITS.session_bytes:
        raise InputError(f"the session unpacks to more than {LIMITS.session_bytes:,} bytes", "open a smaller one")
    parts = {name: _part(archive, name, JSON_BYTES if name == ABOUT else LIMITS.session_bytes) for name in names}
    about = _about(parts.pop(ABOUT))
    content = parts.pop(INPUT, None)
    if bool(about["given"]) != (content is not None):
        raise _no_session("what was given is named and not there, or there and not named")
    arrays = {name.removeprefix("arrays/").removesuffix(".npy"): _array(part) for name, part in parts.items()}
    return Session(about["page"], about["choices"], about["models"], about["said"], about["given"], content, arrays)


def _part(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """What it says of its size is not trusted."""
    with archive.open(name) as member:
        found = member.read(limit + 1)
    if len(found) > limit:
        raise _no_session(f"{name} has more than {limit:,} bytes")
    return found


def _about(raw: bytes) -> dict[str, Any]:
    """The JSON, by its schema."""
    if _depth(raw) > DEPTH:
        raise _no_session(f"{ABOUT} is nested too deeply")
    try:
        about = json.loads(raw.decode("utf-8"), parse_constant=_constant)
    except (ValueError, RecursionError):
        raise _no_session(f"{ABOUT} is no JSON") from None
    if not isinstance(about, dict) or about.keys() != SCHEMA.keys():
        raise _no_session(f"{ABOUT} does not hold {', '.join(SCHEMA)}")
    if any(type(about[name]) is not kind for name, kind in SCHEMA.items()):
        raise _no_session(f"{ABOUT} holds values of other types")
    if about["format"] != FORMAT:
        raise _no_session("it was written by something else")
    if about["version"] != VERSION:
        raise InputError(
            f"the session has version {about['version']}, this attnviz reads {VERSION}", "open it with its own attnviz"
        )
    for name in ("choices", "models"):
        _named_texts(name, about[name])
    if not all(map(_SUM.fullmatch, about["models"].values())) or not _NAME.fullmatch(about["page"]):
        raise _no_session("its page or a checksum is none")
    return about


def _constant(name: str) -> float:
    raise ValueError(name)


def _named_texts(what: str, table: dict[Any, Any]) -> None:
    fine = len(table) <= ENTRIES and all(
        _NAME.fullmatch(name) and isinstance(text, str) and len(text) <= LONGEST for name, text in table.items()
    )
    if not fine:
        raise _no_session(f"its {what} are no table of texts")


def _depth(raw: bytes) -> int:
    """How deeply brackets are nested, those in texts left out."""
    deepest = depth = 0
    for byte in _TEXT.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _array(raw: bytes) -> NDArray[np.float32]:
    """Finite float32 numbers, as many as the part has bytes for."""
    member = io.BytesIO(raw)
    if np.lib.format.read_magic(member) != (1, 0):
        raise _no_session("an array is of another version")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(member, max_header_size=HEAD_BYTES)
    count = int(np.prod(shape, dtype=object)) if shape else 1
    if kind != np.dtype("<f4") or by_columns or len(raw) - member.tell() != 4 * count:
        raise _no_session("an array holds other numbers than it says")
    found: NDArray[np.float32] = np.frombuffer(raw, "<f4", count, member.tell()).reshape(shape)
    if not np.isfinite(found).all():
        raise _no_session("an array holds numbers that are not finite")
    return found
