"""The About page: what this is, the models and their licences, the limits of this server, and how to cite it."""

from collections.abc import Iterable, Sequence

import streamlit as st

from attnviz import __version__
from attnviz.cards import all_cards
from attnviz.foreign.files import absent
from attnviz.limits import LIMITS, about
from attnviz.ui import say, widgets
from attnviz.ui.state import State

WHAT = (
    "attnviz shows where a model looks: in a sentence, a photo or a series of numbers. Every number is the one that the model "
    "worked with, recorded while it ran, and held against the model's own output; what cannot be had exactly is not shown. "
    "Attention says where numbers flowed, not why a decision was made."
)
SHARED = (
    "What you put in stays on this server, in its memory, and is sent nowhere. A result is kept under the checksum of its input "
    "until others push it out; who puts in the same gets the same, and nobody sees what another one put in."
)
CITATION = f"""@software{{attnviz,
  title = {{attnviz: see where a model looks}},
  author = {{{{The attnviz contributors}}}},
  version = {{{__version__}}},
  year = {{2026}},
  license = {{Apache-2.0}}
}}"""


def page() -> None:
    """From what it is to how it is cited."""
    state = State("about")
    widgets.head("What is this?")
    say.markdown(WHAT)
    say.markdown(SHARED)
    say.caption(f"Version {__version__}, under the licence Apache-2.0.")
    st.subheader("Models", anchor=False)
    _models()
    st.subheader("Limits of this server", anchor=False)
    say.markdown("What is beyond them is refused before anything is computed. Who runs a server sets them by the variables.")
    _table(("Limit", "of", "It guards", "Variable"), [(f"{most:,}", *rest, name) for name, most, *rest in about(LIMITS)])
    st.subheader("How to cite it", anchor=False)
    st.code(CITATION, "bibtex", wrap_lines=True)
    say.markdown("A model is cited by what its own description names, and a mechanism by its paper, which Mechanisms gives.")
    state.finish()


def _models() -> None:
    """Every card that can be read, where its weights are, and under which licence they may be used."""
    cards, errors = all_cards()
    for error in errors:
        say.warning(error)
    rows = [(card.title, card.name, card.input, absent(card) or "here", card.licence) for card in cards]
    _table(("Model", "Name", "Takes", "Weights", "Licence"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Text as text, a row a line."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    st.markdown("\n".join([*lines, *(f"| {' | '.join(map(say.literal, row))} |" for row in rows)]))
