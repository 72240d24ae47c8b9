"""What recording costs where there is more to compute, on any device: batches, long inputs, and overviews of very long ones."""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

import attnviz
from benchmarks.common import SHAPE, encoder, medians, plain, recorded

BATCHES = ((8, 512), (1, 4096))  # examples, tokens
LONG = {131_072: 3, 1_000_000: 1}  # tokens, repeats
WIDTH = SHAPE["hidden_size"] // SHAPE["num_attention_heads"]
Row = dict[str, float | str]


def forward(batch: int, length: int, device: str, repeats: int = 15) -> Row:
    """The recorded forward pass against the plain one."""
    model = encoder("sdpa").to(device)
    ids = torch.randint(0, SHAPE["vocab_size"], (batch, length), generator=torch.Generator().manual_seed(0)).to(device)
    work = {"plain": partial(plain, model, ids), "recorded": partial(recorded, model, ids)}
    found = medians({name: _whole(run, device) for name, run in work.items()}, repeats)
    return {**_row(found, "recorded", "plain"), "repeats": repeats}


class OneHead(nn.Module):
    """Fused attention of one head over what it is given, which is as hard for every length."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 1, position, feature) -> the same."""
        return F.scaled_dot_product_attention(x, x, x)


@torch.no_grad()
def overview(length: int, device: str, repeats: int) -> Row:
    """One head pooled to 256 x 256 in tiles on the device, against the fused attention of that head there."""
    model, x = OneHead(), torch.randn(1, 1, length, WIDTH, generator=torch.Generator().manual_seed(0)).to(device)
    with attnviz.record(model) as tape:
        model(x)
    m = next(iter(tape))
    work: dict[str, Callable[[], object]] = {"pooled": lambda: m.pooled(0, device=device), "fused": lambda: model(x)}
    found = medians({name: _whole(run, device) for name, run in work.items()}, repeats, warm=1)
    return {**_row(found, "pooled", "fused"), "repeats": repeats}


def _whole(run: Callable[[], object], device: str) -> Callable[[], object]:
    """With what a GPU still has to do when the call comes back."""

    def waited() -> object:
        found = run()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)
        return found

    return waited


def _row(seconds: dict[str, float], dear: str, cheap: str) -> Row:
    return {**{f"{name} ms": 1000 * of for name, of in seconds.items()}, f"{dear} / {cheap}": seconds[dear] / seconds[cheap]}


def rows(device: str) -> list[tuple[str, Callable[[], Row]]]:
    """Names and measurements, which run when they are called."""
    found: list[tuple[str, Callable[[], Row]]] = []
    for batch, length in BATCHES:
        found.append((f"forward on {device}, {batch} of {length:,} tokens", partial(forward, batch, length, device)))
    for length, repeats in LONG.items():
        found.append((f"overview of one head on {device}, {length:,} tokens", partial(overview, length, device, repeats)))
    return found
