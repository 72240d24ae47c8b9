"""python -m benchmarks.truth [--n N] [--seed SEED] [--json] [--case CASE] [--known]: see benchmarks/truth/__init__.py."""

import argparse
import json
from collections import Counter
from functools import partial

import torch

from benchmarks.truth.cases import case, known
from benchmarks.truth.known import KNOWN
from benchmarks.truth.run import Verdict, judge, judged

APART = 1_000_000  # cases of one seed do not meet those of the next
COUNTED = ("exact", "refused", "wrong", "stopped", "changed_output", "false_attention")


def main() -> None:
    """Judges the cases asked for; prints their counts, or each that is not exact and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="how many cases")
    parser.add_argument("--seed", type=int, default=0, help="which cases")
    parser.add_argument("--case", type=int, help="one case again, by its number")
    parser.add_argument("--known", action="store_true", help="public architectures in place of random modules")
    parser.add_argument("--json", action="store_true", help="the counts alone, as JSON")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.case is not None:
        print(judge(asked.case))
        return
    counts: Counter[str] = Counter()
    made = (
        [partial(known, name) for name in KNOWN] if asked.known else [partial(case, asked.seed * APART + i) for i in range(asked.n)]
    )
    for make in made:
        verdict = judged(make)
        counts[verdict.outcome] += 1
        if not asked.json and verdict.outcome != "exact":
            print(verdict, flush=True)
    print(json.dumps(summary(counts, len(made))))


def summary(counts: Counter[str], n: int) -> dict[str, int]:
    """Each case is counted once, by the worst that was found."""
    return {"n": n, **{outcome: counts[outcome] for outcome in COUNTED}}


__all__ = ["Verdict", "main", "summary"]

if __name__ == "__main__":
    main()
