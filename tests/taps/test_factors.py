"""Query and key that wait for the first look: exact, checked, refused once they changed, and let go afterwards."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F

from attnviz import Tape, record
from attnviz.errors import ChangedInPlace, OutputMismatch
from attnviz.taps import factors

HIDDEN = torch.randn(2, 6, 16, generator=torch.Generator().manual_seed(0))
PARTS = ("query", "key", "value")
KEPT = PARTS[:2]


class Attention(nn.Module):
    """One head; what it gave the kernel stays in `made`, and `then` may do something with it before the layer ends."""

    def __init__(self, then: Callable[..., object] = lambda *_: None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.projections = nn.ModuleDict({part: nn.Linear(16, 16) for part in PARTS})
        self.then = then
        self.made: dict[str, Tensor] = {}

    def forward(self, hidden: Tensor) -> Tensor:
        self.made = {part: projection(hidden).unsqueeze(1) for part, projection in self.projections.items()}
        output = F.scaled_dot_product_attention(*self.made.values())
        self.made["output"] = output
        self.then(self.made)
        return output


def recorded(model: Attention, hidden: Tensor = HIDDEN) -> Tape:
    with torch.no_grad(), record(model) as tape:
        model(hidden)
    return tape


def by_hand(model: Attention, hidden: Tensor = HIDDEN) -> np.ndarray:
    """(example, 1, query, key) in double precision."""
    query, key = (F.linear(hidden.double(), p.weight.double(), p.bias.double()) for p in list(model.projections.values())[:2])
    return (query @ key.mT / 4).softmax(-1).unsqueeze(1).detach().numpy()


def let_go(model: Attention) -> dict[str, StorageWeakRef]:
    """The memory of query, key, value and output, without the model's own references to it."""
    watched = {part: StorageWeakRef(tensor.untyped_storage()) for part, tensor in model.made.items()}
    model.made.clear()
    return watched


def held(watched: dict[str, StorageWeakRef]) -> list[str]:
    return [part for part, memory in watched.items() if not memory.expired()]


def test_the_first_look_is_exact_for_every_example() -> None:
    model = Attention()
    tape = recorded(model)
    for example, expected in enumerate(by_hand(model)):
        np.testing.assert_allclose(tape.example(example)["Attention"].dense(), expected, atol=1e-6)


@pytest.mark.parametrize("part", KEPT)
def test_what_changed_before_the_first_look_is_refused_again_and_again(part: str) -> None:
    model = Attention()
    tape = recorded(model)
    model.made[part].add_(1)
    for _ in range(2):
        with pytest.raises(ChangedInPlace, match=f"Layer Attention: {part} changed in place .* first look"):
            tape["Attention"]
        with pytest.raises(ChangedInPlace):
            list(tape)


def test_a_view_of_the_same_memory_is_a_change_too() -> None:
    model = Attention()
    tape = recorded(model)
    model.made["key"].mT[0, 0, 3].zero_()
    with pytest.raises(ChangedInPlace, match="key changed"):
        tape["Attention"]


def test_what_changes_after_the_first_look_changes_nothing() -> None:
    model = Attention()
    tape = recorded(model)
    before = tape["Attention"].dense().copy()
    for tensor in model.made.values():
        tensor.normal_()
    assert np.array_equal(tape["Attention"].dense(), before)
    assert tape["Attention"].receipt == tape["Attention"].receipt


@pytest.mark.parametrize("part", ["value", "output"])
def test_a_value_or_output_that_the_layer_writes_over_is_checked_as_it_was(part: str) -> None:
    tape = recorded(Attention(then=lambda made: made[part].mul_(100)))
    receipt = tape["Attention"].receipt
    assert receipt is not None
    assert receipt.output_error is not None
    assert receipt.output_error < 1e-6


def test_a_query_that_torch_does_not_see_changing_fails_the_check_of_the_output() -> None:
    model = Attention()
    tape = recorded(model)
    model.made["query"].data.normal_()
    assert model.made["query"]._version == 0
    with pytest.raises(OutputMismatch, match="Layer Attention"):
        tape["Attention"]


OWNED: dict[str, Callable[[Tensor], Tensor]] = {
    "a buffer": lambda tensor: tensor.detach().clone().requires_grad_(False),
    "a parameter": nn.Parameter,
}


