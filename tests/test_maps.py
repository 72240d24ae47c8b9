"""AttentionMap: what it promises, and that it refuses numbers that break the promise."""

from typing import Any

import numpy as np
import pytest

from attnviz.errors import MapError, MapTooLarge
from attnviz.maps import AttentionMap, check_promise
from attnviz.weights import Dense, DotProduct
from tests.tiny import attention, gates, rows


def test_the_same_numbers_come_out_that_went_in() -> None:
    weights = rows(3, 4)
    m = attention(weights)
    assert np.array_equal(m.dense(), weights)
    assert m.shape == (3, 4)
    assert (m.size("query"), m.size("key")) == (3, 4)
    assert m.promise == "each row sums to 1"


# norm, weights that keep its promise
KEPT = {
    "a distribution": ("softmax", [[0.25, 0.75], [1, 0]]),
    "a row that may look at nothing": ("softmax", [[0, 0], [0.5, 0.5]]),
    "a half precision sum": ("softmax", [[0.5, 0.501]]),
    "a part of a distribution": ("partial", [[0.2, 0.3], [0, 0.9]]),
    "a hard choice": ("onehot", [[0, 1], [1, 0], [0, 0]]),
    "gates": ("sigmoid", [[1, 1], [0.3, 0]]),
    "picks, of which there may be any number": ("binary", [[1, 1], [0, 0], [0, 1]]),
    "no query at all": ("softmax", np.zeros((0, 3))),
}


@pytest.mark.parametrize(("norm", "weights"), KEPT.values(), ids=KEPT)
def test_weights_that_keep_their_promise_are_taken(norm: Any, weights: Any) -> None:
    assert attention(weights, norm=norm).norm == norm


# norm, weights that break its promise, the numbers that the error names
BROKEN = {
    "a sum below 1": ("softmax", [[0.25, 0.25], [1, 0]], "between 0.5 and 1"),
    "a sum above 1": ("softmax", [[0.75, 0.75]], "1.5"),
    "NaN": ("softmax", [[np.nan, 1.0], [np.nan, 0]], "2 weights are not finite"),
    "infinity": ("sigmoid", [[np.inf, 1]], "1 weights are not finite"),
    "a negative weight": ("softmax", [[-0.5, 1.5]], "from -0.5 to 1.5"),
    "a gate above 1": ("sigmoid", [[1.5, 0]], "from 0 to 1.5"),
    "more than a part": ("partial", [[0.6, 0.6]], "1.2"),
    "a soft choice": ("onehot", [[0.5, 0.5]], "other than 0 and 1"),
    "a soft pick": ("binary", [[0.5, 1]], "other than 0 and 1"),
    "two choices": ("onehot", [[1, 1]], "sum to between 2 and 2"),
}


@pytest.mark.parametrize(("norm", "weights", "numbers"), BROKEN.values(), ids=BROKEN)
def test_weights_that_break_their_promise_are_refused_with_layer_and_numbers(norm: Any, weights: Any, numbers: str) -> None:
    with pytest.raises(MapError) as refusal:
        attention(weights, norm=norm)
    assert str(refusal.value).startswith("Layer layer.0: ")
    assert numbers in str(refusal.value)


def test_the_sum_runs_over_keys_and_not_over_queries() -> None:
    by_column = np.array([[0.9, 0.2], [0.1, 0.8]], dtype=np.float32)
    with pytest.raises(MapError, match="sum to between"):
        attention(by_column)
    assert attention(by_column.T).norm == "softmax"


def test_a_sum_over_two_key_axes_counts_both() -> None:
    array = np.full((1, 2, 2), 0.25, dtype=np.float32)
    assert check_promise(array, ("query", "key row", "key column"), "softmax", "x") == 0


