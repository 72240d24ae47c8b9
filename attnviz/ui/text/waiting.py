"""What marks a decision as that of the former sentence, as long as another one stands in the box."""

from pathlib import Path

import streamlit as st

ANSWER = "text-answer"
_STYLE = f"<style>.st-key-{ANSWER}.former {{ opacity: .45 }}</style>"

_component = st.components.v2.component(
    "attnviz_waiting",
    html='<p class="former" role="status" hidden>Below is the answer for the former sentence. Send the new one.</p>',
    css=".former { margin: 0; font-family: var(--st-font); color: var(--st-text-color) }",
    js=(Path(__file__).parent / "waiting.js").read_text(encoding="utf-8"),
)


def waiting(box: str, decided: str) -> None:
    """`box`: the key of the text area; `decided`: the text, as it was sent, that the answer below is for."""
    st.html(_STYLE)
    _component(key="text-waiting", data={"box": box, "answer": ANSWER, "decided": decided})
