"""The store of results: what two ask for runs once, lines are kept, who leaves leaves nothing behind, and nothing grows."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from attnviz.errors import Busy
from attnviz.ui.store import Kept, Store


class Left(BaseException):
    """As Streamlit ends the run of a page that somebody has closed."""


def nobody(before: int) -> None:
    """Waits as long as it takes."""


def until(true: object) -> None:
    """A moment, until another thread has come as far."""
    for _ in range(1000):
        if true():  # type: ignore[operator]
            return
        time.sleep(0.01)
    pytest.fail("it never came")


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as threads:
        yield threads


def test_what_thirty_ask_for_at_once_is_worked_out_once(crowd: ThreadPoolExecutor) -> None:
    store, go, made = Store(9, 99, 2, 64), threading.Event(), []

    def make() -> Kept:
        made.append(1)
        go.wait()
        return Kept("answer", 1)

    asked = [crowd.submit(store.once, ("model", 1), make, nobody) for _ in range(30)]
    until(lambda: made)
    go.set()
    assert [each.result() for each in asked] == ["answer"] * 30
    assert len(made) == 1
    assert store._lines == {"model": []}


def test_answers_of_many_keys_are_never_mixed(crowd: ThreadPoolExecutor) -> None:
    store = Store(7, 99, 2, 999)  # fewer kept than asked for, so that most are thrown out again
    asked = {i: crowd.submit(store.once, (f"model {i % 3}", i % 20), lambda i=i: Kept(i % 20, 1), nobody) for i in range(600)}
    assert all(answer.result() == i % 20 for i, answer in asked.items())
    assert len(store._kept) <= 7


def test_who_waits_hears_the_place_in_line_and_the_others_go_first(crowd: ThreadPoolExecutor) -> None:
    store, go, order = Store(9, 99, 1, 64), [threading.Event() for _ in range(4)], []
    heard: dict[int, list[int]] = {i: [] for i in range(4)}

    def make(i: int) -> Kept:
        order.append(i)
        go[i].wait()
        return Kept(i, 1)

    asked = []
    for i in range(4):
        asked.append(crowd.submit(store.once, ("model", i), lambda i=i: make(i), heard[i].append))
        until(lambda i=i: len(store._lines.get("model", ())) == i + 1)
    until(lambda: heard[3])
    assert heard[3][-1] == 3
    for i in range(4):
        until(lambda i=i: order == list(range(i + 1)))  # nobody before the one before has finished
        go[i].set()
    assert [each.result() for each in asked] == [0, 1, 2, 3]
    assert heard[3] == sorted(heard[3], reverse=True)
    assert set(heard[3]) <= {1, 2, 3}
    assert heard[0] == []


def test_another_model_has_another_line(crowd: ThreadPoolExecutor) -> None:
    store, go = Store(9, 99, 1, 64), threading.Event()
    first = crowd.submit(store.once, ("slow", 1), lambda: Kept(go.wait(), 1), nobody)
    until(lambda: store._lines.get("slow"))
    assert store.once(("quick", 1), lambda: Kept("now", 1), lambda before: pytest.fail(f"{before} before")) == "now"
    go.set()
    first.result()


def test_a_full_line_says_so_and_is_open_again_afterwards(crowd: ThreadPoolExecutor) -> None:
    store, go = Store(9, 99, 1, 1), threading.Event()
    held = [crowd.submit(store.once, ("model", i), lambda: Kept(go.wait(), 1), nobody) for i in range(2)]
    until(lambda: len(store._lines.get("model", ())) == 2)
    with pytest.raises(Busy, match=r"^2 others wait for model\. Try again in a minute\.$"):
        store.once(("model", 5), lambda: Kept(0, 0), nobody)
    go.set()
    assert all(each.result() for each in held)
    assert store.once(("model", 5), lambda: Kept(5, 0), nobody) == 5


def test_who_leaves_the_line_leaves_it_and_who_wanted_the_same_takes_over(crowd: ThreadPoolExecutor) -> None:
    store, go, leave = Store(9, 99, 1, 64), threading.Event(), threading.Event()

    def leaving(before: int) -> None:
        if leave.is_set():
            raise Left

    first = crowd.submit(store.once, ("model", 1), lambda: Kept(go.wait(), 1), nobody)
    until(lambda: store._lines.get("model"))
    gone = crowd.submit(store.once, ("model", 2), lambda: pytest.fail("nobody wants it"), leaving)
    until(lambda: len(store._lines["model"]) == 2)
    same = crowd.submit(store.once, ("model", 2), lambda: Kept("taken over", 1), nobody)
    leave.set()
    with pytest.raises(Left):
        gone.result()
    go.set()
    assert first.result() is True
    assert same.result() == "taken over"
    assert store._lines == {"model": []}
    assert store._made == set()


def test_a_model_that_is_loaded_again_has_no_results_and_the_others_keep_theirs() -> None:
    store = Store(9, 999, 1, 1)
    for name in ("one", "two"):
        store.once((name, 1), lambda: Kept("old", 1), nobody)
    store.forget("one")
    assert store.once(("one", 1), lambda: Kept("new", 1), nobody) == "new"
    assert store.once(("two", 1), lambda: Kept("new", 1), nobody) == "old"


def test_after_an_error_the_next_one_tries_again() -> None:
    store = Store(9, 99, 1, 1)
    with pytest.raises(ZeroDivisionError):
        store.once(("model", 1), lambda: Kept(1 // 0, 1), nobody)
    assert store.once(("model", 1), lambda: Kept("well", 1), nobody) == "well"


def test_work_that_needs_another_result_of_its_model_does_not_wait_for_itself() -> None:
    store = Store(9, 99, 1, 0)
    inner = lambda: Kept("inner", 1)  # noqa: E731
    assert store.once(("model", 1), lambda: Kept((store.once(("model", 2), inner, nobody), "outer"), 1), nobody) == (
        "inner",
        "outer",
    )


def test_results_asked_for_longest_go_and_the_last_stays_whatever_its_size() -> None:
    store = Store(3, 100, 1, 1)
    for i in range(5):
        store.once(("model", i), lambda i=i: Kept(i, 40), nobody)
    assert list(store._kept) == [("model", 3), ("model", 4)]  # two of 40 bytes are within 100
    store.once(("model", 3), lambda: pytest.fail("it is there"), nobody)
    store.once(("model", 9), lambda: Kept(9, 40), nobody)
    assert list(store._kept) == [("model", 3), ("model", 9)]
    store.once(("model", 10), lambda: Kept(10, 1000), nobody)
    assert list(store._kept) == [("model", 10)]
