"""The channel view: the gate of every channel, what is behind the strongest and the weakest, and switches for all of them."""

from typing import Any

import streamlit as st

from attnviz import plot
from attnviz.explain import strongest, weakest
from attnviz.intervene import changeable
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.ui import cache, widgets
from attnviz.ui.photo import switches
from attnviz.ui.photo.view import Given, blocks

BLOCK = "channel-block"
DEFAULTS = {BLOCK: "Block 0"}
ENDS = 4
OTHERS = (
    "These gates can be seen, but not switched, and what is behind them is not shown: the layer is not one of attnviz, and a "
    "layer of others is only listened to."
)  # fmt: skip


def available(prediction: PhotoResult) -> bool:
    """Whether some layer has a gate for every channel."""
    return bool(gates(prediction))


def gates(prediction: PhotoResult) -> list[AttentionMap]:
    """The maps of channel gates, in order."""
    return [m for m in prediction.tape if m.kind == "channel" and m.axes == ("channel",)]


@st.fragment
def draw(prediction: PhotoResult, given: Given) -> None:
    """The gates of all blocks and of one, with its switches; runs again alone, and the model once for each choice of switches."""
    maps = gates(prediction)
    position = _block(len(maps))
    emitted = maps[position]
    ours = set(changeable(cache.model(prediction.card.name)))
    passed = switches.passed(prediction, given, {m.layer: _ends(m) for m in maps if m.layer in ours}) if ours else None
    shown = prediction if passed is None or not passed.switched else passed.again
    after = gates(shown)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _bars(shown, emitted, after[position], position, emitted.layer in ours)
    with right:
        if passed is None or emitted.layer not in ours:
            st.caption(OTHERS)
        else:
            switches.controls(emitted, prediction.card.name)
            switches.difference(prediction, passed, [m.layer for m in maps])
    _strip(after, position, {} if passed is None else passed.switched)
    if passed is not None and emitted.layer in passed.features:
        _behind(passed.features[emitted.layer], position)


def _block(count: int) -> int:
    names = blocks(count)
    widgets.remember(DEFAULTS)
    if st.session_state.get(BLOCK) not in names:
        st.session_state[BLOCK] = names[0]
    chosen = str(st.segmented_control("Block", names, key=BLOCK, required=True))
    widgets.keep(DEFAULTS)
    return names.index(chosen)


def _ends(m: AttentionMap) -> list[int]:
    """The channels whose feature maps are shown: the strongest, then the weakest, none twice."""
    count = min(ENDS, max(1, m.size("channel") // 2))
    return [*strongest(m, count), *weakest(m, count)]


def _bars(shown: PhotoResult, emitted: AttentionMap, m: AttentionMap, position: int, ours: bool) -> None:
    """Ranked bars of one block, where a click switches a channel, and their card."""
    st.subheader(f"Block {position}: which channels it uses", anchor=False)
    name = shown.card.name
    said = f"Block {position}, channel gates. {plot.caption(m, name, shown.seconds, shown.tape.layers.index(m.layer))}"
    switched = switches.of(name).get(m.layer, {})
    figure, key = plot.channel_gates(m, emitted if ours else None, switched), f"channel-{position}-figure"
    if ours:
        st.plotly_chart(
            figure, key=key, config=widgets.CHART, alt=said, selection_mode="points",
            on_select=lambda: _clicked(st.session_state[key], name, emitted),
        )  # fmt: skip
        said += " Click a bar to switch its channel off, and again to have it back."
        if switched:
            said += " Outlines show what switched gates were."
    else:
        widgets.chart(figure, key, said)
    widgets.card_foot(m, figure, said, shown, f"channel-{position}")


def _clicked(event: Any, model: str, m: AttentionMap) -> None:
    """A click on a bar; a click on the bar that is still selected comes as an empty selection."""
    points = event.selection.points
    channel = int(points[-1]["x"]) if points else st.session_state.get(switches.ONE)
    if channel is not None and 0 <= channel < m.size("channel"):
        st.session_state[switches.ONE] = channel
        switches.toggle(model, m.layer, channel)


def _strip(maps: list[AttentionMap], position: int, switched: switches.Switched) -> None:
    """The gates of all blocks at a glance."""
    st.subheader("All blocks", anchor=False)
    marked = {row: switched[m.layer] for row, m in enumerate(maps) if m.layer in switched}
    figure = plot.gate_strip(maps, blocks(len(maps)), position, marked)
    widgets.chart(figure, "channel-strip", "One row a block, one cell a channel")
    means = ", ".join(f"{m.dense().mean():.2f} in Block {row}" for row, m in enumerate(maps))
    crosses = " Crosses mark switched channels." if marked else ""
    st.caption(
        "One row a block, one cell a channel, in the layer's own order; the number beside a block is how many it has, and the "
        f"chosen block is framed.{crosses} Gates are on average {means}."
    )  # fmt: skip


def _behind(kept: switches.Features, position: int) -> None:
    """The feature maps behind the strongest and the weakest gates, before and after."""
    st.subheader(f"Block {position}: what is behind its gates", anchor=False)
    half = len(kept.channels) // 2
    for place, which, part in zip(st.columns(2), ("strongest", "weakest"), (slice(half), slice(half, None)), strict=True):
        names = [f"channel {i}" for i in kept.channels[part]]
        with place:
            st.markdown(f"The {which} gates")
            figure = plot.feature_maps(kept.before[part], kept.gates[part].tolist(), names)
            widgets.chart(figure, f"behind-{which}", f"Feature maps of {', '.join(names)}, before and after the gate")
    rows, columns = kept.before.shape[1:]
    st.caption(
        f"Feature maps of {rows} x {columns} places at their true resolution, above before the gate and below after it; the number "
        "is the gate. Both pictures of a channel share a scale: no colour is 0, blue is more and orange less, up to the channel's "
        "largest number before the gate. Strongest and weakest is by what the layer itself said, before any switch."
    )  # fmt: skip
