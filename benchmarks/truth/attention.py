"""A layer of attention composed of one part of each table."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth import layouts, masks, softmaxes
from benchmarks.truth.axes import fold, mask_as, unfold
from benchmarks.truth.draw import Draw
from benchmarks.truth.layouts import Layout
from benchmarks.truth.masks import Mask
from benchmarks.truth.products import Product, Scores, tables
from benchmarks.truth.projections import PROJECTIONS, Projection, Widths
from benchmarks.truth.row import Rows
from benchmarks.truth.told import AGAIN, Telling

SHARP = 2.5  # so that rows of weights differ by more than rounding


@dataclass(frozen=True)
class Parts:
    """What a layer is made of. `fused`: by scaled_dot_product_attention, so that softmax and products are not spelled."""

    layout: Layout
    mask: Mask
    apply: masks.Applied
    scores: Scores
    softmax: softmaxes.Spelling
    after: softmaxes.Spelling
    product: Product
    fused: bool
    by_expand: bool
    view: bool


class Attention(Telling):
    """Rows (R, query, channel), rows of keys, and perhaps which keys of each example are there -> (R, query, channel)."""

    def __init__(self, rows: Rows, widths: Widths, projection: Projection, parts: Parts, kind: str) -> None:
        super().__init__()
        self.rows, self.widths, self.projection, self.parts, self.kind = rows, widths, projection, parts, kind
        self.out = nn.Linear(widths.h * widths.d, widths.c)
        n = {"w": rows.w, "h": widths.h, "q": widths.q, "k": rows.keys(projection)}
        mask = parts.mask.make(n) if parts.mask.make is not None else None
        self.register_buffer("mask", mask, persistent=False)
        self.talk: Tensor | None = None
        self.talks_after = False

    def forward(self, x: Tensor, y: Tensor, there: Tensor | None = None) -> Tensor:
        p, w = self.parts, self.widths
        (query, ql), (key, kl), (value, vl) = self.projection(x, y)
        query, ql = layouts.heads_split(query, ql, p.layout.query, w.g)
        key, kl = layouts.key_heads(key, kl, p.layout.key, w.h, p.by_expand)
        value, vl = layouts.key_heads(value, vl, p.layout.key, w.h, p.by_expand)
        n = self._sizes(query.shape[ql.index("q")], key.shape[kl.index("k")], len(key))
        query, key, value = (
            layouts.arranged(*layouts.rows_split(tensor, letters, groups, self.rows.order, self.rows.w), groups, p.view)
            for tensor, letters, groups in ((query, ql, p.layout.query), (key, kl, p.layout.key), (value, vl, p.layout.key))
        )
        mask = self._mask(there, n)
        output = (self._fused if p.fused else self._spelled)(query, key, value, mask, n)
        letters = "".join(p.layout.query).replace("1", "")
        heads = "gr" if "g" in letters else "h" if "h" in letters else ""
        split = output.reshape([n[letter] for letter in letters])
        rows = self.rows.order if "b" in letters else "R"
        return self.out(fold(split, letters, (rows, "q", heads + "d"), p.view))

    def _sizes(self, queries: int, keys: int, rows: int) -> dict[str, int]:
        w = self.widths
        sizes = {"h": w.h, "g": w.g, "r": w.h // w.g, "q": queries, "k": keys, "d": w.d}
        return {"R": rows, "b": rows // self.rows.w, "w": self.rows.w, **sizes}

    def _groups(self) -> tuple[str, ...]:
        return tuple(group.replace("R", self.rows.order) for group in self.parts.layout.scores)

    def _mask(self, there: Tensor | None, n: dict[str, int]) -> Tensor | None:
        """In the shape of the scores, booleans or numbers to add."""
        mask = self.mask
        if self.parts.mask.padding and there is not None:
            there = there[..., :: there.shape[-1] // n["k"]][..., : n["k"]]
            padding = there[:, None, None, None] if there.ndim == 2 else there[:, None]
            mask = padding if mask is None else mask & padding
        if mask is None:
            return None
        letters, groups = masks.LETTERS, self._groups()
        if "g" in "".join(groups):
            heads = mask.shape[2]
            mask, letters = mask.unflatten(2, (n["g"], n["r"]) if heads > 1 else (1, 1)), "bwgrqk"
        elif "h" not in "".join(groups):
            mask, letters = mask.squeeze(2), "bwqk"
        return mask_as(mask, letters, groups, n)

    def _spelled(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, n: dict[str, int]) -> Tensor:
        p = self.parts
        scores = p.scores(query, key, p.layout, SHARP / self.widths.d**0.5)
        scores = scores if self.talk is None or self.talks_after else self._talked(scores)
        weights = p.after(p.softmax(scores if mask is None else p.apply(scores, mask)))
        weights = self._talked(weights) if self.talk is not None and self.talks_after else weights
        self._tell(weights, n)
        return p.product(weights.to(value.dtype), value, p.layout)

    def _talked(self, numbers: Tensor) -> Tensor:
        """Heads mixed with each other, (R, head, query, key) -> the same (arXiv:2003.02436)."""
        return torch.einsum("xhqk,hj->xjqk", numbers, self.talk) if self.parts.view else self._linear(numbers)

    def _linear(self, numbers: Tensor) -> Tensor:
        return F.linear(numbers.permute(0, 2, 3, 1), self.talk.T).permute(0, 3, 1, 2)

    def _fused(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, n: dict[str, int]) -> Tensor:
        if mask is not None and mask.is_floating_point():
            mask = mask.to(query.dtype)
        scale = SHARP / self.widths.d**0.5
        scores = query.double() @ key.double().mT * scale
        seen = scores if mask is None else scores + mask if mask.is_floating_point() else scores.masked_fill(~mask, -torch.inf)
        self._tell(seen.softmax(-1).nan_to_num(0.0), n, close=AGAIN)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)

    def _tell(self, weights: Tensor, n: dict[str, int], close: float | None = None) -> None:
        """(example, what else is in the rows and heads, in the layer's order, query, key)."""
        one, letters = unfold(weights.detach(), self._groups(), n)
        if "g" in letters:
            groups = tuple("gr" if letter == "g" else letter for letter in letters if letter != "r")
            one = fold(one, letters, groups)
            letters = "".join(groups).replace("gr", "h")
        order = "b" + "".join(letter for letter in letters if letter not in "bqk") + "qk"
        if "wh" in self.parts.layout.scores:  # then there are simply more heads
            one, letters, order = fold(one, letters, ("b", "wh", "q", "k")), "bhqk", "bhqk"
        names = {"w": self.rows.name, "h": "head", "q": "query", "k": "key"}
        self.tell(one.permute([letters.index(x) for x in order]), " ".join(names[x] for x in order[1:]), self.kind, close)


def draw_attention(draw: Draw, rows: Rows) -> Attention:
    """A layer for these rows."""
    crossing = rows.context is not None
    grouped = draw.chance(0.25)
    h = draw.size(2, 3, 4, rows.b, rows.t) if not grouped else draw.size(4, 6)
    h = min(h, 6)
    g = h if not grouped else draw.size(1, 2)
    fits = {n: x for n, x in layouts.LAYOUTS.items() if not x.grouped or grouped}
    layout = draw.part("layout", fits, [w for (n, _), w in zip(layouts.LAYOUTS.items(), layouts.WEIGHTS, strict=True) if n in fits])
    if layout.heads is not None:
        h = g = layout.heads
    ways = {n: x for n, x in PROJECTIONS.items() if (x.cross or not crossing) and (not x.equal or h == g)}
    way = draw.part("projection", ways)
    d = draw.size(2, 4, 4, 8)
    if draw.parts["projection" + draw.suffix] == "none":  # then the channels are what heads share
        h = g = next(heads for heads in (h, 2, 1) if rows.c % heads == 0)
        d = rows.c // h
    widths = Widths(c=rows.c, h=h, g=g, d=d, q=rows.t)
    projection = way.make(widths)
    fused = layout.fused and draw.chance(0.3)
    allowed = {n: x for n, x in masks.MASKS.items() if n != "of windows" or rows.w > 1}
    mask = draw.part("mask", allowed, [w for (n, _), w in zip(masks.MASKS.items(), masks.WEIGHTS, strict=True) if n in allowed])
    if rows.block and not crossing:
        mask = masks.Mask(partial(masks.of_blocks, rows.block))
        draw.note("mask", "of blocks")
    if mask.padding and not rows.padded:
        mask = masks.MASKS["none"]
        draw.note("mask", "none")
    scores, products = tables(layout)
    draw.note("heads", f"{g} of {h}" if g != h else h)
    if fused:
        draw.note("softmax", "fused kernel")
    parts = Parts(
        layout, mask,
        apply=draw.part("masked", masks.APPLIED) if not fused and mask != masks.MASKS["none"] else masks.APPLIED["added"],
        scores=draw.part("scores", scores) if not fused else scores["einsum"],
        softmax=draw.part("softmax", softmaxes.SPELLINGS, softmaxes.SPELLING_WEIGHTS) if not fused else torch.nan_to_num,
        after=draw.part("after", softmaxes.AFTER, softmaxes.AFTER_WEIGHTS) if not fused else torch.nan_to_num,
        product=draw.part("product", products) if not fused else products["einsum"],
        fused=fused, by_expand=draw.chance(0.5), view=draw.chance(0.5),
    )  # fmt: skip
    kind = "soft" if crossing or projection.crossing else "self"
    layer = Attention(rows, widths, projection, parts, kind)
    if not fused and layout.scores == ("R", "h", "q", "k") and draw.chance(0.08):
        layer.talk, layer.talks_after = _talk(h, draw), draw.chance(0.5)
        draw.note("heads talk", "behind the softmax" if layer.talks_after else "before it")
    return layer


def _talk(h: int, draw: Draw) -> nn.Parameter:
    """Any mixture of heads; or one whose columns sum to one, behind which weights still do."""
    mixture = torch.randn(h, h)
    return nn.Parameter(mixture.softmax(0) if draw.chance(0.6) else mixture)
