"""What a visitor chose on a page: kept in the session, and in the address, which holds all of it.

A choice is kept as the text that its address has. The address wins where it is not the one that was written last: at a first
visit, after Back and Forward, or when it was typed. Everywhere else the session wins, also for who comes from another page by the
menu, and the address follows at the end of a run.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from attnviz.exhibit import Exhibit
from attnviz.state import Choice, OnOff, Text, settled
from attnviz.ui import say

KEPT, WRITTEN, TOUCHED = "state-kept", "state-written", "state-touched"
HERE, BEFORE = "state-here", "state-before"
# Choices of every page that has exhibits: one of them may fill the window, "" for the one that says most.
STAGE = Choice("stage", "Stage", OnOff(), False, clicked=True)
EXHIBIT = Choice("exhibit", "On the stage", Text(40), "", clicked=True)
CURRENT, GO, OPENED = "state-current", "state-go", "state-opened"


def arrive(page: str) -> None:
    """Says which page runs; before it does."""
    st.session_state[BEFORE], st.session_state[HERE] = st.session_state.get(HERE), page


def current() -> "State | None":
    """That of the page that just ran; None where it has none."""
    state: State | None = st.session_state.get(CURRENT)
    return state if state is not None and state.page == st.session_state.get(HERE) else None


def open_with(page: str, texts: dict[str, str]) -> None:
    """Puts all choices of a page, which is gone to by `gone_to`; for callbacks."""
    st.session_state.setdefault(KEPT, {})[page] = texts
    st.session_state.update({TOUCHED: True, GO: page, OPENED: True})


def gone_to() -> str:
    """The page that was opened with choices just now, once; "" for none."""
    return str(st.session_state.pop(GO, ""))


class State:
    """The choices of one page in one run; fragments of the page go on with the same one.

    `private`: choices that are kept, and that no address gets which did not bring them, such as a text of the visitor's own.
    """

    def __init__(self, page: str, private: Sequence[str] = ()) -> None:
        self.page, self.private = page, private
        self.texts: dict[str, str] = st.session_state.setdefault(KEPT, {}).setdefault(page, {})
        self.defaults: dict[str, str] = {}  # of what was drawn, which is what the address can hold
        self.drawn: dict[str, Exhibit] = {}  # by the names of their cards, in this run of the page or of its fragment
        self.shown: dict[str, Exhibit] = {}  # the same of the last run that came to its end
        self.main = ""  # the exhibit of this run that says most, by its name
        self.staged = False  # whether one is on the stage
        self.refused: list[str] = []
        self.finished = False
        self.asked = asked = st.query_params.to_dict()
        written = st.session_state.get(WRITTEN, {}).get(page)
        came = written is None or st.session_state.get(BEFORE, page) != page
        # A click that was faster than the address of the one before it comes with the old one; it is no link.
        self.linked = (bool(asked) if came else asked != written) and not st.session_state.pop(TOUCHED, False)
        if self.linked:
            self.texts.clear()
            self.texts.update(asked)
        self.opened = bool(st.session_state.pop(OPENED, False))
        self.linked |= self.opened
        st.session_state[CURRENT] = self

    def take(self, choices: Iterable[Choice]) -> dict[str, Any]:
        """The values of some choices; what a link asks for and is not there is remembered as `refused`, and its default taken."""
        choices = list(choices)
        values, refused = settled(choices, self.texts)
        self.defaults |= {choice.name: choice.allowed.write(choice.default) for choice in choices}
        for name, sentence in refused.items():
            del self.texts[name]
            if self.linked:
                self.refused.append(f"The {'session' if self.opened else 'address'} cannot be followed in all: {sentence}")
        return values

    def put(self, choice: Choice, value: Any) -> None:
        """Chooses; for callbacks."""
        self.texts[choice.name] = choice.allowed.write(value)
        st.session_state[TOUCHED] = True

    def forget(self, names: Iterable[str]) -> None:
        """Back to their defaults; for callbacks."""
        for name in names:
            self.texts.pop(name, None)

    def key(self, choice: Choice) -> str:
        """The key of a choice's widget."""
        return f"{self.page}-{choice.name}"

    def finish(self) -> None:
        """Says what of the address could not be had, and writes it; at the end of a page."""
        for name in [name for name in self.texts if self.linked and name not in self.defaults]:
            self.refused.append(f"The {'session' if self.opened else 'address'} asks for “{name[:40]}”, which is not chosen here.")
            del self.texts[name]
        for sentence in self.refused:
            say.warning(sentence)
        self.linked, self.finished = False, True
        self.write()

    def address(self, private: bool = False) -> dict[str, str]:
        """All that is drawn and not at its default; what is `private` only where that is asked for, or the address had it."""
        return {
            name: text
            for name, text in self.texts.items()
            if self.defaults.get(name, text) != text and (private or name not in self.private or self.asked.get(name) == text)
        }

    def write(self) -> None:
        """Writes the address; at the end of a fragment, which does nothing as long as the whole page runs."""
        if not self.finished:
            return
        if self.drawn:
            self._unstaged()
            self.shown, self.drawn = self.drawn, {}
        address = self.address()
        if st.query_params.to_dict() != address:
            st.query_params.from_dict(address)
        st.session_state.setdefault(WRITTEN, {})[self.page] = address
        st.session_state.pop(TOUCHED, None)

    def _unstaged(self) -> None:
        """Says where what was to fill the window is not here, and goes on without; the next run begins anew."""
        if self.texts.get(STAGE.name) == STAGE.allowed.write(True) and not self.staged:
            name = self.texts.get(EXHIBIT.name, "")
            say.warning(f"The stage was to show “{name[:40]}”, which is not among the exhibits here: {', '.join(self.drawn)}.")
            self.forget((STAGE.name, EXHIBIT.name))
        self.main, self.staged = "", False
