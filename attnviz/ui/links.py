"""Ways from one page to another: a model opens on the page that shows it."""

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.ui.pages import text


def address(card: ModelCard) -> dict[str, str]:
    """What the address of a model's page says of it."""
    task = next((task for task, (_, tasks) in text.TASKS.items() if card.task in tasks), "sentiment")
    return {"task": task, "model": card.name} if card.input == "text" else {"model": card.name}


def open_model(card: ModelCard) -> None:
    """Goes to the page of a model, which then shows it."""
    from attnviz.ui.front import pages

    st.switch_page(pages()[card.input], query_params=address(card))
