"""The input row of the Image page: a sample, or a photo of the visitor's own, which stays with the visitor who has it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from attnviz.errors import InputError
from attnviz.paths import ASSETS
from attnviz.state import Choice, OneOf, Text
from attnviz.ui import cache, say
from attnviz.ui.controls import control, held_at
from attnviz.ui.paste import pasted
from attnviz.ui.state import State

PHOTOS = ASSETS / "photos"
PROBLEM, TAKEN = "image-problem", "image-taken"
FITS = {"crop": "Cropped to its middle", "letterbox": "Whole, with bars"}
FIT = Choice("fit", "Make it square", OneOf((*FITS,), FITS.__getitem__), "crop")
OWN = Choice("own", "Your photo", Text(16), "")  # the name of its bytes in the visitor's store
PRIVATE = (OWN.name,)
OF_PHOTO = ("tried", "curves")  # what is asked of one photo, and not yet of another


@dataclass(frozen=True)
class Given:
    """What the visitor gave, for what runs a model on it: a photo's bytes, and how it is made square."""

    raw: bytes
    fit: str

    @property
    def key(self) -> tuple[str, str]:
        """What stands for it in the store."""
        return cache.fingerprint(self.raw), self.fit


def credits() -> dict[str, dict[str, str]]:
    """File name -> title, author, licence and source of each sample photo."""
    return tomllib.loads((PHOTOS / "credits.toml").read_text(encoding="utf-8"))


def sample(name: str) -> bytes:
    """The bytes of a sample photo."""
    return (PHOTOS / name).read_bytes()


def given(state: State) -> Given:
    """The photo to look at, with its controls; what cannot be taken is said, and the photo before it stays."""
    known = credits()
    choice = Choice("sample", "Photo", OneOf((*known,), lambda name: known[name]["title"], listed=True), next(iter(known)))
    values = state.take((choice, OWN, FIT))
    raw = cache.held(values[OWN.name]) if values[OWN.name] else None
    if raw is None:
        state.forget((OWN.name,))
    first, second = st.columns(2, vertical_alignment="bottom")
    with first:
        _samples(state, choice, values[choice.name] if raw is None else None)
    with second.container(horizontal=True):
        _own(state)
        with st.popover("More", width="stretch"):
            control(state, FIT, values[FIT.name], late=True)
    if problem := st.session_state.pop(PROBLEM, None):
        say.error(problem)
    if raw is not None:
        st.caption("Your own photo. It stays with you: a link to this page cannot bring it along, and shows the sample.")
        return Given(raw, values[FIT.name])
    credit = known[values[choice.name]]
    say.caption(f"{credit['title']}: {credit['author']}, {credit['licence']}, {credit['source']}")
    return Given(sample(values[choice.name]), values[FIT.name])


def _samples(state: State, choice: Choice, chosen: str | None) -> None:
    key = state.key(choice)
    held_at(key, chosen)

    def take() -> None:
        if st.session_state[key] is not None:
            state.put(choice, st.session_state[key])
            state.forget((*PRIVATE, *OF_PHOTO))

    allowed: OneOf = choice.allowed  # type: ignore[assignment]
    st.selectbox(
        choice.label, allowed.values, index=None, format_func=allowed.says, key=key, on_change=take, required=chosen is not None,
        placeholder="Choose a sample",
    )  # fmt: skip


def _own(state: State) -> None:
    """A file, the clipboard or the camera. After each photo all are new, so that no file's name or error stays beside another's."""
    number = st.session_state.setdefault(TAKEN, 0)
    with st.popover("Your own photo", width="stretch", key=f"image-own-{number}"):
        file, shot = f"image-file-{number}", f"image-shot-{number}"
        with st.container(key="image-upload"):
            st.file_uploader("A photo", key=file, on_change=lambda: _take(state, lambda: _bytes(file)))
        pasted(f"image-paste-{number}", lambda read: _take(state, read))
        if st.toggle("Take one with the camera", key=f"image-camera-{number}"):
            st.camera_input("Camera", key=shot, on_change=lambda: _take(state, lambda: _bytes(shot)), label_visibility="collapsed")


def _bytes(key: str) -> bytes | None:
    upload = st.session_state[key]
    return None if upload is None else bytes(upload.getvalue())


def _take(state: State, read: Callable[[], bytes | None]) -> None:
    """Keeps a photo that can be decoded, and says of another why it cannot be taken."""
    try:
        raw = read()
        if raw is None:
            return
        cache.decoder().decode(raw)
        state.put(OWN, cache.hold(raw))
        state.forget(OF_PHOTO)
    except InputError as error:
        st.session_state[PROBLEM] = f"{error} Below is still the last photo."
    st.session_state[TAKEN] += 1
