"""Choices, as they are written in addresses, files and the shell."""

from typing import Any

import pytest

from attnviz.errors import InputError
from attnviz.state import Allowed, Choice, OneOf, OnOff, Places, Real, SomeOf, Text, Whole, chosen, settled

# what is allowed, its values as they are written, and texts that stand for nothing allowed
KINDS: dict[str, tuple[Allowed, dict[Any, str], list[str]]] = {
    "one of": (OneOf(("mean", 0, 1)), {"mean": "mean", 0: "0", 1: "1"}, ["2", "", "Mean", "00"]),
    "a whole number": (Whole(1, 24), {1: "1", 24: "24"}, ["0", "25", "1.5", "", "one", "١" * 3]),
    "a number": (Real(0, 1, 0.05), {0.0: "0", 0.85: "0.85", 1.0: "1"}, ["-0.1", "1.1", "nan", "inf", ""]),
    "on or off": (OnOff(), {True: "1", False: "0"}, ["yes", "", "2"]),
    "some of": (SomeOf(("a", "b", "c"), most=2), {(): "", ("b",): "b", ("c", "a"): "c,a"}, ["d", "a,a", "a,b,c", "a;b"]),
    "places of rows": (
        Places(axes=2, rows=(2, 30)),
        {(): "", ((0, 1),): "0.1", ((0, 0), (1, 29)): "0.0,1.29"},
        ["0.2", "2.0", "0", "0.1.2", "a.b"],
    ),
    "numbers": (Places(most=2), {(): "", (3,): "3", (3, 12): "3,12"}, ["3,4,5", "-1", "a", "3.4"]),
    "places": (Places(axes=2), {((3, 9),): "3.9", ((3, 9), (4, 0)): "3.9,4.0"}, ["3", "3.9.1", "3.-1", "x.y"]),
    "a text": (Text(5), {"": "", "a=b&c": "a=b&c"}, ["longer"]),
}


@pytest.mark.parametrize(("allowed", "written", "wrong"), KINDS.values(), ids=KINDS)
def test_a_value_is_read_as_it_was_written_and_nothing_else_is(allowed: Allowed, written: dict[Any, str], wrong: list[str]) -> None:
    for value, text in written.items():
        assert allowed.write(value) == text
        assert allowed.read(text) == value
        assert type(allowed.read(text)) is type(value)
    for text in wrong:
        with pytest.raises(ValueError, match=r".*"):
            allowed.read(text)


HEAD = Choice("head", "Head", OneOf(("mean", 0, 1)), "mean")
STEP = Choice("step", "Step ahead", Whole(1, 3), 1)


def test_what_is_not_asked_for_or_not_allowed_is_the_default_and_what_is_not_allowed_is_said() -> None:
    assert settled([HEAD, STEP], {"head": "1"}) == ({"head": 1, "step": 1}, {})
    values, refused = settled([HEAD, STEP], {"head": "7", "step": "2"})
    assert values == {"head": "mean", "step": 2}
    assert refused == {"head": "“7” is no head. It is one of mean, 0, 1."}


def test_where_all_has_to_be_right_a_sentence_says_what_is_not() -> None:
    assert chosen([HEAD, STEP], {"step": "3"}) == {"head": "mean", "step": 3}
    with pytest.raises(InputError, match=r"“4” is no step\. It is a whole number from 1 to 3\."):
        chosen([HEAD, STEP], {"step": "4"})
    with pytest.raises(InputError, match=r"There is no choice called “hed”\. Choices are head, step\."):
        chosen([HEAD, STEP], {"hed": "1"})
