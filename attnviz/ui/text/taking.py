"""What a click takes away: words that are hidden from the model, and heads that are switched off."""

import streamlit as st

from attnviz.asked import asked
from attnviz.results import TextResult
from attnviz.ui import cache, say
from attnviz.ui.controls import control
from attnviz.ui.state import State
from attnviz.views import View
from attnviz.views.reasons import CLICK, HIDDEN, OFF


def taken(state: State, result: TextResult, views: list[View[TextResult]]) -> TextResult:
    """The result without what was taken away, with buttons that give it back; as it was where no view of it takes anything."""
    if not any(choice.name == HIDDEN.name for view in views for choice in view.choices(result)):
        return result
    values = state.take((CLICK, HIDDEN, OFF))
    control(state, CLICK, values[CLICK.name])
    hidden, off = values[HIDDEN.name], values[OFF.name]
    if not (hidden or off):
        return result
    key = ("asked", result.card.name, cache.fingerprint(result.encoded.text), hidden, off)
    found, fresh = cache.attempted(f"asked {result.card.name}", lambda: cache.once(key, lambda: asked(result, hidden, off)))
    if found is None or not fresh:
        state.forget((HIDDEN.name, OFF.name))
        return result
    names = {f"“{result.encoded.words[i].text}”": i for i in hidden}
    before, after = (each.probabilities.get(str(result.decision), 0.0) for each in (result, found))
    say.markdown(f"Taken away: “{result.decision}” had {before:.3f} and has {after:.3f} without, {after - before:+.3f}.")
    with st.container(horizontal=True):
        for name, i in names.items():
            left = HIDDEN.allowed.toggled(hidden, i)  # type: ignore[attr-defined]
            st.button(say.literal(name), key=f"text-back-{i}", on_click=state.put, args=(HIDDEN, left), icon=":material/undo:")
        for head in off:
            left, name = OFF.allowed.toggled(off, head), f"layer {head[0]}, head {head[1]}"  # type: ignore[attr-defined]
            st.button(name, key=f"text-on-{head[0]}-{head[1]}", on_click=state.put, args=(OFF, left), icon=":material/undo:")
    return found
