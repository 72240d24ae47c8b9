"""The input row of the Series page: a sample or a file, its columns, and where the forecast begins."""

import tomllib
from typing import NamedTuple

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.encode import Table, read_table
from attnviz.encode.even import even
from attnviz.errors import InputError
from attnviz.paths import ASSETS
from attnviz.ui import cache, say
from attnviz.ui.reading import once

SERIES = ASSETS / "series"
SOURCE, SAMPLE, UPLOAD, BEGIN, BACK = "series-source", "series-sample", "series-upload", "series-begin", "series-back"
COMPARE, FUTURE = "The end, to compare", "What comes next"
NO_DATES = "none: every row is a step"
MEGABYTES = 10
# Widgets whose values stay while another page is open, and what they begin with.
DEFAULTS = {SOURCE: "Sample", SAMPLE: "taxi", BEGIN: COMPARE}


class Given(NamedTuple):
    """A table, a name for it that tells it from others, and what the visitor chose of it."""

    table: Table
    about: str
    column: str
    dates: str | None
    hold_back: int


def given(card: ModelCard) -> Given | None:
    """What is to be gone on with; None where no file was chosen yet."""
    first, second = st.columns([1, 2])
    with first:
        source = st.segmented_control("Series", ["Sample", "Upload"], key=SOURCE, required=True)
    with second:
        raw = _sample() if source == "Sample" else _upload()
    if raw is None:
        return None
    about = cache.fingerprint(raw)
    table = once(("table", about), lambda: read_table(raw))
    return _chosen(card, table, about)


def _sample() -> bytes:
    known = tomllib.loads((SERIES / "samples.toml").read_text(encoding="utf-8"))
    name = st.selectbox("Sample", list(known), format_func=lambda name: str(known[name]["title"]), key=SAMPLE)
    say.caption(known[name]["credit"])
    return (SERIES / f"{name}.csv").read_bytes()


def _upload() -> bytes | None:
    upload = st.file_uploader(
        f"A CSV file of dates and numbers, at most {MEGABYTES} MB", type=["csv", "tsv", "txt"], key=UPLOAD,
        help="With or without a head, parted by commas, semicolons or tabs, with decimal points or commas.",
    )  # fmt: skip
    return None if upload is None else upload.getvalue()


def _chosen(card: ModelCard, table: Table, about: str) -> Given:
    """Which columns, and where the forecast begins."""
    first, second, third, fourth = st.columns([1, 1, 2, 2], vertical_alignment="bottom")
    column = str(first.selectbox("Numbers", list(table.numbers), key=f"series-column-{about}"))
    when = str(second.selectbox("Dates", [*table.dates, NO_DATES], key=f"series-dates-{about}"))
    dates = None if when == NO_DATES else when
    begin = third.segmented_control("Forecast", [COMPARE, FUTURE], key=BEGIN, required=True)
    steps = once(("steps", about, column, dates), lambda: _length(table, column, dates))
    most, ahead = steps - card.series["least"], card.series["ahead"]
    if begin == FUTURE or most < 1:
        return Given(table, about, column, dates, 0)
    key = f"{BACK}-{about}-{column}-{dates}"
    kept = fourth.slider(
        "Steps held back", 1, most, min(ahead, most), key=key,
        help=f"The net sees nothing of them. The first {ahead} are what the forecast is held against.",
    ) if most > 1 else 1  # fmt: skip
    return Given(table, about, column, dates, int(kept))


def _length(table: Table, column: str, dates: str | None) -> int:
    """How many even steps the series has; 0 where it cannot be taken, which is said when it is."""
    try:
        return len(even(table, column, dates).values)
    except InputError:
        return 0


def left_out(table: Table) -> None:
    """Which columns are neither dates nor numbers, and why."""
    if table.left_out:
        say.caption("Left out: " + "; ".join(list(table.left_out.values())[:5]) + ".")
