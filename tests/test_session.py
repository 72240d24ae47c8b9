"""Sessions as files: they come back as they were, and what is none is refused in a sentence before it is unpacked."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from attnviz import session
from attnviz.errors import InputError
from attnviz.limits import LIMITS
from attnviz.session import ABOUT, Session, read, write

WHOLE = Session(
    page="text", choices={"text": "Sévère [[[[[[ “mess” \\\" {", "layer": "3"}, models={"tiny": "0" * 64, "hub": ""},
    said="negative 0.9912", given="own", content=b"\x00photo", arrays={"map": np.arange(6, dtype=np.float32).reshape(2, 3)},
)  # fmt: skip
ABOUT_IT: dict[str, Any] = {
    "format": "attnviz session", "version": 1, "page": "text", "choices": {}, "models": {}, "said": "", "given": "",
}  # fmt: skip


def packed(parts: dict[str, bytes], about: Any = ABOUT_IT) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if about is not None:
            archive.writestr(ABOUT, about if isinstance(about, (bytes, str)) else json.dumps(about))
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def array(values: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(values), **{"version": (1, 0), **options})
    return buffer.getvalue()


def test_a_session_comes_back_as_it_was() -> None:
    found = read(write(WHOLE))
    assert (found.page, found.choices, found.models, found.said) == (WHOLE.page, WHOLE.choices, WHOLE.models, WHOLE.said)
    assert (found.given, found.content) == (WHOLE.given, WHOLE.content)
    np.testing.assert_array_equal(found.arrays["map"], WHOLE.arrays["map"])
    assert read(write(Session("series", {}))) == Session("series", {})


def test_what_differs_is_said_in_sentences() -> None:
    same = {"map": WHOLE.arrays["map"] + np.float32(1e-7)}
    here = {"tiny": "0" * 64, "hub": ""}
    assert WHOLE.differences(here, same) == []
    assert WHOLE.differences({"tiny": "1" * 64}, {}) == [
        "The model hub is not on this machine.",
        "The model tiny has other weights than those of the session.",
        "The session shows “map”, which is not shown here.",
    ]
    (gap,) = WHOLE.differences(here, {"map": WHOLE.arrays["map"] + np.float32(0.25)})
    assert gap == "The numbers of “map” differ from those of the session by up to 0.25."
    (shape,) = WHOLE.differences(here, {"map": np.zeros((4, 4), np.float32)})
    assert "4 x 4 here and 2 x 3 in the session" in shape


HOSTILE = {
    "nothing": b"",
    "no archive": b"PK\x03\x04" + b"x" * 100,
    "cut off": write(WHOLE)[:-40],
    "a flipped byte": bytes(byte ^ (place == 60) for place, byte in enumerate(write(WHOLE))),
    "no about": packed({}, None),
    "a path upwards": packed({"../evil": b""}),
    "an absolute path": packed({"/etc/passwd": b""}),
    "a path in a name": packed({"arrays/../x.npy": array(np.float32(1))}),
    "too many parts": packed({f"arrays/a{i}.npy": b"" for i in range(session.MEMBERS)}),
    "no json": packed({}, "{"),
    "a list": packed({}, [1]),
    "nested": packed({}, "[" * 100_000 + "]" * 100_000),
    "not a number": packed({}, json.dumps({**ABOUT_IT, "said": float("nan")})),
    "a key too many": packed({}, {**ABOUT_IT, "code": "x"}),
    "a key too few": packed({}, {key: value for key, value in ABOUT_IT.items() if key != "said"}),
    "a bool for a number": packed({}, {**ABOUT_IT, "version": True}),
    "another version": packed({}, {**ABOUT_IT, "version": 2}),
    "another program": packed({}, {**ABOUT_IT, "format": "other"}),
    "no text": packed({}, {**ABOUT_IT, "choices": {"layer": 3}}),
    "an odd name": packed({}, {**ABOUT_IT, "choices": {"__class__": "x"}}),
    "a long text": packed({}, {**ABOUT_IT, "choices": {"text": "x" * (session.LONGEST + 1)}}),
    "many choices": packed({}, {**ABOUT_IT, "choices": {f"a{i}": "" for i in range(session.ENTRIES + 1)}}),
    "no checksum": packed({}, {**ABOUT_IT, "models": {"tiny": "<b>"}}),
    "an odd page": packed({}, {**ABOUT_IT, "page": "../text"}),
    "given and not there": packed({}, {**ABOUT_IT, "given": "own"}),
    "there and not given": packed({"input": b"x"}),
    "a large about": packed({}, json.dumps({**ABOUT_IT, "said": "x" * session.JSON_BYTES})),
    "nan": packed({"arrays/a.npy": array(np.array([np.nan], np.float32))}),
    "inf": packed({"arrays/a.npy": array(np.array([np.inf], np.float32))}),
    "doubles": packed({"arrays/a.npy": array(np.zeros(3))}),
    "objects": packed({"arrays/a.npy": array(np.array([{}], object), allow_pickle=True)}),
    "columns first": packed({"arrays/a.npy": array(np.asfortranarray(np.zeros((2, 3), np.float32)))}),
    "another array version": packed({"arrays/a.npy": array(np.zeros(3, np.float32), version=(2, 0))}),
    "a short array": packed({"arrays/a.npy": array(np.zeros(3, np.float32))[:-4]}),
    "an array that says more": packed({"arrays/a.npy": array(np.zeros(3, np.float32)).replace(b"(3,)", b"(9,)")}),
    "a negative shape": packed({"arrays/a.npy": array(np.zeros(3, np.float32)).replace(b"(3,), ", b"(-3,),")}),
    "no array": packed({"arrays/a.npy": b"hello"}),
}  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_session_is_one_sentence(raw: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        read(raw)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({"input": bytes(LIMITS.session_bytes + 1)}, {**ABOUT_IT, "given": "own"})
    assert len(bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(InputError, match="unpacks to more than"):
        read(bomb)


def test_a_part_that_says_less_than_it_holds_is_read_no_further_than_its_limit() -> None:
    raw = bytearray(packed({}, json.dumps({**ABOUT_IT, "said": "x" * 3 * session.JSON_BYTES})))
    directory = raw.rfind(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    with pytest.raises(InputError):
        read(bytes(raw))


def test_a_file_beyond_the_limit_is_not_looked_into() -> None:
    with pytest.raises(InputError, match="limit of a session"):
        read(bytes(LIMITS.session_bytes + 1))
