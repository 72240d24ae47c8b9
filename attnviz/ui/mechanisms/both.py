"""Two mechanisms on the same input, and where one looks more than the other."""

import streamlit as st

from attnviz.errors import InputError
from attnviz.mechanisms import Mechanism
from attnviz.ui import say
from attnviz.ui.card import cards
from attnviz.ui.link import with_text
from attnviz.ui.mechanisms import about
from attnviz.ui.mechanisms.bench import OTHER, second
from attnviz.ui.mechanisms.given import BOXES, given
from attnviz.ui.state import State
from attnviz.views import beside


@st.fragment
def both(state: State, first: Mechanism, other: Mechanism) -> None:
    """One input, two sets of choices, two maps and their difference; runs again alone."""
    alike = kind_of_input(first) == kind_of_input(other)
    shared = given(state, max(first, other, key=lambda each: len(BOXES.get(each.input, ())))) if alike else None
    results = []
    for column, mechanism, ahead in zip(st.columns(2, gap="large"), (first, other), ("", OTHER), strict=True):
        with column:
            st.subheader(mechanism.title, anchor=False)
            about.formula(mechanism)
            results.append(second(state, mechanism, shared or given(state, mechanism), ahead))
    if results[0] is not None and results[1] is not None:
        if alike:
            try:
                cards(state, [beside.mechanisms(results[0], results[1])])
            except InputError as error:
                say.info(error)
        else:
            say.info(f"{first.title} and {other.title} take different kinds of input, so there is no difference to draw.")
    with_text(state)
    state.write()


def kind_of_input(mechanism: Mechanism) -> str:
    """What two mechanisms must share to run on one input; one that asks itself takes the queries of three matrices."""
    return "vectors" if mechanism.input in BOXES else mechanism.input
