"""The map of the whole family: every mechanism with its four questions, what it follows from, and what Keras has of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz.mechanisms import Mechanism

HERE = Path(__file__).parent


SAID = "What scores → what normalises, over what; who asks. ← what it follows from."
MARKS = {"is": "a layer of Keras", "follows": "follows from one", "cannot": "cannot be had"}
KINDS = ("soft", "self", "hard", "spatial", "channel")

_component = st.components.v2.component(
    "attnviz_family",
    html='<div class="family"><div class="legend"></div><svg></svg>'
    '<div class="blocks" role="group" aria-label="All mechanisms"></div></div>',
    css=(HERE / "family.css").read_text(encoding="utf-8"),
    js=(HERE / "family.js").read_text(encoding="utf-8"),
)


def family(
    mechanisms: Sequence[Mechanism], chosen: str, other: str, key: str, goto: str, asked: bool, take: Callable[[str], None]
) -> None:
    """Draws all mechanisms by family, the chosen one with lines from what it follows from and to what follows from it.

    `take` hears the name of a clicked one. What opens is brought into view: the element with the key `goto`, after a click, and at
    first where the address `asked` for it.
    """
    titles = {mechanism.name: mechanism.title for mechanism in mechanisms}
    lines = [(before, each.name) for each in mechanisms for before in each.follows if chosen in (before, each.name)]
    data: dict[str, Any] = {
        "families": [(name, [_card(each, titles) for each in mechanisms if each.family == name]) for name in families(mechanisms)],
        "chosen": chosen, "lines": lines, "kin": sorted({name for line in lines for name in line} - {chosen}), "goto": goto,
        "open": f"{chosen} {other}", "asked": asked,
        "said": SAID, "marks": list(MARKS.items()),
        "kinds": [kind for kind in KINDS if kind in {each.kind for each in mechanisms}],
    }  # fmt: skip
    _component(key=key, data=data, on_chosen_change=lambda: take(str(st.session_state[key]["chosen"])))


def families(mechanisms: Sequence[Mechanism]) -> list[str]:
    """Names of families, each once, in the order of their first members."""
    return list(dict.fromkeys(mechanism.family for mechanism in mechanisms))


def _card(mechanism: Mechanism, titles: dict[str, str]) -> dict[str, str]:
    before = ", ".join(titles[name] for name in mechanism.follows if name in titles)
    return {
        "name": mechanism.name, "title": mechanism.title, "kind": mechanism.kind, "keras": mechanism.keras.relation,
        "marked": MARKS[mechanism.keras.relation], "from": f"← {before}" if before else "",
        "does": f"{mechanism.scores} → {mechanism.normalises}, over {mechanism.over}; asked by {mechanism.query}.",
    }  # fmt: skip
