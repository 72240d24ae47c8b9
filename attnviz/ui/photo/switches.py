"""Switches of channels: what is set by hand, a pass of the model with it, and what that changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from attnviz import plot
from attnviz.explain import strongest, tenth, weakest
from attnviz.intervene import gated, intervene
from attnviz.maps import AttentionMap
from attnviz.predict import decide
from attnviz.results import PhotoResult
from attnviz.ui import cache, say, widgets
from attnviz.ui.cache import once
from attnviz.ui.photo.view import Given
from attnviz.weights import Floats

KEPT, ONE, HOW = "channel-switched", "channel-one", "channel-how"
AS_IT_IS, OFF, ON = "as it is", "off (0)", "fully on (1)"
VALUES = {OFF: 0.0, ON: 1.0}
LISTED = 12
SHOWN = 5

Switched = Mapping[str, Mapping[int, float]]


@dataclass(frozen=True)
class Features:
    """What was behind some gates of a layer: `before` (channel, row, column), and the gates themselves."""

    channels: tuple[int, ...]
    before: Floats
    gates: Floats


@dataclass(frozen=True)
class Passed:
    """What a pass with switched channels gave, and what was behind some gates, by layer."""

    switched: Switched
    again: PhotoResult
    features: Mapping[str, Features]


def of(model: str) -> dict[str, dict[int, float]]:
    """Layer -> channel -> what its gate is set to; the visitor's own, and only layers where something is set."""
    kept: dict[str, dict[str, dict[int, float]]] = st.session_state.setdefault(KEPT, {})
    return kept.setdefault(model, {})


def put(model: str, layer: str, channels: Sequence[int], value: float | None) -> None:
    """Sets the gates of some channels, or leaves them as they are where the value is None."""
    here = of(model).setdefault(layer, {})
    for channel in channels:
        here.pop(channel, None)
        if value is not None:
            here[channel] = value
    if not here:
        del of(model)[layer]


def toggle(model: str, layer: str, channel: int) -> None:
    """Off, or as it is where it was switched."""
    put(model, layer, [channel], None if channel in of(model).get(layer, {}) else 0.0)


def passed(prediction: PhotoResult, given: Given, wanted: Mapping[str, Sequence[int]]) -> Passed:
    """The pass with the present switches, run once for each choice of them; `wanted`: the channels whose features are kept."""
    name, layers = prediction.card.name, [m.layer for m in prediction.tape]
    switched = {layer: dict(sorted(gates.items())) for layer, gates in of(name).items() if layer in layers}
    key = (name, cache.fingerprint(given.raw), given.fit, "switched", repr(sorted(switched.items())))
    with st.spinner("The model looks again"):
        return once(key, lambda: _pass(prediction, switched, wanted))


def _pass(prediction: PhotoResult, switched: Switched, wanted: Mapping[str, Sequence[int]]) -> Passed:
    net = cache.model(prediction.card.name)
    with intervene(net, switched), gated(net, list(wanted)) as behind:
        again = decide(net, prediction.encoded)
    features = {
        layer: Features(tuple(channels), behind[layer].before[list(channels)], behind[layer].gates[list(channels)])
        for layer, channels in wanted.items()
    }
    return Passed(switched, again, features)


def controls(m: AttentionMap, model: str) -> None:
    """One channel from a ranked list and its switch, and buttons for many."""
    st.subheader("What if a gate were shut?", anchor=False)
    ranked, numbers, here = strongest(m, m.size("channel")), m.dense(), of(model).get(m.layer, {})
    if st.session_state.get(ONE) not in ranked:
        st.session_state[ONE] = ranked[0]
    channel = st.selectbox("Channel", ranked, format_func=lambda i: f"{i}, gate {numbers[i]:.3f}", key=ONE)
    names = {value: name for name, value in VALUES.items()}
    st.session_state[HOW] = names.get(here.get(channel, -1.0), AS_IT_IS)
    st.segmented_control(
        "Its gate", [AS_IT_IS, *VALUES], key=HOW, required=True,
        on_change=lambda: put(model, m.layer, [st.session_state[ONE]], VALUES.get(st.session_state[HOW])),
    )  # fmt: skip
    count = tenth(m)
    buttons = {
        "Weakest 10 % off": lambda: put(model, m.layer, weakest(m, count), 0.0),
        "Strongest 10 % off": lambda: put(model, m.layer, strongest(m, count), 0.0),
        "Reset": lambda: of(model).clear(),
    }
    with st.container(horizontal=True):
        for label, press in buttons.items():
            st.button(label, on_click=press, key=f"channel-{label.split(' ')[0].lower()}")


def difference(prediction: PhotoResult, after: Passed, layers: Sequence[str]) -> None:
    """Probabilities before and after side by side, and in words what is switched and what it does."""
    if not after.switched or not prediction.ranked:
        st.caption("Nothing is switched. Click a bar, choose a channel from the list, or switch off a tenth of them.")
        return
    labels = _told(prediction, after.again)
    before = [prediction.probabilities[label] for label in labels]
    figure = plot.before_after(labels, before, [after.again.probabilities[label] for label in labels])
    st.markdown(_said(prediction, after))
    widgets.chart(figure, "channel-difference", "Probabilities before and after")
    listed = " ".join(_listed(row, after.switched[layer]) for row, layer in enumerate(layers) if layer in after.switched)
    st.caption(f"Grey: before, as the model decides. Blue: after. {listed} Switches stay for the next photo, until they are reset.")


def _told(before: PhotoResult, after: PhotoResult) -> list[str]:
    """The labels that are likely in either pass, the most likely before first."""
    likely = {label for each in (before, after) for label, _ in each.ranked[: SHOWN - 1]}
    return [label for label, _ in before.ranked if label in likely]


def _said(prediction: PhotoResult, after: Passed) -> str:
    (label, was), (other, likely) = prediction.ranked[0], after.again.ranked[0]
    now = after.again.probabilities[label]
    count = sum(map(len, after.switched.values()))
    decided = (
        "the decision stays" if other == label
        else f"the decision becomes **{say.literal(other)}** ({plot.three_digits(likely)})"
    )  # fmt: skip
    return (
        f"With {count} channel{'s' if count > 1 else ''} switched, **{say.literal(label)}** goes from "
        f"{plot.three_digits(was)} to {plot.three_digits(now)} ({plot.signed(now - was)}); {decided}."
    )


def _listed(row: int, gates: Mapping[int, float]) -> str:
    parts = []
    for value, name in ((0.0, "off"), (1.0, "fully on")):
        channels = [str(i) for i in sorted(gates) if gates[i] == value]
        if channels:
            more = f" and {len(channels) - LISTED} more" if len(channels) > LISTED else ""
            parts.append(f"{name} {', '.join(channels[:LISTED])}{more}")
    return f"Block {row}: {'; '.join(parts)}."