@pytest.mark.parametrize("own", OWNED.values(), ids=OWNED)
def test_tensors_that_were_there_before_are_copied_at_once(own: Callable[[Tensor], Tensor]) -> None:
    class Given(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.given = [own(part) for part in torch.randn(3, 1, 2, 5, 8).unbind()]

        def forward(self) -> Tensor:
            return F.scaled_dot_product_attention(*self.given)

    model = Given()
    expected = (model.given[0] @ model.given[1].mT / 8**0.5).softmax(-1).detach()
    with torch.no_grad(), record(model) as tape:
        model()
        for tensor in model.given:
            tensor.normal_()
    np.testing.assert_allclose(tape["Given"].dense(), expected[0], atol=1e-6)


class Cached(nn.Module):
    """Keys are written into memory that stays, as in a static cache."""

    def __init__(self) -> None:
        super().__init__()
        self.key = torch.zeros(2, 1, 6, 16)

    def forward(self, hidden: Tensor) -> Tensor:
        self.key.copy_(hidden.unsqueeze(1))
        return F.scaled_dot_product_attention(hidden.unsqueeze(1), self.key, self.key)


def test_keys_in_memory_that_is_written_again_are_copied_at_once() -> None:
    model = Cached()
    with torch.no_grad(), record(model) as tape:
        model(HIDDEN)
        model(-HIDDEN)
    expected = (HIDDEN @ HIDDEN.mT / 4).softmax(-1)
    np.testing.assert_allclose(tape["Cached"].dense()[0], expected[0], atol=1e-6)


def test_in_inference_mode_nothing_counts_changes_so_copies_are_made_at_once() -> None:
    model = Attention()
    with torch.inference_mode(), record(model) as tape:
        model(HIDDEN)
        for tensor in model.made.values():
            tensor.normal_()
    np.testing.assert_allclose(tape["Attention"].dense(), by_hand(model)[0], atol=1e-6)


def test_a_long_call_is_copied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Attention()
    monkeypatch.setattr(factors, "SHORT", HIDDEN.numel() - 1)
    tape = recorded(model)
    assert held(let_go(model)) == []
    np.testing.assert_allclose(tape["Attention"].dense(), by_hand(model)[0], atol=1e-6)


def test_query_and_key_are_held_until_the_first_look_and_value_and_output_never() -> None:
    model = Attention()
    tape = recorded(model)
    watched = let_go(model)
    assert held(watched) == list(KEPT)
    assert tape["Attention"].shape == (1, 6, 6)
    assert held(watched) == []


def test_no_graph_of_gradients_is_held() -> None:
    model, hidden = Attention(), HIDDEN.clone()
    watched = {"input": StorageWeakRef(hidden.untyped_storage())}
    with record(model) as tape:
        output = model(hidden)
    model.made.clear()
    del hidden
    assert held(watched) == ["input"]  # by the graph, for the gradient of the projections
    del output
    assert held(watched) == []
    assert tape["Attention"].shape == (1, 6, 6)


def test_threads_that_look_at_once_all_get_the_whole_map() -> None:
    model = Attention()
    expected = by_hand(model)[0]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            tape, start = recorded(model), Barrier(8)

            def look(_: int, tape: Tape = tape, start: Barrier = start) -> object:
                start.wait()
                return tape["Attention"]

            maps = list(pool.map(look, range(8)))
            assert len({id(m.weights.query.base) for m in maps}) == 1  # type: ignore[attr-defined]
            assert all(np.allclose(m.dense(), expected, atol=1e-6) for m in maps)  # type: ignore[attr-defined]


@pytest.mark.parametrize("length", [256, 4096])
def test_what_a_recording_keeps_grows_with_the_length_and_not_with_its_square(length: int) -> None:
    model = Attention()
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(1, length, 16, generator=torch.Generator().manual_seed(0)))
    receipt = tape["Attention"].receipt
    assert receipt is not None
    assert receipt.bytes == 2 * length * 16 * 4


def test_on_another_device_copies_wait_there_for_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model does to its own tensors afterwards changes nothing, and the copies are let go once they were looked at."""
    monkeypatch.setattr(factors, "elsewhere", lambda _: True)
    copies: list[StorageWeakRef] = []
    copied = factors.Call.copied

    def kept(call: factors.Call) -> factors.Call | None:
        found = copied(call)
        copies.extend(StorageWeakRef(part.untyped_storage()) for part in (found.query, found.key))  # type: ignore[union-attr]
        return found

    monkeypatch.setattr(factors.Call, "copied", kept)
    model = Attention(then=lambda made: [made[part].zero_() for part in KEPT])
    tape = recorded(model)
    assert [ref.expired() for ref in copies] == [False, False]
    np.testing.assert_allclose(tape.example(1)["Attention"].dense(), by_hand(model)[1], atol=1e-6)
    assert [ref.expired() for ref in copies] == [True, True]


def test_a_device_without_room_for_copies_does_not_stop_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(factors, "elsewhere", lambda _: True)
    model = Attention()
    call = factors.Call("layer", *(torch.rand(1, 1, 3, 2) for _ in range(4)), 1.0, None, False, False)
    with monkeypatch.context() as patch:
        patch.setattr(Tensor, "clone", full)
        assert call.copied() is None
    np.testing.assert_allclose(recorded(model).example(0)["Attention"].dense(), by_hand(model)[0], atol=1e-6)
