"""What recording costs, and what a view costs beside the peers: python -m benchmarks.capture [--only PART ...] [--device D]."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.nn import functional as F

from benchmarks import device, views
from benchmarks.common import SHAPE, WAYS, encoder, medians, recorded, tokens

REPEATS = 15
LONG = 8192
CHILD = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.common import WAYS, encoder, tokens
implementation, run = WAYS[{way!r}]
model = encoder(implementation)
kept = run(model, tokens({length}))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
Row = dict[str, float | str]
Rows = Iterator[tuple[str, Row]]


def forward(length: int) -> Row:
    """Plain, recorded, recorded and looked at in every layer, and eager with all weights returned."""
    ids = tokens(length)
    models = {implementation: encoder(implementation) for implementation in ("sdpa", "eager")}
    work = {name: (lambda run=run, model=models[kind]: run(model, ids)) for name, (kind, run) in WAYS.items()}  # type: ignore[misc]
    found = medians(work, REPEATS)
    ratios = {f"{name} / plain": found[name] / found["plain"] for name in found if name != "plain"}
    return {**{f"{name} ms": 1000 * seconds for name, seconds in found.items()}, **ratios, "repeats": REPEATS}


def memory(length: int, *ways: str) -> Row:
    """Peak memory of processes of their own, MB, and its growth over the plain pass against all queries and keys."""
    peaks = {way: _peak(length, way) for way in ways}
    factors = SHAPE["num_hidden_layers"] * 2 * length * SHAPE["hidden_size"] * 4 / 1e6
    shares = {f"({way} - plain) / factors": (peaks[way] - peaks["plain"]) / factors for way in ways if way != "plain"}
    return {**{f"{way} MB": peak for way, peak in peaks.items()}, "factors MB": factors, **shares}


def _peak(length: int, way: str) -> float:
    program = CHILD.format(root=str(Path(__file__).parent.parent), way=way, length=length)
    # not getrusage: its peak is never less than that of the process that started this one
    return int(subprocess.check_output([sys.executable, "-c", program])) * 1024 / 1e6


def row() -> Row:
    """One exact row of all heads of a layer at 512 tokens."""
    m = next(iter(recorded(encoder("sdpa"), tokens(512))))
    return {"ms": 1000 * medians({"row": lambda: [m.rows(head, [100]) for head in range(12)]}, REPEATS)["row"]}


def overview() -> Row:
    """One head pooled to 256 x 256, against the fused attention of that head; values are as wide as keys."""
    m = next(iter(recorded(encoder("sdpa"), tokens(LONG))))
    query, key = (torch.from_numpy(part[3:4]).unsqueeze(0) for part in (m.weights.query, m.weights.key))  # type: ignore[attr-defined]
    found = medians({"pooled": lambda: m.pooled(3), "fused": lambda: F.scaled_dot_product_attention(query, key, key)}, 7)
    return {**{f"{name} ms": 1000 * seconds for name, seconds in found.items()}, "ratio": found["pooled"] / found["fused"]}


def side_by_side() -> Rows:
    """Each peer at each length."""
    for length, repeats in views.SIDE_BY_SIDE.items():
        for name, numbers in views.side_by_side(length, repeats).items():
            yield f"view, {length} tokens, {name}", numbers


def peaks() -> Rows:
    """Each way at 512 tokens, and recording where it is long."""
    yield "peak memory, 512 tokens", memory(512, *WAYS)
    yield f"peak memory, {LONG:,} tokens", memory(LONG, "plain", "recorded")


PARTS: dict[str, Callable[[], Rows]] = {
    "forward": lambda: ((f"forward, {length} tokens", forward(length)) for length in (128, 512)),
    "row": lambda: iter([("one row of 12 heads, 512 tokens", row())]),
    "overview": lambda: iter([(f"overview of one head, {LONG:,} tokens", overview())]),
    "memory": peaks,
    "views": side_by_side,
    "alone": lambda: ((f"attnviz alone, {length:,} tokens", dict(views.alone(length))) for length in views.ALONE),
}


def main() -> None:
    """Runs the parts asked for, prints a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--device", metavar="DEVICE", help="only what is long, on this device of torch, such as cuda")
    asked = parser.parse_args()
    parts = [PARTS[part] for part in asked.only or (() if asked.device else PARTS)]
    if asked.device:
        parts.append(lambda: ((name, measure()) for name, measure in device.rows(asked.device)))
    found: dict[str, Row] = {}
    for part in parts:
        for name, numbers in part():
            found[name] = numbers
            if not asked.json:
                print(f"{name:42}", "  ".join(f"{key} {_short(value)}".strip() for key, value in numbers.items()), flush=True)
    if asked.json:
        print(json.dumps(found, indent=2))


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    main()
