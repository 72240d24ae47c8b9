"""The input row of the Series page: a sample or a file, its columns, and where the forecast begins."""

import tomllib

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.encode import Table, read_table
from attnviz.encode.even import even
from attnviz.encode.series import seen
from attnviz.errors import InputError
from attnviz.paths import ASSETS
from attnviz.predict import decide
from attnviz.results import SeriesResult
from attnviz.state import Choice, OneOf, Text, Whole
from attnviz.ui import cache, say
from attnviz.ui.controls import controls
from attnviz.ui.state import State

SERIES = ASSETS / "series"
SAMPLE, UPLOAD, COMPARE, FUTURE, NO_DATES = "sample", "upload", "compare", "future", ""
LABELS = {
    SAMPLE: "Sample", UPLOAD: "Upload", COMPARE: "Known end", FUTURE: "Future",
    NO_DATES: "none: every row is a step",
}  # fmt: skip
MEGABYTES = 10
SOURCE = Choice("source", "Series", OneOf((SAMPLE, UPLOAD), LABELS.__getitem__), SAMPLE)
OWN = Choice("own", "Your file", Text(16), "")  # the name of its bytes in the visitor's store
PRIVATE = (OWN.name,)
BEGIN = Choice("begin", "Forecast", OneOf((COMPARE, FUTURE), LABELS.__getitem__), COMPARE)


def decided(state: State, card: ModelCard) -> tuple[SeriesResult, tuple[str, ...]] | None:
    """How the model goes on with what is given, and what is to be known of that; None, after saying why, where there is none."""
    first, second = st.columns([1, 2])
    with first:
        source = controls(state, [SOURCE])["source"]
    with second:
        raw = _sample(state) if source == SAMPLE else _upload(state)
    if raw is None:
        st.info("Choose a file, or go back to a sample. A link cannot bring a file along: it stays with the visitor who has it.")
        return None
    result, fresh = cache.attempted(f"series {card.name}", lambda: _run(state, card, raw))
    if result is None:
        return None
    remarks = (*result.remarks, _outdone_before(result), _left_out(_table(raw))) if fresh else ()
    return result, tuple(filter(None, remarks))


def _sample(state: State) -> bytes:
    known = tomllib.loads((SERIES / "samples.toml").read_text(encoding="utf-8"))
    names = OneOf(tuple(known), lambda name: str(known[name]["title"]))
    name = controls(state, [Choice("sample", "Sample", names, next(iter(known)))])["sample"]
    say.caption(known[name]["credit"])
    return (SERIES / f"{name}.csv").read_bytes()


def _upload(state: State) -> bytes | None:
    def take() -> None:
        if (upload := st.session_state["series-upload"]) is not None:
            state.put(OWN, cache.hold(upload.getvalue()))

    name = state.take((OWN,))[OWN.name]
    st.file_uploader(
        f"A CSV file of dates and numbers, at most {MEGABYTES} MB", type=["csv", "tsv", "txt"], key="series-upload",
        help="With or without a head, parted by commas, semicolons or tabs, with decimal points or commas.", on_change=take,
    )  # fmt: skip
    return cache.held(name) if name else None


def _table(raw: bytes) -> Table:
    return cache.once(("table", cache.fingerprint(raw)), lambda: read_table(raw))


def _run(state: State, card: ModelCard, raw: bytes) -> SeriesResult:
    """The columns and the beginning that are chosen, and the model on them."""
    table, about = _table(raw), cache.fingerprint(raw)
    parts = (
        Choice("column", "Numbers", OneOf(tuple(table.numbers)), next(iter(table.numbers))),
        Choice("dates", "Dates", OneOf((*table.dates, NO_DATES), _dates), next(iter(table.dates), NO_DATES)),
    )
    values = state.take((*parts, BEGIN))
    column, dates = values["column"], values["dates"] or None
    steps = cache.once(("steps", about, column, dates), lambda: _length(table, column, dates))
    most, ahead = steps - card.series["least"], card.series["ahead"]
    back = Whole(1, max(most, 1))
    seen = f"The net sees nothing of them. The first {ahead} are what the forecast is held against."
    compares = values["begin"] == COMPARE and most >= 1
    held = [Choice("back", "Steps held back", back, min(ahead, back.high), seen)] if compares else []
    values |= controls(state, [BEGIN, *held, *parts])
    return cache.series(card.name, about, table, column=column, dates=dates, hold_back=values["back"] if compares else 0)


def _outdone_before(result: SeriesResult) -> str:
    """Of a forecast of the future: a sentence where on the end that is known the naive forecast would have been nearer."""
    series, options = result.encoded, result.card.series
    if len(series.truth):
        return ""
    back = min(series.ahead, len(series.values) - options["least"])
    try:
        before = result.once("before", lambda: decide(cache.model(result.card.name), seen(series.whole, **options, hold_back=back)))
    except InputError:  # before its end it may stand still
        return ""
    return before.outdone


def _dates(name: str) -> str:
    return name or LABELS[NO_DATES]


def _length(table: Table, column: str, dates: str | None) -> int:
    """How many even steps the series has; 0 where it cannot be taken, which is said when it is."""
    try:
        return len(even(table, column, dates).values)
    except InputError:
        return 0


def _left_out(table: Table) -> str:
    """Which columns are neither dates nor numbers, and why."""
    return "Left out: " + "; ".join(list(table.left_out.values())[:5]) + "." if table.left_out else ""
