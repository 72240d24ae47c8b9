"""Gates of channels: the gate of every channel of a block, ranked, and those of all blocks at a glance."""

from collections.abc import Mapping, Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import strongest
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, OneOf, Whole
from attnviz.terms import TERMS
from attnviz.views.photo import blocks, picture
from attnviz.views.view import View
from attnviz.weights import Floats

Switched = Mapping[str, Mapping[int, float]]  # layer -> channel -> what its gate is set to
NOBODY = -1  # where no channel is chosen


def gates(result: PhotoResult) -> list[AttentionMap]:
    """The maps with a gate for every channel, in order."""
    return [m for m in result.tape if m.kind == "channel" and m.axes == ("channel",)]


def block_of(chosen: Chosen) -> int:
    """The number of the block that is chosen."""
    return int(chosen.get("block", 0))


def channel_of(m: AttentionMap, chosen: Chosen) -> int:
    """The channel that is chosen, or the strongest where none of this block is."""
    channel = int(chosen["channel"])
    return channel if 0 <= channel < m.size("channel") else strongest(m, 1)[0]


def exhibits(result: PhotoResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The photo, the gates of one block, and all blocks at a glance."""
    return against(result, result, {}, chosen)


def against(result: PhotoResult, emitted: PhotoResult, switched: Switched, chosen: Chosen) -> Sequence[Exhibit]:
    """The same of a result whose gates were switched, beside what its layers themselves had said."""
    given = picture(result.encoded.seen, "The photo, as much of it as the model sees.")
    photo = Exhibit("photo", "The photo", (given,), "As much of it as the model sees.", (), result, width=0.27)
    return photo, bars(result, emitted, switched, chosen), *strips(result, switched, chosen)


def bars(result: PhotoResult, emitted: PhotoResult, switched: Switched, chosen: Chosen) -> Exhibit:
    """The gates of one block, the widest open first; a click chooses a channel."""
    block = block_of(chosen)
    m, before = gates(result)[block], gates(emitted)[block]
    here, channel = switched.get(m.layer, {}), channel_of(before, chosen)
    name = "" if len(gates(result)) == 1 else f"{blocks(block + 1)[block]}: "
    caption = (
        f"Channel {channel}, which is marked, has a gate of {m.dense()[channel]:.3f}. "
        f"{plot.caption(m, result.card.name, None, result.tape.layers.index(m.layer))}"
    )
    legend = "The dotted line is one half. Click a bar to choose its channel."
    if here:
        legend += " Outlines show what switched gates were."
    figure = plot.marked(plot.channel_gates(m, before, here), strongest(before, before.size("channel")).index(channel))
    title = f"{name}which channels does it use?"
    return Exhibit(
        "gates",
        title[0].upper() + title[1:],
        (figure,),
        caption,
        (m,),
        result,
        legend,
        width=0.73,
        picks=("channel",),
        help=TERMS["channel"].says,
    )


def strips(result: PhotoResult, switched: Switched, chosen: Chosen) -> Sequence[Exhibit]:
    """The gates of all blocks at a glance; nothing where there is one block."""
    maps = gates(result)
    if len(maps) == 1:
        return ()
    marked = {row: switched[m.layer] for row, m in enumerate(maps) if m.layer in switched}
    figure = plot.gate_strip(maps, blocks(len(maps)), block_of(chosen), marked)
    means = ", ".join(f"{m.dense().mean():.2f} in Block {row}" for row, m in enumerate(maps))
    legend = (
        "One row a block, one cell a channel, in the layer's own order; the number beside a block is how many it has, and the "
        f"chosen block is framed.{' Crosses mark switched channels.' if marked else ''}"
    )
    return (Exhibit("strip", "All blocks", (figure,), f"Gates are on average {means}.", tuple(maps), result, legend),)


def behind(result: PhotoResult, channels: Sequence[int], before: Floats, set_to: Sequence[float], block: str) -> Sequence[Exhibit]:
    """What the strongest and the weakest gates multiplied: `channels` in that order, `before` (channel, row, column)."""
    half, (rows, columns) = len(channels) // 2, before.shape[1:]
    caption = (
        f"Feature maps of {rows} x {columns} places at their true resolution, above before the gate and below after it; the number "
        "is the gate. Strongest and weakest is by what the layer itself said, before any switch."
    )
    legend = "Both pictures of a channel share a scale: no colour is 0, blue is more and orange less."
    return [
        Exhibit(
            f"behind-{which}", f"{block}What is behind the {which} gates?",
            (plot.feature_maps(before[part], list(set_to[part]), [f"channel {i}" for i in channels[part]]),), caption, (), result,
            legend, width=0.5,
        )
        for which, part in (("strongest", slice(half)), ("weakest", slice(half, None)))
    ]  # fmt: skip


def choices(result: PhotoResult) -> Sequence[Choice]:
    """Which block, where there are several, and by a click which channel."""
    maps = gates(result)
    block = Choice("block", "Block", OneOf(tuple(range(len(maps))), blocks(len(maps)).__getitem__), 0)
    most = max(m.size("channel") for m in maps) - 1
    channel = Choice("channel", "Channel", Whole(NOBODY, most), NOBODY, clicked=True)
    return ((block,) if len(maps) > 1 else ()) + (channel,)


VIEW = View("channel", "Channels", PhotoResult, exhibits, choices, lambda result: bool(gates(result)))
