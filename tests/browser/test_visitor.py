"""Sessions without a browser, as the benchmark of many visitors opens them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attnviz import load, plot, predict
from benchmarks.load import crowd, sentences
from benchmarks.visitor import visitor


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs in a thread of its own: Playwright has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


TEXT = "A dull film that bored me to tears."


def test_a_session_over_the_websocket_reads_the_decision_that_the_model_makes(url: str) -> None:
    async def decided() -> tuple[tuple[str, ...], list[str]]:
        async with visitor(url) as guest:
            await guest.type(TEXT)
            return guest.decision, guest.exceptions

    label, probability = predict(load("sentiment-minilm"), TEXT).ranked[0]
    assert apart(decided()) == ((label, plot.three_digits(probability)), [])


def test_sessions_at_once_each_read_their_own_decision(url: str) -> None:
    texts = [sentences(number, 2) for number in range(4)]
    answers, ended = apart(crowd(url, texts, 0))
    model = load("sentiment-minilm")
    for text, decision, _ in answers:
        label, probability = predict(model, text).ranked[0]
        assert decision == (label, plot.three_digits(probability))
    assert len(answers) == 8
    assert not [each for each in ended if isinstance(each, BaseException) or each.exceptions]
