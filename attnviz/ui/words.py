"""A sentence whose words are tinted by weight and can be locked with a click or the keyboard."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from attnviz.encode import Word
from attnviz.weights import Floats

_CSS = """
.sentence { display: flex; flex-wrap: wrap; gap: 4px 3px; font-family: var(--st-font); max-height: 14rem; overflow-y: auto;
  padding: 3px }
button { display: inline-flex; flex-direction: column; align-items: center; border: 1px solid transparent; border-radius: 6px;
  padding: 3px 6px; font: inherit; font-size: 1.12rem; line-height: 1.35; color: var(--st-text-color); cursor: pointer;
  background: rgba(37, 99, 235, var(--tint)); unicode-bidi: isolate; max-width: 100%; overflow-wrap: anywhere }
button:hover { border-color: var(--st-border-color) }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px }
button[aria-pressed="true"] { border: 2px solid var(--st-text-color); padding: 2px 5px }
button small { font-size: .68rem; opacity: .8; font-variant-numeric: tabular-nums }
.special { font-style: italic; font-size: .95rem }
"""

# Words arrive as data and are set as text, so markup in them stays text.
_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector('.sentence');
  const focused = [...box.children].indexOf(parentElement.activeElement);
  box.replaceChildren(...data.words.map((word, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.style.setProperty('--tint', (0.72 * word.tint).toFixed(3));
    button.setAttribute('aria-pressed', String(i === data.locked));
    button.setAttribute('aria-label', word.text + ' ' + word.value);
    button.title = word.value;
    if (word.special) button.className = 'special';
    const text = document.createElement('span');
    text.dir = 'auto';
    text.textContent = word.text;
    button.append(text);
    if (data.numbers) {
      const value = document.createElement('small');
      value.textContent = word.value;
      button.append(value);
    }
    button.onclick = () => setTriggerValue('clicked', i);
    return button;
  }));
  if (focused >= 0) box.children[focused]?.focus();
}
"""

NUMBERED = 60
FINE = 0.095  # below, two digits would be mostly zeros
LOCK = "text-lock"

_component = st.components.v2.component(
    "attnviz_words", html='<div class="sentence" role="group" aria-label="Words, tinted by attention"></div>', css=_CSS, js=_JS
)


def words(
    labels: Sequence[str], weights: Floats, special: Sequence[bool], key: str, locked: int | None, take: Callable[[int], None]
) -> None:
    """Draws words, the one at `locked` framed; `take` hears which one is clicked.

    weights: (word,); the strongest tint is the largest weight.
    """
    top = max(float(weights.max()), 1e-9)
    places = 2 if top > FINE else 4
    shown = [
        {"text": text, "tint": float(weight) / top, "value": f"{weight:.{places}f}", "special": bool(mark)}
        for text, weight, mark in zip(labels, weights, special, strict=True)
    ]
    data: dict[str, Any] = {"words": shown, "locked": locked, "numbers": len(shown) <= NUMBERED}
    _component(key=key, data=data, on_clicked_change=lambda: take(int(st.session_state[key]["clicked"])))


def locked_token(text: str) -> int | None:
    """The token whose word the visitor locked in this text; a new text starts unlocked, whatever is merged or hidden."""
    of, token = st.session_state.get(LOCK, (None, None))
    return token if of == text else None


def lock(text: str, token: int | None) -> None:
    """Locks the word of a token of this text, or none."""
    st.session_state[LOCK] = (text, token)


def word_at(words: Sequence[Word], token: int | None) -> int | None:
    """Which of these words holds a token; None where none does."""
    return next((i for i, word in enumerate(words) if token in word.positions), None)


def toggle(text: str, words: Sequence[Word], clicked: int) -> None:
    """Locks the clicked word, or unlocks it where it was."""
    same = word_at(words, locked_token(text)) == clicked
    lock(text, None if same else words[clicked].positions[0])
