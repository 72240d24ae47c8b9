"""A forecast in words, with its error where that is known."""

from collections.abc import Sequence

import streamlit as st

from attnviz.results import SeriesResult
from attnviz.ui import say


def said(result: SeriesResult, remarks: Sequence[str]) -> None:
    """How far, from when, from what; how far off it is, beside the forecast that costs nothing; and what is to be known of it."""
    series, forecast = result.encoded, result.forecast
    step = "" if series.calendar is None else series.calendar.step
    each = f" of {'one ' if step[0].isalpha() else ''}{step}" if step else ""
    st.markdown(
        f"Forecast: **{series.ahead} steps**{each} from **{say.literal(series.ahead_names[0])}**, {forecast[0]:,.6g} to "
        f"{forecast[-1]:,.6g}, in {result.seconds * 1000:.0f} ms, from {len(series.past):,} steps before them.{_off(result)}"
    )
    if remarks:
        say.caption(" ".join(remarks))


def _off(result: SeriesResult) -> str:
    """How far off, where that is known."""
    season, naive = result.naive
    ours, theirs = result.error(result.forecast), result.error(naive)
    if ours is None or theirs is None:
        return ""
    return (
        f" Off by **{ours:,.4g}** on average over the {len(result.encoded.truth)} steps that are known; the seasonal-naive "
        f"forecast ({season.name}) by **{theirs:,.4g}**."
    )
