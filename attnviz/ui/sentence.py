"""The input row of a page that takes text: a box, examples, and a file, which when long stays here and is not sent back."""

import streamlit as st

from attnviz.encode import clean, read_text_file
from attnviz.encode.text import MAX_FILE_BYTES
from attnviz.errors import InputError
from attnviz.paths import ASSETS
from attnviz.ui import say

TEXT, EXAMPLE, UPLOAD, PROBLEM, HELD = "text-input", "text-example", "text-upload", "text-problem", "text-held"
# A longer file is shown by its beginning: a browser would get all of it, and send it again with every click.
EDITED = 20_000
BEGINNING = 600


SAMPLES = {"translation": "french.txt"}


def key_of(name: str, task: str) -> str:
    """The key of a task's widget; what is translated is another language's, and has widgets of its own."""
    return name if task not in SAMPLES else f"{name}-{task}"


def text_key(task: str) -> str:
    """The key of a task's text."""
    return key_of(TEXT, task)


def sentence(limit: int, task: str = "sentiment") -> str:
    """The text to decide on; an upload or an example fills the box, where it can be edited. `limit` is in characters."""
    examples = sample_sentences(task)
    key, example, upload, held = text_key(task), key_of(EXAMPLE, task), key_of(UPLOAD, task), key_of(HELD, task)
    st.session_state.setdefault(key, examples[0])
    box, side = st.columns([3, 1], vertical_alignment="top")
    with box:
        text = _held(held) if held in st.session_state else _typed(key)
    side.selectbox(
        "Examples", examples, key=example, index=None, placeholder="Choose an example", on_change=_take_example, args=(task,)
    )
    with side.popover("Upload .txt", width="stretch"):
        said = f"A text file, at most {MAX_FILE_BYTES / 1e6:.1f} MB and {limit:,} characters"
        st.file_uploader(said, type=["txt"], key=upload, on_change=_take_upload, args=(task, limit))
    if problem := st.session_state.pop(PROBLEM, None):
        say.error(problem)
    return text


def sample_sentences(task: str) -> list[str]:
    """The examples, one a line in assets."""
    return (ASSETS / SAMPLES.get(task, "sentences.txt")).read_text(encoding="utf-8").splitlines()


def _typed(key: str) -> str:
    st.text_area("Sentence", key=key, height=104)
    return str(st.session_state[key])


def _held(key: str) -> str:
    text = str(st.session_state[key])
    st.text_area(f"The beginning of your file of {len(text):,} characters", text[:BEGINNING] + " …", height=104, disabled=True)
    st.button("Type a sentence instead", on_click=st.session_state.pop, args=(key, None))
    return text


def _take_example(task: str) -> None:
    if chosen := st.session_state[key_of(EXAMPLE, task)]:
        _put(task, chosen)


def _take_upload(task: str, limit: int) -> None:
    upload = st.session_state[key_of(UPLOAD, task)]
    if upload is None:
        return
    try:
        text = read_text_file(upload.getvalue())
        clean(text, limit)
        _put(task, text)
    except InputError as error:
        st.session_state[PROBLEM] = str(error)


def _put(task: str, text: str) -> None:
    st.session_state.pop(key_of(HELD, task), None)
    st.session_state[key_of(HELD, task) if len(text) > EDITED else text_key(task)] = text
