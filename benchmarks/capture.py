"""What recording costs: python benchmarks/capture.py [--json], a random encoder of MiniLM's shape, medians of interleaved runs."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers as hf
from torch.nn import functional as F

import attnviz

REPEATS = 9
LONG = 8192
SHAPE = {"vocab_size": 1000, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
CHILD = """
import resource, sys, torch
sys.path.insert(0, {root!r})
from benchmarks.capture import LONG, encoder, once
model, ids = encoder("sdpa"), torch.randint(0, 1000, (1, LONG))
tape = once(model, ids, {recorded})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def encoder(implementation: str) -> hf.BertModel:
    """Random weights, the shape of all-MiniLM-L6."""
    torch.manual_seed(0)
    config = hf.BertConfig(**SHAPE, max_position_embeddings=LONG)
    return hf.BertModel._from_config(config, attn_implementation=implementation).eval()


def once(model: torch.nn.Module, ids: torch.Tensor, recorded: bool = False, **options: bool) -> object:
    """(1, token) ids through the model; the tape, where it is recorded."""
    with torch.no_grad():
        if not recorded:
            return model(input_ids=ids, **options)
        with attnviz.record(model) as tape:
            model(input_ids=ids)
        return tape


def medians(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of each, run in turns, so that a slow moment hits all."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for repeat in range(REPEATS + 2):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            if repeat > 1:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def forward(length: int) -> dict[str, float]:
    """Plain, recorded, and eager with all weights returned."""
    fused, eager = encoder("sdpa"), encoder("eager")
    ids = torch.randint(0, 1000, (1, length))
    found = medians(
        {
            "plain": lambda: once(fused, ids),
            "recorded": lambda: once(fused, ids, recorded=True),
            "eager": lambda: once(eager, ids, output_attentions=True),
        }
    )
    ratios = {f"{name} / plain": found[name] / found["plain"] for name in ("recorded", "eager")}
    return {**{f"{name} ms": 1000 * seconds for name, seconds in found.items()}, **ratios}


def row() -> dict[str, float]:
    """One exact row of all heads of a layer at 512 tokens."""
    tape = once(encoder("sdpa"), torch.randint(0, 1000, (1, 512)), recorded=True)
    m = next(iter(tape))  # type: ignore[call-overload]
    return {"ms": 1000 * medians({"row": lambda: [m.rows(head, [100]) for head in range(12)]})["row"]}


def overview() -> dict[str, float]:
    """One head pooled to 256 x 256, against the fused attention of that head; values are as wide as keys."""
    tape = once(encoder("sdpa"), torch.randint(0, 1000, (1, LONG)), recorded=True)
    m = next(iter(tape))  # type: ignore[call-overload]
    query, key = (torch.from_numpy(part[3:4]).unsqueeze(0) for part in (m.weights.query, m.weights.key))
    found = medians({"pooled": lambda: m.pooled(3), "fused": lambda: F.scaled_dot_product_attention(query, key, key)})
    return {**{f"{name} ms": 1000 * seconds for name, seconds in found.items()}, "ratio": found["pooled"] / found["fused"]}


def memory() -> dict[str, float]:
    """Peak memory of processes of their own, MB; `share` is the growth over the size of all queries and keys."""
    root = str(Path(__file__).parent.parent)
    peaks = {
        name: int(subprocess.check_output([sys.executable, "-c", CHILD.format(root=root, recorded=name == "recorded")])) / 1e6
        for name in ("plain", "recorded")
    }
    factors = SHAPE["num_hidden_layers"] * 2 * LONG * SHAPE["hidden_size"] * 4 / 1e6
    grown = peaks["recorded"] - peaks["plain"]
    return {**{f"{name} MB": peak for name, peak in peaks.items()}, "queries and keys MB": factors, "share": grown / factors}


def main() -> None:
    """Runs all, prints a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {
        "forward, 128 tokens": forward(128),
        "forward, 512 tokens": forward(512),
        "one row of 12 heads, 512 tokens": row(),
        f"overview of one head, {LONG:,} tokens": overview(),
        f"peak memory, {LONG:,} tokens": memory(),
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, numbers in found.items():
        print(f"{name:40}", "  ".join(f"{key} {value:.3g}" for key, value in numbers.items()))


if __name__ == "__main__":
    main()
