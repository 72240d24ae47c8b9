"""Whether the map explains the decision: asked for below it, and worked out only then."""

import streamlit as st

from attnviz.faithful import tried
from attnviz.faithful.methods import METHODS
from attnviz.progress import telling
from attnviz.results import TextResult
from attnviz.state import Choice, OnOff
from attnviz.ui import cache, say
from attnviz.ui.reading import listening
from attnviz.ui.state import State

ASKED = Choice("tried", "Does this map explain the decision?", OnOff(), False)
SHOWN = "attention"
PASSED = {True: "yes", False: "no", None: "cannot be told"}
MEANING = (
    "The words that a method names first are hidden from the model, and as many at random: a map explains a decision where its "
    "words move it further than 95 % of random choices do."
)


def verdict(state: State, result: TextResult, text: str) -> None:
    """A button; then what hiding words says of the attention shown, and of the other explanations."""
    asked = state.take((ASKED,))[ASKED.name]
    if not result.ranked:
        return
    st.subheader("Is that a reason?", anchor=False)
    if not asked:
        st.button(ASKED.label, key=state.key(ASKED), on_click=state.put, args=(ASKED, True), help=MEANING)
        return
    with listening():
        found, _ = cache.attempted(f"tried {result.stem}", lambda: _tried(result, text))
    if found is None:
        return
    for method, sentence, *_ in found:
        if method == SHOWN:
            say.markdown(f"Attention: {sentence}")
    if any(mean is None for _, _, _, mean, _ in found):
        return  # too few words for any method, as the sentence says
    rows = [f"| {method} | {moved:.3f} | {mean:.3f} | {PASSED[passed]} |" for method, _, moved, mean, passed in found]
    st.markdown("\n".join(["| explanation | moves it by | random words | explains it |", "|---|---|---|---|", *rows]))
    st.caption(MEANING)


Row = tuple[str, str, float, float | None, bool | None]


def _tried(result: TextResult, text: str) -> list[Row]:
    """Method, verdict, by how much its words and random ones move the decision, and whether it passes."""
    return cache.once(("tried", result.card.name, cache.fingerprint(text), result.seed), lambda: _work(result))


def _work(result: TextResult) -> list[Row]:
    tell, found = telling("Hides words, and looks how far the decision moves"), []
    tell(0.0)
    for one in tried(cache.model(result.card.name), result):
        random = one.trial.random
        mean = float(random.mean()) if random.size else None  # too few words to draw from
        found.append((one.method, one.verdict, one.trial.moved, mean, one.trial.passed))
        tell(len(found) / (len(METHODS) + 2))  # two of them have two names
    return found
