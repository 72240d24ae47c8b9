"""Ways from one page to another: a model opens on the page that shows it."""

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.ui import widgets
from attnviz.ui.pages import text


def choices(card: ModelCard) -> dict[str, str]:
    """Widget key -> value with which the page of a model opens at that model."""
    if card.input != "text":
        return {f"{card.input}-model": card.name}
    task = next((task for task, (_, tasks) in text.TASKS.items() if card.task in tasks), "sentiment")
    return {text.TASK: task, text.model_key(task): card.name}


def open_model(card: ModelCard) -> None:
    """Goes to the page of a model, which then shows it."""
    from attnviz.ui.front import pages

    if card.input == "series":
        st.switch_page(pages()[card.input], query_params={"model": card.name})
    st.session_state.setdefault(widgets.KEPT, {}).update(choices(card))
    for key in choices(card):
        st.session_state.pop(key, None)
    st.switch_page(pages()[card.input])
