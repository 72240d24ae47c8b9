"""Many visitors at once: `python -m benchmarks.load --sessions 16 --json` starts the app and types into it.

Each session is a real one, over the websocket, and types sentences of its own, one every `--pause` seconds; every decision that
a page shows is held against the one that was worked out alone. `wrong` are decisions that are not those, `mixed` those of them
that are right for another sentence, `errors` sessions that the server said went wrong. `cpu` is the server's processor time an
answer, `alone` the model's.

`--churn 200`: so many visitors come, type once and leave, a few at a time; `memory` is what the server holds after the first one,
and after every quarter of them, and `grown` the last over the first. `--cold 20`: so many fresh servers, each reached by ten
visitors at once.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from attnviz import load, plot, predict
from benchmarks.serving import processor_seconds, resident, served
from benchmarks.visitor import Visitor, visitor

MODEL = "sentiment-minilm"
Answer = tuple[str, tuple[str, ...], float]  # a text, what the page decided, and how many seconds it took
PARTS = (
    ("A", "This", "Their", "Another"), ("gorgeous", "dull", "witty", "clumsy", "tender", "pointless"),
    ("film", "story", "comedy", "sequel"), ("that I loved", "that bored me", "that moves along", "nobody asked for"),
)  # fmt: skip


def sentences(session: int, count: int) -> list[str]:
    """Different for every session, and the same in every run."""
    drawn = random.Random(session)
    return [f"{' '.join(drawn.choice(words) for words in PARTS)}, says visitor {session}, round {turn}." for turn in range(count)]


def expected(texts: Sequence[str]) -> tuple[dict[str, tuple[str, str]], float]:
    """What the page is to show of each, and seconds of processor time an answer, the model called in a loop."""
    model = load(MODEL)
    predict(model, texts[0])
    start = time.process_time()
    found = {text: predict(model, text).ranked[0] for text in texts}
    seconds = (time.process_time() - start) / len(texts)
    return {text: (label, plot.three_digits(probability)) for text, (label, probability) in found.items()}, seconds


async def session(url: str, texts: Sequence[str], pause: float, answers: list[Answer]) -> Visitor:
    """Types all its texts; what came of each goes to `answers`."""
    async with visitor(url) as guest:
        for text in texts:
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
            start = time.perf_counter()
            await guest.type(text)
            answers.append((text, guest.decision, time.perf_counter() - start))
        return guest


async def crowd(url: str, texts: list[list[str]], pause: float) -> tuple[list[Answer], list[Any]]:
    """All sessions at once: their answers, and each session or what stopped it."""
    answers: list[Answer] = []
    ended = await asyncio.gather(*(session(url, own, pause, answers) for own in texts), return_exceptions=True)
    return answers, list(ended)


def measure(sessions: int, rounds: int, pause: float) -> dict[str, Any]:
    """The figures of one crowd, of a server started for it."""
    texts = [sentences(number, rounds) for number in range(sessions)]
    right, alone = expected([text for own in texts for text in own])
    with served() as (pid, url):
        asyncio.run(crowd(url, [["To begin with, a fine film."]], 0))
        before, memory, start = processor_seconds(pid), resident(pid), time.perf_counter()
        answers, ended = asyncio.run(crowd(url, texts, pause))
        seconds, spent, after = time.perf_counter() - start, processor_seconds(pid) - before, resident(pid)
    wrong = [decision for text, decision, _ in answers if decision != right[text]]
    took = sorted(second for _, _, second in answers) or [float("nan")]
    return {
        "sessions": sessions, "answers": len(answers), "wrong": len(wrong),
        "mixed": sum(decision in right.values() for decision in wrong),
        "errors": sum(isinstance(each, BaseException) or bool(each.exceptions) for each in ended),
        "p50": statistics.median(took), "p95": took[int(0.95 * (len(took) - 1))], "per_second": len(answers) / seconds,
        "cpu": spent / max(1, len(answers)), "alone": alone, "memory": after, "memory_first": memory,
    }  # fmt: skip


def churn(sessions: int, together: int = 5) -> dict[str, Any]:
    """Memory while visitors come and go."""
    held, errors = [], 0
    with served() as (pid, url):
        asyncio.run(crowd(url, [sentences(0, 2)], 0))
        held.append(resident(pid))
        for first in range(1, sessions + 1, together):
            _, ended = asyncio.run(crowd(url, [sentences(number, 1) for number in range(first, first + together)], 0))
            errors += sum(isinstance(each, BaseException) or bool(each.exceptions) for each in ended)
            if first // together % max(1, sessions // together // 4) == 0:
                held.append(resident(pid))
    return {"came_and_went": sessions, "errors": errors, "memory": held, "grown": held[-1] / held[0]}


def cold(starts: int, visitors: int = 10) -> dict[str, Any]:
    """Errors of visitors who all reach a server that nobody has reached before."""
    failed = []
    for _ in range(starts):
        with served() as (_, url):
            _, ended = asyncio.run(crowd(url, [sentences(number, 1) for number in range(visitors)], 0))
        failed.append(sum(isinstance(each, BaseException) or bool(each.exceptions) for each in ended))
    return {"cold_starts": starts, "visitors": visitors, "errors": failed}


def main() -> None:
    """Prints a line or a JSON object for each number of sessions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=5.0)
    parser.add_argument("--churn", type=int, default=0)
    parser.add_argument("--cold", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for much, told in ((asked.churn, churn), (asked.cold, cold)):
        if much:
            print(json.dumps(told(much)), flush=True)
    if asked.churn or asked.cold:
        return
    for count in asked.sessions:
        found = measure(count, asked.rounds, asked.pause)
        print(json.dumps(found) if asked.json else "  ".join(f"{key} {value:.3g}" for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
