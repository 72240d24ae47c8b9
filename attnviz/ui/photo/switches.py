"""Switches of channels: what is set by hand, a pass of the model with it, and what that changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from attnviz.exhibit import Exhibit
from attnviz.explain import strongest, tenth, weakest
from attnviz.intervene import changeable, gated, intervene
from attnviz.maps import AttentionMap
from attnviz.predict import decide
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, Places, Whole
from attnviz.ui import cache
from attnviz.ui.controls import held_at
from attnviz.ui.photo.given import Given
from attnviz.ui.state import State
from attnviz.views.changed import changed
from attnviz.views.photo import blocks
from attnviz.views.photo_channel import Switched, behind, block_of, channel_of, gates
from attnviz.weights import Floats

AS_IT_IS, OFF, ON = "as it is", "off", "on"
SAID = {AS_IT_IS: "As it is", OFF: "Off (0)", ON: "Fully on (1)"}
VALUES = {OFF: 0.0, ON: 1.0}
ENDS = 4
LISTED = 12
OTHERS = (
    "These gates can be seen, but not switched, and what is behind them is not shown: the layer is not one of attnviz, and a "
    "layer of others is only listened to."
)  # fmt: skip

Pairs = tuple[tuple[int, int], ...]


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


def switchable(result: PhotoResult) -> bool:
    """Whether the gates of a model can be changed: those of attnviz's own layers can."""
    return {m.layer for m in gates(result)} <= set(changeable(cache.model(result.card.name)))


def sets(result: PhotoResult) -> dict[str, Choice]:
    """Which channels are off, and which are fully on."""
    sizes = [m.size("channel") for m in gates(result)]
    allowed = Places(axes=2, most=sum(sizes), rows=sizes)
    return {name: Choice(name, SAID[name], allowed, (), clicked=True) for name in VALUES}


def chosen(state: State, result: PhotoResult) -> Switched:
    """Layer -> channel -> what its gate is set to; only layers where something is."""
    found: dict[str, dict[int, float]] = {}
    if switchable(result):
        values, maps = state.take(sets(result).values()), gates(result)
        for name, value in VALUES.items():
            for block, channel in values[name]:
                found.setdefault(maps[block].layer, {})[channel] = value
    return {layer: dict(sorted(here.items())) for layer, here in found.items()}


def put(state: State, result: PhotoResult, block: int, channels: Sequence[int], how: str) -> None:
    """Switches some channels of a block, or leaves them as they are."""
    choices = sets(result)
    values = state.take(choices.values())
    for name, choice in choices.items():
        kept = {pair for pair in values[name] if pair[0] != block or pair[1] not in channels}
        state.put(choice, tuple(sorted(kept | ({(block, channel) for channel in channels} if name == how else set()))))


def passed(result: PhotoResult, given: Given, switched: Switched) -> Passed | None:
    """The pass with these switches, run once for each choice of them; None where the layers cannot be changed."""
    if not switchable(result):
        return None
    wanted = {m.layer: _ends(m) for m in gates(result)}
    key = (result.card.name, *given.key, "switched", repr(sorted(switched.items())))
    with st.spinner("The model looks again"):
        return cache.once(key, lambda: _pass(result, switched, wanted))


def _ends(m: AttentionMap) -> list[int]:
    """The channels whose feature maps are shown: the strongest, then the weakest, none twice."""
    count = min(ENDS, max(1, m.size("channel") // 2))
    return [*strongest(m, count), *weakest(m, count)]


def _pass(result: PhotoResult, switched: Switched, wanted: Mapping[str, Sequence[int]]) -> Passed:
    net = cache.model(result.card.name)
    with intervene(net, switched), gated(net, list(wanted)) as found:
        again = decide(net, result.encoded)
    features = {
        layer: Features(tuple(channels), found[layer].before[list(channels)], found[layer].gates[list(channels)])
        for layer, channels in wanted.items()
    }
    return Passed(switched, again, features)


def controls(state: State, result: PhotoResult, values: Chosen) -> None:
    """One channel from a ranked list and its switch, and buttons for many."""
    if not switchable(result):
        st.caption(OTHERS)
        return
    block = block_of(values)
    m = gates(result)[block]
    channel = channel_of(m, values)
    which, how, many = st.columns([2, 3, 4], vertical_alignment="bottom")
    with which:
        _which(state, m, channel)
    with how:
        _switch(state, result, block, channel)
    with many.container(horizontal=True):
        count = tenth(m)
        ends = {"weakest": weakest(m, count), "strongest": strongest(m, count)}
        for name, channels in ends.items():
            st.button(
                f"{name.capitalize()} 10 % off", key=f"image-{name}", on_click=put, args=(state, result, block, channels, OFF)
            )
        st.button("Reset", key="image-reset", on_click=state.forget, args=((*VALUES,),))


def _which(state: State, m: AttentionMap, channel: int) -> None:
    numbers, choice = m.dense(), Choice("channel", "Channel", Whole(0, m.size("channel") - 1), 0, clicked=True)
    key = state.key(choice)
    held_at(key, channel)
    st.selectbox(
        choice.label, strongest(m, m.size("channel")), format_func=lambda i: f"{i}, gate {numbers[i]:.3f}", key=key,
        on_change=lambda: state.put(choice, st.session_state[key]),
    )  # fmt: skip


def _switch(state: State, result: PhotoResult, block: int, channel: int) -> None:
    values, key = state.take(sets(result).values()), "image-how"
    held_at(key, next((name for name in VALUES if (block, channel) in values[name]), AS_IT_IS))
    st.segmented_control(
        "Its gate", [*SAID], format_func=SAID.__getitem__, key=key, required=True,
        on_change=lambda: put(state, result, block, [channel], st.session_state[key]),
    )  # fmt: skip


def told(result: PhotoResult, after: Passed, values: Chosen) -> list[Exhibit]:
    """What the switches change, and what is behind the gates of the chosen block."""
    maps, block = gates(result), block_of(values)
    kept = after.features[maps[block].layer]
    name = f"Block {block}: " if len(maps) > 1 else ""
    shown = list(behind(result, kept.channels, kept.before, kept.gates.tolist(), name))
    if not after.switched or not result.ranked:
        return shown
    count = sum(map(len, after.switched.values()))
    listed = " ".join(_listed(row, after.switched[m.layer]) for row, m in enumerate(maps) if m.layer in after.switched)
    given = f"With {count} channel{'s' if count > 1 else ''} switched"
    return [changed(result, after.again, given, f"{listed} Switches stay for the next photo, until they are reset."), *shown]


def _listed(row: int, here: Mapping[int, float]) -> str:
    parts = []
    for value, name in ((0.0, "off"), (1.0, "fully on")):
        channels = [str(i) for i in sorted(here) if here[i] == value]
        if channels:
            more = f" and {len(channels) - LISTED} more" if len(channels) > LISTED else ""
            parts.append(f"{name} {', '.join(channels[:LISTED])}{more}")
    return f"{blocks(row + 1)[row]}: {'; '.join(parts)}."
