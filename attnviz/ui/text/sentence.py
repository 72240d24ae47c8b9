"""The input row of a page that takes text: a box, examples, and a file, which when long stays here and is not sent back."""

import streamlit as st

from attnviz.encode import clean, read_text_file
from attnviz.encode.text import MAX_FILE_BYTES
from attnviz.errors import InputError
from attnviz.paths import ASSETS
from attnviz.state import Choice, OneOf, Text
from attnviz.ui import say
from attnviz.ui.controls import held_at
from attnviz.ui.state import State

PROBLEM = "text-problem"
# A longer file is shown by its beginning: a browser would get all of it, and send it again with every click.
EDITED = 20_000
BEGINNING = 600
LONGEST = 1 << 24  # what is longer than a model takes is refused at its border, with its limit
SAMPLES = {"translation": "french.txt"}
# What is chosen of one text, and means nothing for another.
BEGIN = "begin"  # of a translation: what it is to begin with, in words of the visitor's own
OF_TEXT = ("lock", "window", "find", "gap", "sentence", "step", "beam", BEGIN, "tried", "curves", "hidden", "off")


def name_of(what: str, task: str) -> str:
    """The name of a task's choice; what is translated is another language's, and is kept beside the rest."""
    return what if task not in SAMPLES else f"{what}-{task}"


PRIVATE = (*(name_of("text", task) for task in ("", *SAMPLES)), BEGIN)


def sentence(state: State, task: str, limit: int) -> str:
    """The text to decide on: an example by its number, or the visitor's own. `limit` is in characters."""
    examples = sample_sentences(task)
    own = Choice(name_of("text", task), "Sentence", Text(LONGEST), "")
    known = OneOf(tuple(range(len(examples))), examples.__getitem__)
    sample = Choice(name_of("sample", task), "Examples", known, 0)
    values = state.take((own, sample))
    typed = own.name in state.texts
    text = str(values[own.name]) if typed else examples[values[sample.name]]
    box, side = st.columns([3, 1], vertical_alignment="bottom")
    with box:
        (_held if len(text) > EDITED else _box)(state, own, text, name_of("text-input", task))
    with side:
        key, told = name_of("text-send", task), "Or Ctrl+Enter in the text."
        st.button("Send", key=key, width="stretch", icon=":material/send:", help=told)
        _examples(state, own, sample, known, None if typed else values[sample.name])
        _upload(state, own, task, limit)
    if problem := st.session_state.pop(PROBLEM, None):
        say.error(problem)
    return text


def sample_sentences(task: str) -> list[str]:
    """The examples, one a line in assets."""
    return (ASSETS / SAMPLES.get(task, "sentences.txt")).read_text(encoding="utf-8").splitlines()


def _put(state: State, choice: Choice, value: object) -> None:
    """Another text, of which nothing is locked yet."""
    state.put(choice, value)
    state.forget(OF_TEXT)


def _box(state: State, own: Choice, text: str, key: str) -> None:
    """Leaving the box sends what is in it, so that any button does."""
    held_at(key, text)
    st.text_area("Sentence", key=key, height=104, on_change=lambda: _put(state, own, st.session_state[key]))


def _held(state: State, own: Choice, text: str, key: str) -> None:  # noqa: ARG001
    st.text_area(f"The beginning of your file of {len(text):,} characters", text[:BEGINNING] + " …", height=104, disabled=True)
    st.button("Type a sentence instead", on_click=state.forget, args=((own.name, *OF_TEXT),))


def _examples(state: State, own: Choice, sample: Choice, known: OneOf, chosen: int | None) -> None:
    key = state.key(sample)
    held_at(key, chosen)

    def take() -> None:
        if st.session_state[key] is not None:
            _put(state, sample, st.session_state[key])
            state.forget((own.name,))

    st.selectbox(
        sample.label, known.values, key=key, index=None, placeholder="Choose an example", label_visibility="collapsed",
        format_func=known.says, on_change=take,
    )  # fmt: skip


def _upload(state: State, own: Choice, task: str, limit: int) -> None:
    key = name_of("text-upload", task)

    def take() -> None:
        if (upload := st.session_state[key]) is None:
            return
        try:
            text = read_text_file(upload.getvalue())
            clean(text, limit)
            _put(state, own, text)
        except InputError as error:
            st.session_state[PROBLEM] = str(error)

    with st.popover("Upload .txt", width="stretch"):
        said = f"A text file, at most {MAX_FILE_BYTES / 1e6:.1f} MB and {limit:,} characters"
        st.file_uploader(said, type=["txt"], key=key, on_change=take)
