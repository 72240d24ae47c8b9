"""Which maps explain? Every explanation of every shipped model over a data set, ranked, with random orders among them."""

from collections.abc import Iterator

import streamlit as st

from attnviz.cards import ModelCard, all_cards
from attnviz.errors import AttnvizError
from attnviz.faithful import table
from attnviz.faithful.table import Figures
from attnviz.ui import say, widgets

MEANING = (
    "For each input the parts that a method names first are hidden from the model: comprehensiveness is what that takes from the "
    "decision, a mean over 10, 20 and 50 % of the parts (DeYoung et al., 2020). The larger, the more they mattered. Sufficiency is "
    "what keeping nothing but them takes: the smaller, the better. Areas under the curves of deletion and insertion are after "
    "Petsiuk et al., 2018. Passed: how often the verdict of the pages is yes, where it can be told. Random orders stand where "
    "they belong: a method below them is worse than luck."
)
HEADER = "| explanation | comprehensiveness | sufficiency | deletion | insertion | passed | people |"


def page() -> None:
    """One table for each model whose figures were worked out."""
    widgets.head("Which maps explain?")
    say.markdown(MEANING)
    cards = [card for card in all_cards()[0] if card.labels and card.source == "own"]
    lacking = [card.title for card in cards if not _model(card)]
    if lacking:
        say.caption(f"Not worked out here: {', '.join(lacking)}.")


def _model(card: ModelCard) -> bool:
    """Whether there are figures."""
    try:
        found = table.read(card)
    except AttnvizError as error:
        say.error(error)
        return False
    if found is None:
        return False
    st.subheader(say.literal(card.title), anchor=False)
    st.markdown("\n".join([HEADER, "|---|---|---|---|---|---|---|", *_rows(found)]))
    say.caption(
        f"{found['n']} inputs of the test split and {found['orders']} random orders each, by attnviz faithful {card.name} "
        f"--data DIR --n {found['n']} --orders {found['orders']} --write. In brackets intervals of 95 %."
    )
    return True


def _rows(found: Figures) -> Iterator[str]:
    for name, figures in table.ranked(found):
        passed = f"{figures['passed']:.0%} of {figures['told']}" if figures.get("told") else ""
        keys = ("comprehensiveness", "sufficiency", "auc_deletion", "auc_insertion")
        agreed = _cell(figures, "agreement")
        bold = "*" if name == "random" else ""
        shown = "random orders" if name == "random" else name
        yield f"| {bold}{say.literal(shown)}{bold} | {' | '.join(_cell(figures, key) for key in keys)} | {passed} | {agreed} |"


def _cell(figures: Figures, key: str) -> str:
    if key not in figures:
        return ""
    low, high = figures[f"{key}_interval"]
    return f"{figures[key]:.3f} ({low:.3f} to {high:.3f})"
