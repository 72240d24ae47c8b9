"""Pieces that every page shares: picking a model, saying what was changed, the decision and receipts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard, all_cards
from attnviz.foreign.files import absent
from attnviz.maps import AttentionMap
from attnviz.plot.dressed import dressed
from attnviz.results import Prediction
from attnviz.state import Choice, OneOf
from attnviz.ui import say
from attnviz.ui.controls import controls
from attnviz.ui.fetching import FETCHED, Absent, not_here
from attnviz.ui.looks import dark
from attnviz.ui.state import State

_STYLE = """<style>
.stMainBlockContainer { padding-top: 3rem; padding-bottom: 3rem; max-width: 1500px }
@media (max-width: 768px) { .stMainBlockContainer { padding-top: 4.2rem } }
@media (max-width: 640px) { .xaxislayer-above:has(> .xtick:nth-child(17)) > .xtick:nth-child(even) { display: none } }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit !important; opacity: 1 }
[data-testid="stCaptionContainer"] { opacity: .82 !important }
.stMainBlockContainer h1 { font-size: 1.7rem; padding: 0 0 .3rem }
pre, pre code { white-space: pre-wrap !important; overflow-wrap: anywhere }
@media (max-width: 640px) {
  .stMainBlockContainer h1 { font-size: 1.3rem }
  [class*="-figures"] .stHorizontalBlock { flex-wrap: wrap; gap: .4rem }
  [class*="-figures"] .stColumn { flex: 1 1 40%; min-width: 40% }
  [class*="-figures"] .stColumn:has(.stPlotlyChart) { order: 1; min-width: 100% }
}
.stMainBlockContainer h2, .stMainBlockContainer h3 { font-size: 1.15rem; padding: .3rem 0 }
</style>"""

MOST_TOLD = 100_000  # bytes of a README

CHART = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def head(title: str) -> None:
    """A page's title, and the little style that all pages share."""
    st.html(_STYLE)
    st.title(title, anchor=False)


def chart(figure: go.Figure, key: str, alt: str = "") -> None:
    """A figure across the column, in the colours that it brings; `alt` is read to those who do not see it."""
    st.plotly_chart(dressed(figure, dark()), key=key, config=CHART, alt=alt or None)


def model(state: State, kind: str, tasks: Sequence[str] = (), first: str = "") -> ModelCard | None:
    """A model that takes this kind of input, for one of some tasks, at first the one called `first`: a choice of a page, `model`.

    None, after saying why, where there is none.
    """
    fitting, missing = _fitting(kind, tasks, first)
    if not fitting:
        _none_here(kind, missing)
        return None
    choice = Choice("model", "Model", OneOf(tuple(fitting), lambda name: fitting[name].title, listed=True), next(iter(fitting)))
    if (fetched := st.session_state.pop(FETCHED.format(kind), None)) in fitting:
        state.put(choice, fetched)
    with st.sidebar:
        name = controls(state, [choice])["model"]
        _described(fitting[name], missing)
    return fitting[name]


def _fitting(kind: str, tasks: Sequence[str], first: str) -> tuple[dict[str, ModelCard], Absent]:
    """Models for this kind of input that are here, by name, and those that are not.

    What ships whole comes first, and of photo models those that see most of a photo.
    """
    cards, errors = all_cards()
    cards = [card for card in cards if not tasks or card.task in tasks]
    cards.sort(key=lambda card: (card.name != first, card.source != "own", -card.image.get("size", 0)))
    for error in errors:
        say.warning(error)
    reasons = {card.name: absent(card) for card in cards if card.input == kind}
    fitting = {card.name: card for card in cards if reasons.get(card.name) == ""}
    return fitting, {card.name: (card, reasons[card.name]) for card in cards if reasons.get(card.name)}


def _described(card: ModelCard, missing: Absent) -> None:
    """What is said of a model, and of those that are not here."""
    say.caption(card.summary)
    _about(card)
    not_here(missing, card.input)


def _about(card: ModelCard) -> None:
    """What its folder says of a model: of one of this project's as it is meant, though no picture is fetched; else as text."""
    path = card.folder / "README.md"
    if not path.is_file():
        return

    def tell() -> None:
        told = path.read_bytes()[:MOST_TOLD].decode("utf-8", "replace")
        if card.source == "own":
            st.markdown(told.replace("![", "!\\["))
        else:
            st.text(told)

    opening("About this model", f"about-{card.name}", tell, "stretch")


def opening(label: str, key: str, draw: Callable[[], object], width: Literal["content", "stretch"] = "content") -> None:
    """A popover whose content is made and sent once it is opened: most never are."""
    popover = st.popover(label, key=key, width=width, on_change="rerun")
    if popover.open:
        with popover:
            draw()


def here(kind: str) -> dict[str, ModelCard]:
    """Models that take this kind of input and are on this machine, by name; those that ship whole come first."""
    cards = sorted(all_cards()[0], key=lambda card: card.source != "own")
    return {card.name: card for card in cards if card.input == kind and not absent(card)}


def _none_here(kind: str, missing: Absent) -> None:
    if missing:
        st.info("No model for this is on this machine yet. Below are those there are, and how to get one.")
        not_here(missing, kind)
    else:
        say.error(f"No model for {kind} is installed. Fetch the project's models folder again.")


def notes(sentences: Sequence[str]) -> None:
    """What was changed on the way in."""
    for sentence in sentences:
        say.info(sentence, icon=":material/info:")


def decision(prediction: Prediction, key: str, most: int = 5) -> None:
    """The decision in words, and its probabilities as bars."""
    decided(prediction)
    likely(prediction, key, most)


def decided(prediction: Prediction) -> None:
    """The decision in words."""
    if not prediction.ranked:
        st.markdown(say.literal(f"No decision, in {prediction.seconds * 1000:.0f} ms. {prediction.why_none}"))
        return
    probability = prediction.ranked[0][1]
    about = f" ({say.literal(prediction.about)})" if prediction.about else ""
    took = f"{prediction.seconds:.1f} s" if prediction.seconds > 9 else f"{prediction.seconds * 1000:.0f} ms"
    words = say.literal(prediction.words)
    st.markdown(f"Decision: **{words}**{about} with probability **{plot.three_digits(probability)}**, in {took}")


def likely(prediction: Prediction, key: str, most: int) -> None:
    """The most probable labels as bars; nothing where nothing is decided."""
    if prediction.ranked:
        label, probability = prediction.ranked[0]
        chart(plot.probabilities(prediction.ranked[:most]), key, f"{label} {probability:.3f}")


def receipt(m: AttentionMap) -> None:
    """How the numbers were had."""
    if m.receipt is None:
        st.caption("Worked out from the maps of several layers, each of which has a receipt of its own.")
        return
    values = {**asdict(m.receipt), "mechanism": m.mechanism, "norm": f"{m.norm}: {m.promise}"}
    told = {name.replace("_", " "): say.code("not checked" if value is None else value) for name, value in values.items()}
    rows = [f"| {name} | {value} |" for name, value in told.items()]
    st.markdown("\n".join(["| | |", "|---|---|", *rows]))
    st.caption(
        "Row-sum error: how far rows are from their promise. "
        "Output error: recorded weights times values, against the layer's own output."
    )


def receipts(maps: Sequence[AttentionMap]) -> None:
    """Of several maps, one after another."""
    for m in maps:
        receipt(m)
