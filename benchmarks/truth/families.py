"""What a case is about: each composes a net of the tables, and says what it is called with."""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from benchmarks.truth.attention import draw_attention
from benchmarks.truth.decoys import DECOYS
from benchmarks.truth.draw import Draw
from benchmarks.truth.gates import GATES
from benchmarks.truth.inputs import draw_image, draw_rows, draw_there, shaped, views_of
from benchmarks.truth.made import Cast, Made
from benchmarks.truth.nets import NORMS, ImageNet, Rowwise, Towers
from benchmarks.truth.planes import PLANES
from benchmarks.truth.row import Rows
from benchmarks.truth.rows import ROWS
from benchmarks.truth.steps import Decoder, Generation, generate
from benchmarks.truth.textbook import Decoder as Recurrent
from benchmarks.truth.textbook import Queries
from benchmarks.truth.torchs import Encoder


def attention(draw: Draw) -> Made:
    """Self- or cross-attention over rows of any origin, one layer or two, perhaps with a decoy between."""
    rows = draw_rows(draw)
    named: dict[str, object] = {}
    if draw.chance(0.25):
        rows.context = draw.size(rows.t, rows.t, 3, 4, 5, 6)
        named["context"] = torch.randn(rows.b, rows.context, rows.c)
    draw.note("sizes", f"batch {rows.b}, {rows.name}s {rows.w}, positions {rows.t}, keys {rows.context or rows.t}")
    layers: list[nn.Module] = [draw_attention(draw, rows)]
    if rows.padded or rows.context is not None:
        named["there"] = shaped(draw, draw_there(draw, rows.b, rows.t if rows.context is None else rows.context))
    bare = draw.parts["rows"] == "tokens" and isinstance(rows.take.stem, nn.Identity)
    if bare and draw.chance(0.3):  # the layer alone, as the model
        return Made(layers[0], (rows.given[0], named.get("context", rows.given[0]), named.get("there")))
    if draw.chance(0.15):
        layers.append(draw.part("decoy", DECOYS)(rows.c))
    again = draw.random() if not layers[0].projection.crossing else 1.0
    if again < 0.1:
        layers.append(layers[0])
        draw.note("layer 2", "the same once more")
    elif again < 0.4:
        draw.suffix = " 2"
        layers.append(draw_attention(draw, rows))
        draw.suffix = ""
    norm = draw.part("norm", {name: name for name in NORMS}, (45, 45, 10))
    loops = rows.w == 1 and len(rows.given) == 1 and draw.chance(0.05)
    draw.note("rows by themselves", loops)
    net = Rowwise(rows, layers, norm, draw.chance(0.2), loops)
    return Made(net, rows.given, named, _twice(draw, rows, named), trains=norm == "batch, training")


def _twice(draw: Draw, rows: Rows, named: Mapping[str, object]) -> Callable[[nn.Module, Cast], object] | None:
    """The model is called again with one example less, in the same recording."""
    if draw.parts["rows"] not in ("tokens", "ids") or rows.b == 1 or not draw.chance(0.12):
        return None
    draw.note("calls", "two, the second with an example less")

    def run(net: nn.Module, cast: Cast) -> object:
        more = {name: cast(value) for name, value in named.items()}
        given = [cast(value) for value in rows.given]
        less = {name: value[:-1] for name, value in more.items()}
        return torch.cat([net(*given, **more), net(*(value[:-1] for value in given), **less)])

    return run


def towers(draw: Draw) -> Made:
    """Texts and images, as many of each as there are."""
    texts, images = ROWS["ids"](draw, draw.size(1, 2, 3, 4), draw.size(2, 3, 4, 6), 4), None
    make = draw.part("rows", {name: ROWS[name] for name in ("patches", "windows", "tokens")})
    images = make(draw, draw.size(1, 2, 2, 3), draw.size(2, 3, 4), 4)
    draw.note("sizes", f"texts {texts.b} of {texts.t}, images {images.b} of {images.w} {images.name}s of {images.t}")
    nets = []
    for rows, suffix in ((texts, " of texts"), (images, " of images")):
        draw.suffix = suffix
        rows.padded = False
        nets.append(Rowwise(rows, [draw_attention(draw, rows)], "layer", counts=False))
    draw.suffix = ""
    return Made(Towers(*nets, texts.c, images.c), (*texts.given, *images.given))


