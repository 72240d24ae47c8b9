"""Page configuration and navigation."""

from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from attnviz.paths import ASSETS
from attnviz.ui.pages import image, mechanisms, series, text

# title, icon, page; the first opens by itself
PAGES: list[tuple[str, str, Callable[[], None]]] = [
    ("Text", ":material/notes:", text.page),
    ("Image", ":material/image:", image.page),
    ("Series", ":material/show_chart:", series.page),
    ("Mechanisms", ":material/account_tree:", mechanisms.page),
]


def main() -> None:
    """What app.py runs on every visit."""
    st.set_page_config(page_title="attnviz: see where a model looks", page_icon=str(ASSETS / "icon.png"), layout="wide")
    st.navigation(list(pages().values())).run()


def pages() -> dict[str, StreamlitPage]:
    """Title in lower case, which is also the kind of input -> page."""
    return {
        title.lower(): st.Page(page, title=title, icon=icon, url_path=title.lower(), default=position == 0)
        for position, (title, icon, page) in enumerate(PAGES)
    }
