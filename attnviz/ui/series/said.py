"""A forecast in words, with its error where that is known."""

import streamlit as st

from attnviz.results import SeriesResult
from attnviz.ui.say import literal


def said(result: SeriesResult) -> None:
    """How far, from when, from what; and how far off it is, beside the forecast that costs nothing."""
    series, forecast = result.encoded, result.forecast
    step = "" if series.calendar is None else series.calendar.step
    each = f" of {'one ' if step[0].isalpha() else ''}{step}" if step else ""
    st.markdown(
        f"Forecast: **{series.ahead} steps**{each} from **{literal(series.ahead_names[0])}**, {forecast[0]:,.6g} to "
        f"{forecast[-1]:,.6g}, in {result.seconds * 1000:.0f} ms, from {len(series.past):,} steps before them"
    )
    season, naive = result.naive
    ours, theirs = result.error(forecast), result.error(naive)
    if ours is None or theirs is None:
        return
    st.markdown(
        f"Off by **{ours:,.4g}** on average over the {len(series.truth)} steps that are known; the seasonal-naive forecast "
        f"({season.name}) by **{theirs:,.4g}**."
    )
