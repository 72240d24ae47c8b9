"""The table of mechanisms: every entry is whole, runs through its whole range, and its controls do something."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attnviz.errors import InputError
from attnviz.mechanisms import MECHANISMS, Mechanism, Vectors, find
from attnviz.state import Choice, OneOf, OnOff, Real, Whole
from tests.mechanisms.making import inputs

ROOT = Path(__file__).resolve().parents[2]
NAMES = [mechanism.name for mechanism in MECHANISMS]
RUNS = [
    pytest.param(mechanism, choice, id=f"{mechanism.name}-{choice.name}")
    for mechanism in MECHANISMS
    for choice in mechanism.choices
]


def ends(choice: Choice) -> tuple[Any, ...]:
    match choice.allowed:
        case Real(low=low, high=high) | Whole(low=low, high=high):
            return low, high
        case OneOf(values=values):
            return tuple(values)
    return False, True


def test_names_are_unique_and_found() -> None:
    assert len(set(NAMES)) == len(NAMES) > 35
    assert all(find(name).name == name for name in NAMES)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_an_entry_is_whole(mechanism: Mechanism) -> None:
    for part in ("title", "family", "scores", "normalises", "over", "query", "formula"):
        assert getattr(mechanism, part).strip(), part
    assert set(mechanism.follows) < set(NAMES)
    assert mechanism.name not in mechanism.follows
    assert all((ROOT / "models" / name / "card.toml").is_file() for name in mechanism.trained)
    assert mechanism.paper.link.startswith("https://")
    assert 1960 < mechanism.paper.year < 2030
    assert mechanism.source.startswith(("class ", "def "))
    assert mechanism.layer.__module__.startswith("attnviz.layers.")
    assert mechanism.keras.why.endswith(".")
    compile(mechanism.keras.call, mechanism.name, "exec")
    for choice in mechanism.choices:
        assert choice.read(choice.allowed.write(choice.default)) == choice.default


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_maps_come_from_the_layer_itself(mechanism: Mechanism) -> None:
    shown = mechanism.run(inputs(mechanism.input))
    assert shown.maps
    for m in shown.maps:
        assert m.receipt is not None
        assert m.receipt.how.startswith(("probe of the layer", "query and key of"))
        assert m.kind == mechanism.kind
    assert np.isfinite(shown.output).all()


@pytest.mark.parametrize(("mechanism", "choice"), RUNS)
def test_a_choice_changes_what_is_seen_at_its_ends(mechanism: Mechanism, choice: Choice) -> None:
    given = inputs(mechanism.input)
    seen = [mechanism.run(given, **{choice.name: value}) for value in ends(choice)]
    assert all(np.isfinite(shown.output).all() for shown in seen)
    first, last = seen[0], seen[-1]
    same = all(a.shape == b.shape and np.array_equal(a.dense(), b.dense()) for a, b in zip(first.maps, last.maps, strict=True))
    assert not same


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_the_same_values_give_the_same_numbers(mechanism: Mechanism) -> None:
    first, second = (mechanism.run(inputs(mechanism.input)) for _ in range(2))
    np.testing.assert_array_equal(first.output, second.output)
    np.testing.assert_array_equal(first.maps[0].dense(), second.maps[0].dense())


def test_a_value_without_a_choice_is_an_error() -> None:
    with pytest.raises(TypeError, match="window"):
        find("dot").run(inputs("query-key-value"), window=3)


def test_labels_are_those_of_the_input() -> None:
    x = np.eye(3)
    shown = find("plain-self").run(Vectors(x, x, x, ("a", "b", "c"), ("a", "b", "c")))
    assert shown.maps[0].labels["query"] == shown.maps[0].labels["key"] == ("a", "b", "c")


def test_features_that_heads_do_not_divide_are_refused() -> None:
    x = np.ones((2, 3))
    with pytest.raises(InputError, match="3 features cannot be divided among 2 heads"):
        find("multi-head").run(Vectors(x, x, x))


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=NAMES)
def test_one_row_of_one_number_is_enough_or_refused_in_words(mechanism: Mechanism) -> None:
    if mechanism.input in ("points", "feature-map"):
        pytest.skip("no matrix")
    one = Vectors(*(np.ones((1, 1)) for _ in range(3)))
    if mechanism.name == "rotary" or any(choice.name == "heads" for choice in mechanism.choices):
        with pytest.raises(InputError, match="1 feature cannot be"):
            mechanism.run(one)
    else:
        assert np.isfinite(mechanism.run(one).output).all()


def test_every_layer_with_a_probe_of_its_own_is_in_the_table() -> None:
    import attnviz.layers

    shown = {mechanism.layer for mechanism in MECHANISMS}
    # CBAM is its two gates in a row, Attend runs all scores. PatchPicks, PlacePooling, EvidenceHeads and the branches of BAM need a
    # photo: they are seen in the photo models.
    parts = {"CBAM", "Attend", "PatchPicks", "PlacePooling", "EvidenceHeads", "ChannelBranch", "SpatialBranch"}
    missing = {
        name
        for name in attnviz.layers.__all__
        if inspect.isclass(getattr(attnviz.layers, name)) and getattr(attnviz.layers, name) not in shown
    }
    assert missing <= parts


def test_a_toggle_is_off_or_on() -> None:
    found = [choice for each in MECHANISMS for choice in each.choices if isinstance(choice.allowed, OnOff)]
    assert found
    assert all(isinstance(choice.default, bool) for choice in found)
