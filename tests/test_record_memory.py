"""A thousand recordings, and what is left of them: memory, modes and the mode of training."""

import gc
import resource
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import _get_current_function_mode_stack

from attnviz import record
from tests.taps.families import FAMILIES
from tests.taps.test_gates import Block, X

MEGABYTE = 1 << 20


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_a_thousand_recordings_leave_no_memory_behind(implementation: str) -> None:
    model, inputs = FAMILIES["DistilBERT"].make(implementation), FAMILIES["DistilBERT"].inputs()

    def once() -> None:
        with torch.no_grad(), record(model) as tape:
            model(**inputs)
        assert len(tape) == 2

    for _ in range(20):
        once()
    gc.collect()
    before = resident()
    for _ in range(970):
        once()
    tracemalloc.start()
    for _ in range(10):  # what is made once and kept is made now
        once()
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0]
    for _ in range(10):
        once()
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0] - traced
    tracemalloc.stop()
    assert resident() - before < 5 * MEGABYTE
    assert traced < 50_000


def test_a_tape_that_is_let_go_frees_its_maps_at_once() -> None:
    model, inputs = FAMILIES["BERT"].make("sdpa"), FAMILIES["BERT"].inputs()
    gc.collect()
    gc.disable()
    try:
        with record(model) as tape:
            model(**inputs)
        tracemalloc.start()
        with record(model) as tape:
            model(**inputs)
        held = tracemalloc.get_traced_memory()[0]
        del tape
        assert tracemalloc.get_traced_memory()[0] < held
        tracemalloc.stop()
    finally:
        gc.enable()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
def test_the_mode_of_training_and_the_modes_of_torch_are_as_before(training: bool, error: type[BaseException] | None) -> None:
    model, inputs = FAMILIES["BERT"].make("eager").train(training), FAMILIES["BERT"].inputs()
    settings = model.config.to_dict()
    try:
        with record(model), record(model):
            model(**inputs)
            if error:
                raise error
    except BaseException as caught:
        assert type(caught) is error  # noqa: PT017  (KeyboardInterrupt would end pytest)
    assert all(module.training == training for module in model.modules())
    assert model.config.to_dict() == settings
    assert _get_current_function_mode_stack() == []


def gates() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(8, 8, 1), Block())


def test_eight_threads_on_one_model_each_get_their_own_gates_and_eager_weights() -> None:
    text, photo = FAMILIES["DistilBERT"].make("eager"), gates()

    def maps(seed: int) -> list[np.ndarray]:
        ids = torch.randint(5, 40, (1, 3 + seed), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad(), record(text) as words, record(photo) as places:
            text(input_ids=ids)
            photo(X * seed)
        return [m.dense() for tape in (words, places) for m in tape]

    alone = [maps(seed) for seed in range(8)]

    def visit(seed: int) -> int:
        return sum(all(map(np.array_equal, maps(seed), alone[seed])) for _ in range(100))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(visit, range(8))) == [100] * 8
