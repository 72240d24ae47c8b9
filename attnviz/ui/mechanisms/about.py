"""What is said about a mechanism: formula, paper, the code of its layer, what Keras has of it, and the models that use it."""

import inspect
from collections.abc import Sequence

import streamlit as st

from attnviz.cards import ModelCard, all_cards
from attnviz.mechanisms import Mechanism
from attnviz.ui import say
from attnviz.ui.pages.text import TASKS
from attnviz.ui.state import open_with

RELATIONS = {
    "is": ":green-badge[is a layer of Keras]",
    "follows": ":blue-badge[follows from a layer of Keras]",
    "cannot": ":gray-badge[cannot be had from a layer of Keras]",
}


def formula(mechanism: Mechanism) -> None:
    """Formula, the four questions, and the paper."""
    st.latex(mechanism.formula)
    paper = mechanism.paper
    st.markdown(
        f"**Scores:** {say.literal(mechanism.scores)}. **Normalised by** {say.literal(mechanism.normalises)}, **over** "
        f"{say.literal(mechanism.over)}. **Asked by** {say.literal(mechanism.query)}. "
        f"[{say.literal(paper.authors)}, {paper.year}]({paper.link})"
    )


def lineage(mechanism: Mechanism, everything: Sequence[Mechanism]) -> None:
    """What it follows from, and what follows from it."""
    titles = {each.name: each.title for each in everything}
    before = [titles[name] for name in mechanism.follows if name in titles]
    after = [each.title for each in everything if mechanism.name in each.follows]
    parts = [f"{what} {say.literal(', '.join(names))}." for what, names in (("Follows from", before), ("Leads to", after)) if names]
    if parts:
        st.caption(" ".join(parts))


def code(mechanism: Mechanism) -> None:
    """The lines of the layer, as they run."""
    st.markdown("**The code of its layer**")
    st.code(mechanism.source, "python", wrap_lines=True)
    place = inspect.getmodule(mechanism.layer)
    st.caption(f"Read from `{place.__name__ if place else ''}`, which is what runs here.")


def keras(mechanism: Mechanism) -> None:
    """Relation, sentence, and the call."""
    answer = mechanism.keras
    st.markdown(f"**In Keras** {RELATIONS[answer.relation]}" + (f" `{answer.layer}`" if answer.layer else ""))
    st.markdown(say.literal(answer.why))
    if answer.call:
        st.code(answer.call, "python", wrap_lines=True)
        st.caption("A test runs this with Keras and finds the numbers of the layer beside it, to 0.00001.")


def models(mechanism: Mechanism) -> None:
    """Trained models that use it, each a way to its page."""
    st.markdown("**In attnviz**")
    cards = {card.name: card for card in all_cards()[0]}
    found = [cards[name] for name in mechanism.trained if name in cards]
    for card in found:
        _link(card)
    if not found:
        st.caption("No trained model of this app uses it; here it runs on your own small input.")


def _link(card: ModelCard) -> None:
    title, summary = say.literal(card.title), say.literal(card.summary)
    st.button(
        title, key=f"mechanism-open-{card.name}", icon=":material/open_in_new:", help=summary, on_click=open_with,
        args=(card.input, address(card)),
    )  # fmt: skip


def address(card: ModelCard) -> dict[str, str]:
    """What the address of a model's page says of it."""
    task = next((task for task, (_, tasks) in TASKS.items() if card.task in tasks), "sentiment")
    return {"task": task, "model": card.name} if card.input == "text" else {"model": card.name}
