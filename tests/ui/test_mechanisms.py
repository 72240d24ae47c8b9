"""The Mechanisms page, run by Streamlit's own test runner without a browser."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.mechanisms import MECHANISMS, find
from attnviz.state import Choice, OneOf, Real, Whole
from attnviz.ui.controls import IN_SIGHT
from attnviz.ui.mechanisms import both, given
from attnviz.ui.mechanisms.held import TYPED, example
from attnviz.ui.pages.mechanisms import NAME
from attnviz.views.regression import NARROWEST, WIDEST

NAMES = [mechanism.name for mechanism in MECHANISMS]
SPREAD = re.compile(r"spreads? over (\d+\.\d+) on average")


def opened(name: str = "", **address: str) -> AppTest:
    """A fresh visit to the page, by an address that says so much."""

    def script() -> None:
        from attnviz.ui.pages import mechanisms

        mechanisms.page()

    page = AppTest.from_function(script, default_timeout=120)
    page.query_params.update(address | ({"mechanism": name} if name else {}))
    return page.run()


def address(page: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}


def said(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption)


def ends(choice: Choice) -> list[object]:
    """The values of a choice that lie furthest apart."""
    match choice.allowed:
        case Real(low=low, high=high) | Whole(low=low, high=high):
            return [low, high]
        case OneOf(values=values):
            return [values[0], values[-1]]
    return [False, True]


@pytest.mark.parametrize("name", NAMES)
def test_every_mechanism_is_drawn_with_its_first_and_with_its_furthest_values(name: str) -> None:
    mechanism, page = find(name), opened(name)
    assert not page.exception
    assert not page.error
    assert mechanism.title in said(page)
    assert page.latex[0].value.strip("$\n ") == mechanism.formula
    assert mechanism.source.strip() in [code.value.strip() for code in page.code]
    for end in (0, 1):
        values = {choice.name: choice.allowed.write(ends(choice)[end]) for choice in mechanism.choices[:IN_SIGHT]}
        page = opened(name, **values)
        assert not page.exception
        assert not page.warning
        assert mechanism.title in said(page)


def test_the_first_visit_shows_a_finished_example() -> None:
    page = opened()
    assert find(NAME.default).title in said(page)
    assert page.text_input(key="mechanisms-sentence").value == given.EXAMPLE


def test_a_low_temperature_is_a_hard_choice_and_a_high_one_spreads_evenly() -> None:
    page = opened("scaled-dot")
    spreads = []
    for value in (0.05, 1.0, 5.0):
        page.slider(key="mechanisms-temperature").set_value(value).run()
        found = SPREAD.search(said(page))
        assert found
        spreads.append(float(found[1]))
    assert spreads == sorted(spreads)
    assert spreads[0] < 2 < spreads[2] <= 13


def test_a_sentence_is_edited_and_another_mechanism_runs_on_it_too() -> None:
    page = opened("scaled-dot")
    page.text_input(key="mechanisms-sentence").set_value("Rain falls.").run()
    assert "of 3 words" in said(page)
    page.selectbox(key="mechanisms-mechanism").set_value("dot").run()
    assert "Dot product of 3 words" in said(page)


def test_typed_matrices_are_what_is_attended_to() -> None:
    page = opened("dot")
    page.segmented_control(key="mechanisms-source").set_value(given.FROM_MATRICES).run()
    page.text_area(key="mechanisms-query").set_value("1 0").run()
    page.text_area(key="mechanisms-key").set_value("1 0; 0 1".replace(";", "\n")).run()
    page.text_area(key="mechanisms-value").set_value("1\n0").run()
    assert not page.error
    assert "Dot product of 1 queries" in said(page)
    # e / (e + 1) and 1 / (e + 1), whose entropy is 0.582 nats
    assert SPREAD.search(said(page))[1] == "1.79"  # type: ignore[index]


@pytest.mark.parametrize("typed", ["", "1, two", "1, 2\n3", "1e9, 0, 0, 0"])
def test_a_matrix_that_cannot_be_read_is_one_sentence_and_there_is_a_way_out(typed: str) -> None:
    page = opened("dot")
    page.segmented_control(key="mechanisms-source").set_value(given.FROM_MATRICES).run()
    before = said(page)
    page.text_area(key="mechanisms-key").set_value(typed).run()
    assert not page.exception
    assert len(page.error) == 1
    assert "Below is still the last result." in page.error[0].value
    page.button(key="mechanisms-reset").click().run()
    assert not page.error
    assert said(page) == before


def test_two_mechanisms_run_on_one_input_and_their_difference_is_told() -> None:
    page = opened("dot", other="scaled-dot")
    assert not page.exception
    assert len(page.text_input) == 1
    assert re.search(r"Dot product minus Scaled dot product\..* On average \d+\.\d% of a query's attention", said(page))


def test_a_mechanism_and_itself_differ_by_nothing() -> None:
    page = opened("dot", other="dot")
    assert "The largest difference is 0.0000." in said(page)


def test_one_of_every_family_is_compared_and_every_kind_of_input_is_met() -> None:
    kinds = [*{both.kind_of_input(mechanism): mechanism.name for mechanism in MECHANISMS}.values()]
    for number, name in enumerate({mechanism.family: mechanism.name for mechanism in MECHANISMS}.values()):
        page = opened(name, other=kinds[number % len(kinds)])
        assert not page.exception, (name, kinds[number % len(kinds)])
        assert not page.error


def widths(page: AppTest) -> tuple[float, float]:
    """How far the curve is from its two limits."""
    found = re.search(r"up to (\d+\.\d+) from the nearest point's and up to (\d+\.\d+) from the mean", said(page))
    assert found
    return float(found[1]), float(found[2])


def test_a_narrow_curve_is_close_to_the_nearest_point_and_a_wide_one_to_the_mean() -> None:
    page = opened("nadaraya-watson")
    near, far = [], []
    for value in (NARROWEST, 0.5, WIDEST):
        page.slider(key="mechanisms-width").set_value(value).run()
        for list_, distance in zip((near, far), widths(page), strict=True):
            list_.append(distance)
    assert far == sorted(far, reverse=True)
    assert near[0] == min(near)
    assert far[2] < 0.2


def test_the_width_is_learned_and_the_slider_goes_there_and_an_address_holds_the_way() -> None:
    page = opened("nadaraya-watson", width="2")
    page.button(key="mechanisms-learn").click().run()
    assert not page.exception
    learned = next(element.value for element in page.markdown if element.value.startswith("Learned width"))
    width, steps = re.search(r"\*\*(\d\.\d+)\*\*, from 2\.000 in (\d+) steps", learned).groups()  # type: ignore[union-attr]
    assert page.slider(key="mechanisms-width").value == pytest.approx(float(width), abs=1e-3)
    assert int(steps) == 200
    again = opened(**address(page))
    assert learned in [element.value for element in again.markdown]


def test_points_may_be_typed_and_what_is_no_points_is_a_sentence() -> None:
    page = opened("nadaraya-watson")
    page.text_area(key=TYPED).set_value("0, 0\n1, 1").run()
    assert address(page)["points"] == "0,0;1,1"
    assert "of 2 points" in said(page)
    page.text_area(key=TYPED).set_value("0, 0, 1\n1, 1, 1").run()
    assert len(page.error) == 1
    assert address(page)["points"] == "0,0;1,1"
    page.button(key="mechanisms-points-reset").click().run()
    assert "points" not in page.query_params
    assert f"of {len(example())} points" in said(page)


@pytest.mark.parametrize("points", ["1,2", "1,nan;2,3", "1,2,3;4,5,6", "x", "1,2;" * 300 + "3,4", "1e999,0;1,1"])
def test_an_address_with_points_that_are_none_is_one_sentence(points: str) -> None:
    page = opened("nadaraya-watson", points=points)
    assert not page.exception
    assert len(page.warning) == 1
    assert f"of {len(example())} points" in said(page)


def test_an_address_holds_what_is_open_compared_and_chosen_and_no_text_of_the_visitors_own() -> None:
    page = opened("dot", other="scaled-dot", temperature="0.5", **{"other-temperature": "2"})
    before = said(page)
    page.text_input(key="mechanisms-sentence").set_value("A secret.").run()
    assert address(page) == {
        "mechanism": "dot", "other": "scaled-dot", "temperature": "0.5", "other-temperature": "2",
    }  # fmt: skip
    assert said(page) != before
