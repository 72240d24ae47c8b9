"""Text of visitors, files and cards is shown as text: Markdown finds no marks in what passes through here."""

import re

import streamlit as st

# Between two letters nothing is seen of it, and no line breaks there.
JOINER = "\u2060"

# An underscore within a word is no mark.
_MARKS = re.compile(r"[\\`*\[\]{}<>|~$&]|(?<![^\W_])_+|_+(?![^\W_])|:(?=[^\W\d]|[:\[{])|^[#+=-]")
_NUMBERED = re.compile(r"^(\d+)(?=[.)])")
# What Streamlit looks for once escapes are gone: addresses, emoji and icons between colons, and arrows.
_LATE = re.compile(r"(:)(?=//|[\w+/-]+:)|(@)(?=[\w-])|(www)(?=\.)|(?<!\S)([<>~-])(?=[->=]+(?!\S))", re.IGNORECASE)


def literal(text: object) -> str:
    """On one line, as it is, wherever Markdown is read: no mark, link, formula, icon or emoji is found in it."""
    line = " ".join(str(text).split())
    parted = _LATE.sub(lambda found: found[0] + JOINER, line)
    return _NUMBERED.sub(r"\1\\", _MARKS.sub(lambda found: re.sub("(.)", r"\\\1", found[0]), parted))


def code(text: object) -> str:
    """As code in a line of Markdown."""
    return f"`{' '.join(str(text).split()).replace('`', chr(0x2019))}`"


def error(what: object) -> None:
    """What went wrong, in sentences."""
    st.error(literal(what))


def warning(what: object) -> None:
    """What does not work, though the rest does."""
    st.warning(literal(what))


def info(what: object, icon: str | None = None) -> None:
    """What is good to know."""
    st.info(literal(what), icon=icon)


def markdown(what: object) -> None:
    """A sentence of a page."""
    st.markdown(literal(what))


def caption(what: object) -> None:
    """Small print."""
    st.caption(literal(what))
