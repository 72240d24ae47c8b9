"""Recordings beside each other: threads that share a model, and many recordings in a row."""

import gc
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz import record
from tests import tiny

THREADS = 8
ROUNDS = 100


def photo(seed: int) -> tuple[Tensor, ...]:
    return (torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)),)


def text(seed: int) -> tuple[Tensor, ...]:
    length = 3 + seed
    return torch.randint(5, 20, (1, length), generator=torch.Generator().manual_seed(seed)), torch.ones(1, length, dtype=torch.long)


BOTH: dict[str, tuple[Callable[[], nn.Module], Callable[[int], tuple[Tensor, ...]]]] = {
    "probes": (tiny.photo_net, photo),
    "sdpa": (tiny.text_net, text),
}
both = pytest.mark.parametrize(("make", "inputs"), BOTH.values(), ids=BOTH)


@pytest.fixture
def _restless() -> Iterator[None]:
    """Threads take turns as often as the interpreter lets them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def recorded(model: nn.Module, inputs: tuple[Tensor, ...]) -> list[tuple[str, np.ndarray]]:
    with torch.no_grad(), record(model) as tape:
        model(*inputs)
    return [(m.layer, m.dense()) for m in tape]


@pytest.mark.usefixtures("_restless")
@both
def test_eight_threads_on_one_model_each_get_exactly_their_own_maps(
    make: Callable[[], nn.Module], inputs: Callable[[int], tuple[Tensor, ...]]
) -> None:
    model = make()
    alone = [recorded(model, inputs(seed)) for seed in range(THREADS)]
    start = threading.Barrier(THREADS)

    def visit(seed: int) -> int:
        start.wait()
        mine = inputs(seed)
        return sum(same(recorded(model, mine), alone[seed]) for _ in range(ROUNDS))

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(visit, range(THREADS))) == [ROUNDS] * THREADS


def same(found: list[tuple[str, np.ndarray]], expected: list[tuple[str, np.ndarray]]) -> bool:
    return len(found) == len(expected) and all(
        name == other and np.array_equal(weights, numbers)
        for (name, weights), (other, numbers) in zip(found, expected, strict=True)
    )


@both
def test_a_plain_call_in_another_thread_is_not_recorded(
    make: Callable[[], nn.Module], inputs: Callable[[int], tuple[Tensor, ...]]
) -> None:
    model, other = make(), inputs(1)
    with record(model) as tape:
        model(*inputs(0))
        before = tape.layers
        thread = threading.Thread(target=lambda: model(*other))
        thread.start()
        thread.join()
    assert tape.layers == before


@both
def test_a_thread_that_records_does_not_see_the_recording_of_another(
    make: Callable[[], nn.Module], inputs: Callable[[int], tuple[Tensor, ...]]
) -> None:
    model = make()
    with record(model) as tape:
        model(*inputs(0))
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(recorded, model, inputs(1)).result()
        names = tape.layers
    assert tuple(name for name, _ in elsewhere) == names
    assert same(elsewhere, recorded(model, inputs(1)))


@both
def test_recordings_in_a_row_leave_no_memory_behind(
    make: Callable[[], nn.Module], inputs: Callable[[int], tuple[Tensor, ...]]
) -> None:
    model = make()
    mine = inputs(2)
    tracemalloc.start()
    for _ in range(40):  # what is made once and kept is made now
        recorded(model, mine)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(120):
        recorded(model, mine)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 40_000  # one tape alone holds some kilobytes
