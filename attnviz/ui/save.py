"""An exhibit as a file: pictures that the visitor's browser draws, a page that stands alone, and its numbers."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from attnviz import export
from attnviz.exhibit import Exhibit

HERE = Path(__file__).parent
TABLES = ("csv", "npz")

_component = st.components.v2.component(
    "attnviz_save",
    html='<div class="save"><button type="button" data-kind="png">.png</button>'
    '<button type="button" data-kind="svg">.svg</button><p role="status" hidden></p></div>',
    css=(HERE / "save.css").read_text(encoding="utf-8"),
    js=(HERE / "save.js").read_text(encoding="utf-8"),
)


def save(exhibit: Exhibit, key: str) -> None:
    """A button for each kind of file; `key` begins the keys of the exhibit's card and of its figures."""
    stem = f"{exhibit.result.stem}-{exhibit.name}"
    figures = [f"{key}-figure{number or ''}" for number in range(len(exhibit.figures))]
    if figures:
        _component(
            key=f"{key}-picture", data={"figures": figures, "title": exhibit.title, "text": exhibit.text, "stem": stem},
        )  # fmt: skip
    makers: dict[str, Callable[[], bytes]] = {"html": lambda: export.as_html([exhibit])}
    if exhibit.maps:
        makers |= {kind: _table(exhibit, kind) for kind in TABLES}
    if export.count(exhibit.maps) > export.CSV_LIMIT:
        del makers["csv"]
        st.caption(f"These are more than the {export.CSV_LIMIT:,} numbers that a table has room for: take .npz.")
    for kind, make in makers.items():
        st.download_button(f".{kind}", make, f"{stem}.{kind}", key=f"{key}-{kind}", on_click="ignore", width="stretch")


def _table(exhibit: Exhibit, kind: str) -> Callable[[], bytes]:
    return lambda: export.NUMBERS[kind](exhibit.maps, exhibit.result)
