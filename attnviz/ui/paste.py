"""A place to paste a photo from the clipboard."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from attnviz.errors import InputError

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "attnviz_paste",
    html='<button type="button" class="paste">Copy a picture, then press Ctrl+V, or click here</button>',
    css=(HERE / "paste.css").read_text(encoding="utf-8"),
    js=(HERE / "paste.js").read_text(encoding="utf-8"),
)


def pasted(key: str, take: Callable[[Callable[[], bytes]], None]) -> None:
    """`take` hears of a picture that the visitor pastes, as what reads its bytes: InputError where they are none at all."""
    data = {"megabytes": st.get_option("server.maxUploadSize")}
    _component(key=key, data=data, on_photo_change=lambda: take(lambda: _read(st.session_state[key]["photo"])))


def _read(photo: str) -> bytes:
    try:
        return base64.b64decode(photo, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise InputError("what was pasted is not a picture", "copy a picture and paste again") from None