def test_the_largest_error_of_a_sum_is_reported() -> None:
    array = np.array([[0.5, 0.501], [0.5, 0.4995]])
    assert check_promise(array, ("query", "key"), "softmax", "x") == pytest.approx(0.001)
    assert check_promise(array, ("query", "key"), "sigmoid", "x") is None


def test_a_distribution_without_a_key_axis_is_refused() -> None:
    with pytest.raises(MapError, match="need a key axis"):
        AttentionMap("x", "soft", "made-up", "softmax", ("row", "column"), Dense(np.ones((1, 1), np.float32)))


def test_axes_that_do_not_fit_the_weights_are_refused() -> None:
    with pytest.raises(MapError, match="do not have the axes"):
        attention(rows(2, 3), axes=("head", "query", "key"))


def test_labels_of_another_number_than_positions_are_refused() -> None:
    with pytest.raises(MapError, match="2 labels for 3 positions of axis 'key'"):
        attention(rows(2, 3), labels=("a", "b"))


def test_labels_are_added_without_losing_others() -> None:
    m = attention(rows(2, 3)).labelled(query=("a", "b")).labelled(key=("c", "d", "e"))
    assert m.labels == {"query": ("a", "b"), "key": ("c", "d", "e")}


def test_the_map_of_one_head_has_its_numbers_and_labels_without_the_head() -> None:
    m = attention(rows(2, 3, 3)).labelled(head=("h0", "h1"), key=("a", "b", "c"))
    one = m.at_head(1)
    assert one.axes == ("query", "key")
    assert one.labels == {"key": ("a", "b", "c")}
    assert np.array_equal(one.dense(), m.dense()[1])


@pytest.mark.parametrize("head", [-1, 2, 99])
def test_a_head_that_is_not_there_is_refused(head: int) -> None:
    with pytest.raises(MapError, match="Heads are 0 to 1"):
        attention(rows(2, 3, 3)).head(head)


def test_a_gate_has_no_heads() -> None:
    with pytest.raises(MapError, match="has no heads"):
        gates([[0.5, 0.5]]).head(0)
    with pytest.raises(MapError, match="has no heads"):
        gates([[0.5, 0.5]]).pooled(0)


def test_weights_cannot_be_written_to() -> None:
    m = attention(rows(2, 3, 3))
    with pytest.raises(ValueError, match="read-only"):
        m.dense()[0, 0, 0] = 1
    with pytest.raises(AttributeError):
        m.layer = "another"  # type: ignore[misc]


def test_a_part_is_exact_names_its_positions_and_says_where_it_lies() -> None:
    whole = attention(rows(2, 6, 6), tuple("abcdef"))
    part = whole.part(1, range(2, 4), range(1, 5))
    assert np.array_equal(part.dense(), whole.head(1)[2:4, 1:5])
    assert part.labels == {"query": ("2 c", "3 d"), "key": ("1 b", "2 c", "3 d", "4 e")}
    assert (part.axes, part.norm, part.of_head) == (("query", "key"), "partial", 1)
    assert part.notes[-1] == "Queries 2 to 3 of 6 and keys 1 to 4 of 6, exact."
    assert whole.part(0, range(0, 1), range(0, 6)).norm == "softmax"


@pytest.mark.parametrize(("down", "across"), [(range(0, 7), range(1)), (range(1), range(5, 5)), (range(-1, 2), range(1))])
def test_a_part_outside_the_map_is_refused(down: range, across: range) -> None:
    with pytest.raises(MapError, match="Positions are 0 to 6"):
        attention(rows(2, 6, 6)).part(0, down, across)


def test_a_head_that_would_not_fit_is_refused_before_it_is_formed() -> None:
    factors = np.zeros((1, 32_768, 1), np.float32)
    m = AttentionMap("l", "self", "multi-head", "softmax", ("head", "query", "key"), DotProduct(factors, factors, 1.0))
    with pytest.raises(MapTooLarge, match="4,294,967,296 bytes, the limit is 1,073,741,824"):
        m.at_head(0)