def decoys(draw: Draw) -> Made:
    """Rows, and one or two layers that are no attention."""
    rows = draw_rows(draw)
    draw.note("sizes", f"batch {rows.b}, {rows.name}s {rows.w}, positions {rows.t}")
    layers = [draw.part("decoy", DECOYS)(rows.c)]
    if draw.chance(0.4):
        layers.append(draw.part("decoy 2", DECOYS)(rows.c))
    return Made(Rowwise(rows, layers, draw.choice(("none", "layer")), counts=draw.chance(0.2)), rows.given)


def gates(draw: Draw) -> Made:
    """A gate over a feature map, perhaps of views behind each other in the batch, perhaps with a decoy behind it."""
    image, views, joined = draw_image(draw, smallest=1)
    gate = draw.part("gate", GATES)(draw, image.shape[1])
    gate.parts, gate.order = views, "bw" if joined == "stacked" else "wb"
    layers: list[nn.Module] = [gate]
    if draw.chance(0.2):
        layers.append(draw.part("decoy", PLANES)(image.shape[1]))
    return Made(ImageNet(layers, image.shape[1], joined), views_of(image, views, joined))


def planes(draw: Draw) -> Made:
    """Feature maps, and layers that are no attention."""
    image, views, joined = draw_image(draw, smallest=2)
    return Made(ImageNet([draw.part("decoy", PLANES)(image.shape[1])], image.shape[1], joined), views_of(image, views, joined))


def textbook(draw: Draw) -> Made:
    """Luong and Bahdanau in decoders, and additive attention of many queries."""
    b, n, c = draw.size(1, 2, 3, 4), draw.size(2, 3, 4, 6), draw.size(4, 6)
    named = {"there": draw_there(draw, b, n)} if draw.chance(0.5) else {}
    draw.note("sizes", f"batch {b}, source {n}, channels {c}, {'padded' if named else 'not padded'}")
    if draw.chance(0.35):
        q = draw.size(1, 2, 3, n)
        draw.note("queries", q)
        return Made(Queries(draw, c), (torch.randn(b, q, c), torch.randn(b, n, c)), named)
    return Made(Recurrent(draw, c), (torch.randn(b, n, c), torch.randn(b, c)), named)


def torchs(draw: Draw) -> Made:
    """torch's own multi-head attention."""
    b, n, h = draw.size(1, 2, 3, 4), draw.size(2, 3, 4, 6), draw.size(1, 2, 3, 4)
    crossing = draw.chance(0.35)
    m = draw.size(2, 3, n)
    named: dict[str, object] = {"there": draw_there(draw, b, m if crossing else n)} if draw.chance(0.5) else {}
    if crossing:
        named["memory"] = torch.randn(b, m, 4 * h)
    draw.note("sizes", f"batch {b}, positions {n}, heads {h}, memory {m if crossing else 'none'}, padded {'there' in named}")
    return Made(Encoder(draw, 4 * h, h, crossing), (torch.randn(b, n, 4 * h),), named, rounding=64)


def generation(draw: Draw) -> Made:
    """A prompt and steps with a cache, inside of one call of the model or step by step from outside."""
    b, prompt, steps, c = draw.size(1, 1, 2, 3), draw.size(1, 2, 3, 4), draw.size(1, 2, 3, 4), 8
    decoder = Decoder(draw, c)
    inside = draw.chance(0.5)
    beams = b > 1 and not inside and draw.chance(0.6)
    orders = [tuple(draw.randrange(b) for _ in range(b)) for _ in range(steps)] if beams else None
    draw.note("sizes", f"rows {b}, prompt {prompt}, steps {steps}, {'inside' if inside else 'outside'}, orders {orders}")
    ids = torch.randint(0, 30, (b, prompt))
    memory = torch.randn(b, draw.size(2, 3, 4), c) if decoder.crossing is not None else None
    if inside:
        return Made(Generation(decoder, steps), (ids, memory))
    return Made(decoder, (ids, memory), run=lambda net, _: generate(net, ids, memory, steps, orders))


FAMILIES: dict[str, Callable[[Draw], Made]] = {
    "attention": attention, "towers": towers, "decoys": decoys, "gates": gates, "planes": planes, "textbook": textbook,
    "torch": torchs, "generation": generation,
}  # fmt: skip
FAMILY_WEIGHTS = (48, 4, 8, 14, 4, 9, 7, 8)
HALF = ("attention", "towers", "decoys", "textbook", "torch", "gates", "planes")  # generations compare their words: in float32
