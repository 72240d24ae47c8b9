"""A forecast, and for each step of it the past steps that it looked at."""

import streamlit as st

from attnviz import plot
from attnviz.draw_series import LOOK, MEAN, STATES, absolute_error, forecast_figure, half, map_figure, naive, of_head, of_step
from attnviz.encode import EncodedSeries
from attnviz.predict import Prediction
from attnviz.ui import widgets

STEP, HEAD, STATE_HEAD = "series-step", "series-head", "series-state-head"
DEFAULTS = {STEP: 1, HEAD: MEAN, STATE_HEAD: MEAN}


@st.fragment
def looked_at(prediction: Prediction) -> None:
    """From the forecast to the maps; runs again alone, and never the model."""
    widgets.remember(DEFAULTS)  # here, where they are drawn: set earlier, a value would outlive its widget and be taken for kept
    said(prediction)
    step, head = controls(prediction)
    figure, caption = forecast_figure(prediction, head, step)
    m = of_head(prediction, LOOK, head)
    st.subheader(f"Where it looked for step +{step + 1}, {_series(prediction).ahead_names[step]}", anchor=False)
    widgets.map_card(m, figure, caption, prediction, "series-forecast")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        steps(prediction, step, head)
    with right:
        ranked(prediction, step, head)
    states(prediction)
    widgets.keep(DEFAULTS)


def said(prediction: Prediction) -> None:
    """The forecast in a sentence, with its error where it is known."""
    series, forecast = _series(prediction), prediction.forecast
    assert forecast is not None
    step = "" if series.calendar is None else series.calendar.step
    each = f" of {'one ' if step[0].isalpha() else ''}{step}" if step else ""
    st.markdown(
        f"Forecast: **{series.ahead} steps**{each} from **{series.ahead_names[0]}**, {forecast[0]:,.6g} to {forecast[-1]:,.6g}, "
        f"in {prediction.seconds * 1000:.0f} ms, from {len(series.past):,} steps before them"
    )
    error = absolute_error(series, forecast)
    if error is None:
        return
    season, other = naive(series)
    theirs = absolute_error(series, other)
    nearer = " On these steps that one is nearer." if theirs is not None and theirs < error else ""
    st.markdown(
        f"Off by **{error:,.4g}** on average over the {len(series.truth)} steps that are known; the seasonal-naive forecast "
        f"({season.name}) by **{theirs:,.4g}**.{nearer}"
    )


def controls(prediction: Prediction) -> tuple[int, int]:
    """The step ahead, from 0, and the head."""
    series, heads = _series(prediction), prediction.tape[LOOK].size("head")
    slider, buttons, chosen = st.columns([8, 2, 4], vertical_alignment="bottom")
    slider.slider("Step ahead", 1, series.ahead, key=STEP, format=f"%d of {series.ahead}")
    row = buttons.container(horizontal=True)
    row.button("←", key="series-earlier", help="One step earlier", on_click=_go, args=(-1, series.ahead), width="stretch")
    row.button("→", key="series-later", help="One step later", on_click=_go, args=(1, series.ahead), width="stretch")
    head = chosen.selectbox("Head", [MEAN, *range(heads)], format_func=_head_name, key=HEAD)
    return int(st.session_state[STEP]) - 1, int(head)


def _go(by: int, ahead: int) -> None:
    st.session_state[STEP] = min(max(1, int(st.session_state[STEP]) + by), ahead)


def _head_name(head: int) -> str:
    return "Mean of all heads" if head == MEAN else f"Head {head}"


def steps(prediction: Prediction, step: int, head: int) -> None:
    """All steps ahead over the past."""
    st.subheader("All steps ahead", anchor=False)
    figure, caption = map_figure(prediction, LOOK, head, step)
    widgets.map_card(of_head(prediction, LOOK, head), figure, caption, prediction, "series-steps")


def ranked(prediction: Prediction, step: int, head: int) -> None:
    """The steps with the largest weights."""
    series = _series(prediction)
    weights = of_step(of_head(prediction, LOOK, head), step)
    st.subheader(f"Step +{step + 1} looks at", anchor=False)
    alt = f"Most at {series.past_names[int(weights.argmax())]}, {weights.max():.3f}"
    widgets.chart(plot.word_weights(series.past_names, weights.tolist(), float(weights.max())), "series-ranked", alt)
    even = 1 / len(weights)
    st.caption(
        f"Half of the attention lies on {half(weights):,} of {len(weights):,} steps. An even share would be {even:.4f} for each."
    )


def states(prediction: Prediction) -> None:
    """Self-attention of the states of the past."""
    heads = prediction.tape[STATES].size("head")
    st.subheader("Before that: how the past looked at itself", anchor=False)
    head = int(st.selectbox("Head", [MEAN, *range(heads)], format_func=_head_name, key=STATE_HEAD))
    figure, caption = map_figure(prediction, STATES, head)
    widgets.map_card(of_head(prediction, STATES, head), figure, caption, prediction, "series-states")


def _series(prediction: Prediction) -> EncodedSeries:
    assert isinstance(prediction.encoded, EncodedSeries)
    return prediction.encoded
