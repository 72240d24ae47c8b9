"""Save session and Open session, in the sidebar: all that was chosen and given on a page, as a file."""

import streamlit as st

from attnviz import session
from attnviz.cards import all_cards
from attnviz.errors import InputError
from attnviz.session import Session
from attnviz.ui import cache, say
from attnviz.ui import state as states
from attnviz.ui.state import State

OPEN, PROBLEM, OPENED = "session-open", "session-problem", "session-opened"
OWN = "own"  # the choice of every page that names what a visitor brought in the store
MOST_NUMBERS = 1_000_000  # of an exhibit; larger maps are worked out again, and not compared
WEIGHTS = "weights.safetensors"


def corner(pages: tuple[str, ...]) -> None:
    """Draws both, and after a session was opened says what differs; at the end of a run."""
    state = states.current()
    if state is None:
        return
    popover = st.sidebar.popover("Session", key="session", width="stretch", on_change="rerun")
    if popover.open:
        content = cache.held(state.texts.get(OWN, ""))  # here: the file is made outside of a run
        with popover:
            st.caption("A file with what you chose and gave, and the numbers in sight; it opens here and on other machines.")
            st.download_button(
                "Save session", lambda: session.write(saved(state, content)), f"attnviz-{state.page}.zip", "application/zip",
                key="session-save", on_click="ignore", width="stretch",
            )  # fmt: skip
            st.file_uploader("Open session", type=["zip"], key=OPEN, on_change=_open, args=(pages,))
    if problem := st.session_state.pop(PROBLEM, None):
        say.error(problem)
    if (opened := st.session_state.pop(OPENED, None)) is not None:
        _compared(state, opened)


def saved(state: State, content: bytes | None) -> Session:
    """The session of a page, as it is now; `content`: what its visitor brought."""
    return Session(
        page=state.page,
        choices={name: text for name, text in state.address(private=True).items() if len(text) <= session.LONGEST},
        models=_models({exhibit.result.maker.get("model", "") for exhibit in state.shown.values()}),
        said=next((exhibit.result.said for exhibit in state.shown.values()), ""),
        given=OWN if content is not None else "",
        content=content,
        arrays={name: m.dense() for name, exhibit in state.shown.items() for m in exhibit.maps[:1] if _small(m.shape)},
    )


def _small(shape: tuple[int, ...]) -> bool:
    size = 1
    for length in shape:
        size *= length
    return size <= MOST_NUMBERS


def _models(names: set[str]) -> dict[str, str]:
    """Those of these that are here, with the checksums of their weights."""
    return {card.name: card.files.get(WEIGHTS, "") for card in all_cards()[0] if card.name in names}


def _open(pages: tuple[str, ...]) -> None:
    """Puts what a file says in place of what was chosen on its page, and goes there."""
    if (upload := st.session_state[OPEN]) is None:
        return
    try:
        found = session.read(upload.getvalue())
        if found.page not in pages:
            raise InputError(
                f"the session is of a page {found.page!r}, which is not here", "open it with the attnviz that wrote it"
            )
    except InputError as error:
        st.session_state[PROBLEM] = str(error)
        return
    choices = dict(found.choices)
    if found.content is not None:
        choices[OWN] = cache.hold(found.content)
    states.open_with(found.page, choices)
    st.session_state[OPENED] = found


def _compared(state: State, opened: Session) -> None:
    """What of an opened session is not as it was."""
    here = {name: exhibit.maps[0].dense() for name, exhibit in state.shown.items() if exhibit.maps and name in opened.arrays}
    told = opened.differences(_models(set(opened.models)), here)
    for sentence in told:
        say.warning(sentence)
    if not told:
        say.info(f"The session is open, and all its {len(opened.arrays)} maps hold the same numbers here.", icon=":material/check:")
