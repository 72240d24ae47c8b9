"""A word searched in a long text: choosing a place goes there and locks it."""

import streamlit as st

from attnviz.explain import find
from attnviz.results import TextResult
from attnviz.state import Choice, Text, Window
from attnviz.ui import cache, say
from attnviz.ui.controls import held_at
from attnviz.ui.state import State
from attnviz.views.long_text import FIRST, context
from attnviz.views.sentence import lock_choice

HITS = 200
FIND = Choice("find", "Find a word", Text(80), "")


def finding(state: State, result: TextResult) -> None:
    """A box to search with, and the places that were found."""
    query, key = str(state.take((FIND,))[FIND.name]), state.key(FIND)
    held_at(key, query)
    box, places = st.columns(2, vertical_alignment="bottom")
    box.text_input(
        FIND.label, key=key, placeholder="a word or a few in a row", on_change=lambda: state.put(FIND, st.session_state[key])
    )
    if not query.strip():
        return
    hits = result.once(("find", query), lambda: find(result.encoded.words, query))
    with places:
        if hits:
            _places(state, result, query, hits)
        else:
            say.info(f"“{query[:40]}” is not in the text that was read.")


def _places(state: State, result: TextResult, query: str, hits: list[int]) -> None:
    words, length = result.encoded.words, len(result.encoded.tokens)
    key = f"text-hit-{cache.fingerprint(query + result.encoded.text)}"

    def go() -> None:
        if (i := st.session_state[key]) is not None:
            token, window = words[i].positions[0], Window(length)
            around = window.fitted((token, token), (token, token), FIRST)
            state.put(lock_choice(result.encoded), token)
            state.put(Choice("window", "Window", window, around), around)

    more = f", the first {HITS} are listed" if len(hits) > HITS else ""
    st.selectbox(
        f"{len(hits):,} {'place' if len(hits) == 1 else 'places'}{more}", hits[:HITS], index=None, key=key,
        placeholder="Choose a place to go there", format_func=lambda i: context(words, i), on_change=go,
    )  # fmt: skip
