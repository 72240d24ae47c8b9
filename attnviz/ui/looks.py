"""How a page looks to its visitor."""

from typing import NamedTuple

import streamlit as st

from attnviz.plot.style import BLUE, ORANGE
from attnviz.plot.words import STRONGEST


def dark() -> bool:
    """Whether it is a dark one; a browser says so with each run."""
    return st.context.theme.type == "dark"


class Tint(NamedTuple):
    """Behind words: the hues of what speaks for and against, how strong they are at most, and how soon a small one is seen.

    Words on the strongest keep a contrast of at least 4.5 to 1, and of 7 to 1 on a stage, where they are black or white.
    """

    hue: str
    against: str
    strongest: float
    soon: float


TINTS = {False: Tint(BLUE, ORANGE, STRONGEST, 1.0), True: Tint("59, 130, 246", "234, 88, 12", 0.58, 0.75)}
