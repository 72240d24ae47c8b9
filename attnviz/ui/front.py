"""Page configuration and navigation."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from attnviz.paths import ASSETS
from attnviz.ui import (
    serve,
    session,
    state,
    warm,  # noqa: F401  (before the pages)
)
from attnviz.ui.pages import about, explained, image, mechanisms, series, text


class Row(NamedTuple):
    """`name` stands in addresses, and is the kind of input where a page takes models; `title` is what a visitor reads."""

    name: str
    title: str
    icon: str
    page: Callable[[], None]


# The first opens by itself.
PAGES = (
    Row("text", "Text", ":material/notes:", text.page),
    Row("image", "Image", ":material/image:", image.page),
    Row("series", "Series", ":material/show_chart:", series.page),
    Row("explained", "Which maps explain?", ":material/fact_check:", explained.page),
    Row("mechanisms", "Mechanisms", ":material/account_tree:", mechanisms.page),
    Row("about", "About", ":material/info:", about.page),
)


def main() -> None:
    """What app.py runs on every visit."""
    serve.stay_inside()
    st.set_page_config(page_title="attnviz: see where a model looks", page_icon=str(ASSETS / "icon.png"), layout="wide")
    known = pages()
    current = st.navigation(list(known.values()))
    state.arrive(next(name for name, page in known.items() if page.url_path == current.url_path))
    if page := state.gone_to():
        st.switch_page(known[page])
    current.run()
    session.corner(tuple(known))


def pages() -> dict[str, StreamlitPage]:
    """Name -> page."""
    return {
        row.name: st.Page(row.page, title=row.title, icon=row.icon, url_path=row.name, default=position == 0)
        for position, row in enumerate(PAGES)
    }
