"""From token ids to a finished view: attnviz, BertViz (arXiv:1906.05714) and CircuitsVis on the same model and input.

Bytes are what one view sends beside the library that draws it: attnviz the two figures of its Text page (all heads small, one
head large), the peers the page that they return, which holds all numbers. Peers that are not installed are named and left out.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch

from attnviz import Tape, plot
from attnviz.maps import AttentionMap
from attnviz.weights import Dense
from benchmarks.common import eager, encoder, medians, recorded, tokens

# tokens -> repeats; the peers' pages of 512 tokens take minutes
SIDE_BY_SIDE = {64: 7, 128: 7, 256: 3, 512: 1}
ALONE = (2048, 8192, 32768)
CELLS, THUMBNAIL = 256, 24
Attentions = Sequence[torch.Tensor]


def one_head(m: AttentionMap, head: int) -> str:
    """The figure of one head, pooled where it is longer than its cells."""
    pooled = m.pooled(head, CELLS)
    whole = pooled.shape == m.shape[1:]
    shown = AttentionMap(m.layer, m.kind, m.mechanism, "softmax" if whole else "partial", ("query", "key"), Dense(pooled))
    return plot.heatmap(shown).to_json()


def all_heads(tape: Tape) -> str:
    """The figure of all heads of all layers."""
    return plot.thumbnails([[m.pooled(head, THUMBNAIL) for head in range(m.size("head"))] for m in tape]).to_json()


def ours(model: torch.nn.Module, ids: torch.Tensor) -> int:
    """Bytes of the two figures of attnviz."""
    tape = recorded(model, ids)
    return len(all_heads(tape)) + len(one_head(next(iter(tape)), 3))


def bertviz(view: str, attentions: Attentions, words: list[str]) -> int:
    """Bytes of a page of BertViz."""
    module = importlib.import_module("bertviz")
    return len(getattr(module, view)(list(attentions), words, html_action="return").data)


def circuitsvis(attentions: Attentions, words: list[str]) -> int:
    """Bytes of a page of CircuitsVis, with its code left on a server."""
    module = importlib.import_module("circuitsvis.attention")
    return len(module.attention_heads(torch.cat(list(attentions)).flatten(0, 1), words).cdn_src)


PEERS: dict[str, tuple[str, Callable[[Attentions, list[str]], int]]] = {
    "BertViz head view": ("bertviz", partial(bertviz, "head_view")),
    "BertViz model view": ("bertviz", partial(bertviz, "model_view")),
    "CircuitsVis": ("circuitsvis", circuitsvis),
}


def missing() -> dict[str, str]:
    """Peers that cannot be imported, and why."""
    found = {}
    for name, (module, _) in PEERS.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            found[name] = f"left out: {error}"
    return found


def side_by_side(length: int, repeats: int) -> dict[str, dict[str, float | str]]:
    """Bytes and seconds of each, in turns, and how many times as much as attnviz."""
    fused, full, ids = encoder("sdpa"), encoder("eager"), tokens(length)
    words = [f"token{int(i)}" for i in ids[0]]
    absent = missing()
    pages: dict[str, int] = {}

    def make(name: str, page: Callable[[], int]) -> Callable[[], None]:
        return lambda: pages.update({name: page()})

    work = {"attnviz": make("attnviz", lambda: ours(fused, ids))}
    for name, (_, page) in PEERS.items():
        if name not in absent:
            work[name] = make(name, lambda page=page: page(eager(full, ids), words))  # type: ignore[misc]
    seconds = medians(work, repeats, warm=int(repeats > 1))
    found: dict[str, dict[str, float | str]] = {
        name: {
            "kB": pages[name] / 1000, "s": seconds[name], "size / attnviz": pages[name] / pages["attnviz"],
            "time / attnviz": seconds[name] / seconds["attnviz"], "repeats": repeats,
        }
        for name in work
    }  # fmt: skip
    return found | {name: {"": why} for name, why in absent.items()}


def alone(length: int) -> dict[str, float]:
    """A forward pass, the overview of one head, and an exact window of it: seconds, once each, and the larger figure's bytes."""
    model, ids = encoder("sdpa", length), tokens(length)
    start = time.perf_counter()
    m = next(iter(recorded(model, ids)))
    middle = time.perf_counter()
    overview = one_head(m, 3)
    pooled = time.perf_counter()
    part = slice(length // 2, length // 2 + CELLS)
    window = AttentionMap(m.layer, m.kind, m.mechanism, "partial", ("query", "key"), Dense(m.window(3, part, part)))
    page = plot.heatmap(window).to_json()
    end = time.perf_counter()
    return {
        "forward s": middle - start, "overview s": pooled - middle, "window s": end - pooled,
        "kB": max(len(overview), len(page)) / 1000,
    }  # fmt: skip
