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
button.hard { background: none; border: 2px solid rgba(13, 148, 136, calc(.1 + .9 * var(--odds))); padding: 2px 5px }
button.hard.picked { background: rgba(13, 148, 136, .42) }
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
    const said = data.hard ? word.value + (word.picked ? ', picked' : ', not picked') : word.value;
    button.setAttribute('aria-label', word.text + ' ' + said);
    button.title = said;
    button.style.setProperty('--odds', word.tint.toFixed(3));
    button.classList.toggle('special', word.special);
    button.classList.toggle('hard', data.hard);
    button.classList.toggle('picked', data.hard && word.picked);
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
    labels: Sequence[str], weights: Floats, special: Sequence[bool], key: str, locked: int | None, take: Callable[[int], None],
    picked: Sequence[bool] | None = None,
) -> None:  # fmt: skip
    """Draws words, the one at `locked` framed; `take` hears which one is clicked.

    weights: (word,); the strongest tint is the largest weight. With `picked`, (word,), weights are odds from 0 to 1, which
    show as outlines, and the picked words are filled.
    """
    top = max(float(weights.max()), 1e-9)
    places = 2 if top > FINE else 4
    hard = picked is not None
    shown = [
        {"text": text, "tint": float(weight) / (1 if hard else top), "value": f"{weight:.{places}f}", "special": bool(mark),
         "picked": bool(taken)}
        for text, weight, mark, taken in zip(labels, weights, special, picked or [False] * len(labels), strict=True)
    ]  # fmt: skip
    data: dict[str, Any] = {"words": shown, "locked": locked, "numbers": len(shown) <= NUMBERED, "hard": hard}
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
