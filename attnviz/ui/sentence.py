"""The input row of a page that takes text: a box, examples, and a file, which when long stays here and is not sent back."""

import streamlit as st

from attnviz.encode import clean, read_text_file
from attnviz.encode.text import MAX_FILE_BYTES
from attnviz.errors import InputError
from attnviz.paths import ASSETS

TEXT, EXAMPLE, UPLOAD, PROBLEM, HELD = "text-input", "text-example", "text-upload", "text-problem", "text-held"
# A longer file is shown by its beginning: a browser would get all of it, and send it again with every click.
EDITED = 20_000
BEGINNING = 600


def sentence(limit: int) -> str:
    """The text to decide on; an upload or an example fills the box, where it can be edited. `limit` is in characters."""
    examples = sample_sentences()
    st.session_state.setdefault(TEXT, examples[0])
    box, side = st.columns([3, 1], vertical_alignment="top")
    with box:
        text = _held() if HELD in st.session_state else _typed()
    side.selectbox("Examples", examples, key=EXAMPLE, index=None, placeholder="Choose an example", on_change=_take_example)
    with side.popover("Upload .txt", width="stretch"):
        said = f"A text file, at most {MAX_FILE_BYTES / 1e6:.1f} MB and {limit:,} characters"
        st.file_uploader(said, type=["txt"], key=UPLOAD, on_change=_take_upload, args=(limit,))
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(problem)
    return text


def sample_sentences() -> list[str]:
    """The examples, one a line in assets."""
    return (ASSETS / "sentences.txt").read_text(encoding="utf-8").splitlines()


def _typed() -> str:
    st.text_area("Sentence", key=TEXT, height=104)
    return str(st.session_state[TEXT])


def _held() -> str:
    text = str(st.session_state[HELD])
    st.text_area(f"The beginning of your file of {len(text):,} characters", text[:BEGINNING] + " …", height=104, disabled=True)
    st.button("Type a sentence instead", on_click=st.session_state.pop, args=(HELD, None))
    return text


def _take_example() -> None:
    if st.session_state[EXAMPLE]:
        _put(st.session_state[EXAMPLE])


def _take_upload(limit: int) -> None:
    upload = st.session_state[UPLOAD]
    if upload is None:
        return
    try:
        text = read_text_file(upload.getvalue())
        clean(text, limit)
        _put(text)
    except InputError as error:
        st.session_state[PROBLEM] = str(error)


def _put(text: str) -> None:
    st.session_state.pop(HELD, None)
    st.session_state[HELD if len(text) > EDITED else TEXT] = text
