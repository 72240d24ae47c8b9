"""The Mechanisms page, run by Streamlit's own test runner without a browser."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.mechanisms import MECHANISMS, Choice, Control, Mechanism, Slider, find
from attnviz.ui.mechanisms import both, given
from attnviz.ui.mechanisms.controls import IN_SIGHT, key_of
from attnviz.ui.mechanisms.held import HELD, LEARNED, TYPED, example
from attnviz.ui.pages import mechanisms

NAMES = [mechanism.name for mechanism in MECHANISMS]
SPREAD = re.compile(r"spreads? over (\d+\.\d+) on average")


def opened(name: str, other: str | None = None) -> AppTest:
    """A fresh visit to the page with one or two mechanisms chosen."""

    def script() -> None:
        from attnviz.ui.pages import mechanisms

        mechanisms.page()

    page = AppTest.from_function(script, default_timeout=120)
    page.session_state[mechanisms.NAME] = name
    page.session_state[mechanisms.OTHER] = other
    return page.run()


def said(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption)


def move(page: AppTest, control: Control, key: str, value: object) -> None:
    """Sets a control to a value."""
    kinds = {Slider: page.slider, Choice: page.segmented_control}
    kinds.get(type(control), page.toggle)(key=key).set_value(value)


def ends(control: Control) -> list[object]:
    """The values of a control that lie furthest apart."""
    if isinstance(control, Slider):
        return [control.low, control.high]
    return [control.options[0], control.options[-1]] if isinstance(control, Choice) else [False, True]


@pytest.mark.parametrize("name", NAMES)
def test_every_mechanism_is_drawn_with_its_first_and_with_its_furthest_values(name: str) -> None:
    mechanism, page = find(name), opened(name)
    assert not page.exception
    assert not page.error
    assert mechanism.title in said(page)
    assert page.latex[0].value.strip("$\n ") == mechanism.formula
    assert mechanism.source.strip() in [code.value.strip() for code in page.code]
    for end in (0, 1):
        for control in mechanism.controls[:IN_SIGHT]:
            move(page, control, key_of(mechanism, control, "first"), ends(control)[end])
        page.run()
        assert not page.exception
        assert mechanism.title in said(page)


def test_the_first_visit_shows_a_finished_example() -> None:
    page = opened(mechanisms.FIRST)
    assert find(mechanisms.FIRST).title in said(page)
    assert page.text_input(key=given.SENTENCE).value == given.EXAMPLE


def test_a_low_temperature_is_a_hard_choice_and_a_high_one_spreads_evenly() -> None:
    mechanism, page = find("scaled-dot"), opened("scaled-dot")
    keys = {control.name: key_of(mechanism, control, "first") for control in mechanism.controls}
    spreads = []
    for value in (0.05, 1.0, 5.0):
        page.slider(key=keys["temperature"]).set_value(value).run()
        found = SPREAD.search(said(page))
        assert found
        spreads.append(float(found[1]))
    assert spreads == sorted(spreads)
    assert spreads[0] < 2 < spreads[2] <= 13


def test_a_sentence_is_edited_and_another_mechanism_runs_on_it_too() -> None:
    page = opened("scaled-dot")
    page.text_input(key=given.SENTENCE).set_value("Rain falls.").run()
    assert "of 3 words" in said(page)
    page.selectbox(key=mechanisms.NAME).set_value("dot").run()
    assert "Dot product of 3 words" in said(page)


def test_typed_matrices_are_what_is_attended_to() -> None:
    page = opened("dot")
    page.segmented_control(key=given.SOURCE).set_value(given.FROM_MATRICES).run()
    page.text_area(key=given.MATRICES["query"]).set_value("1 0").run()
    page.text_area(key=given.MATRICES["key"]).set_value("1 0; 0 1".replace(";", "\n")).run()
    page.text_area(key=given.MATRICES["value"]).set_value("1\n0").run()
    assert not page.error
    assert "Dot product of 1 queries" in said(page)
    # e / (e + 1) and 1 / (e + 1), whose entropy is 0.582 nats
    assert SPREAD.search(said(page))[1] == "1.79"  # type: ignore[index]


@pytest.mark.parametrize("typed", ["", "1, two", "1, 2\n3", "1e9, 0, 0, 0"])
def test_a_matrix_that_cannot_be_read_is_one_sentence_and_there_is_a_way_out(typed: str) -> None:
    page = opened("dot")
    page.segmented_control(key=given.SOURCE).set_value(given.FROM_MATRICES).run()
    before = said(page)
    page.text_area(key=given.MATRICES["key"]).set_value(typed).run()
    assert not page.exception
    assert len(page.error) == 1
    assert "This is still the last result." in said(page)
    next(button for button in page.button if button.label == "Take the example again").click().run()
    assert not page.error
    assert said(page).split(". The forward")[0] == before.split(". The forward")[0]


def test_two_mechanisms_run_on_one_input_and_their_difference_is_told() -> None:
    page = opened("dot", "scaled-dot")
    assert not page.exception
    assert len(page.text_input) == 1
    assert re.search(r"Dot product minus Scaled dot product\..* On average \d+\.\d% of a query's attention", said(page))


def test_a_mechanism_and_itself_differ_by_nothing() -> None:
    page = opened("dot", "dot")
    assert "The largest difference is 0.0000." in said(page)


def test_one_of_every_family_is_compared_and_every_kind_of_input_is_met() -> None:
    kinds = [*{both.kind_of_input(mechanism): mechanism.name for mechanism in MECHANISMS}.values()]
    page = opened("scaled-dot")
    for number, name in enumerate({mechanism.family: mechanism.name for mechanism in MECHANISMS}.values()):
        page.session_state[mechanisms.NAME] = name
        page.session_state[mechanisms.OTHER] = kinds[number % len(kinds)]
        page.run()
        assert not page.exception, (name, kinds[number % len(kinds)])


def widths(page: AppTest) -> tuple[float, float]:
    """How far the curve is from its two limits."""
    found = re.search(r"up to (\d+\.\d+) from the nearest point's and up to (\d+\.\d+) from the mean", said(page))
    assert found
    return float(found[1]), float(found[2])


def regression() -> tuple[Mechanism, AppTest, str]:
    mechanism = find("nadaraya-watson")
    return mechanism, opened(mechanism.name), key_of(mechanism, mechanism.controls[0], "first")


def test_a_narrow_curve_is_close_to_the_nearest_point_and_a_wide_one_to_the_mean() -> None:
    mechanism, page, key = regression()
    near, far = [], []
    for value in (mechanism.controls[0].low, 0.5, mechanism.controls[0].high):  # type: ignore[union-attr]
        page.slider(key=key).set_value(value).run()
        for list_, distance in zip((near, far), widths(page), strict=True):
            list_.append(distance)
    assert far == sorted(far, reverse=True)
    assert near[0] == min(near)
    assert far[2] < 0.2


def test_the_width_is_learned_and_the_slider_goes_there() -> None:
    _, page, key = regression()
    page.slider(key=key).set_value(2.0).run()
    page.button(key="mechanism-learn").click().run()
    assert not page.exception
    path = page.session_state[LEARNED]
    assert path[-1][1] < path[0][1]
    assert page.slider(key=key).value == pytest.approx(path[-1][0])
    assert any(f"Learned width: **{path[-1][0]:.3f}**" in element.value for element in page.markdown)


def test_points_may_be_typed_and_what_is_no_points_is_a_sentence() -> None:
    _, page, _ = regression()
    page.text_area(key=TYPED).set_value("0, 0\n1, 1").run()
    assert page.session_state[HELD]["points"] == [(0, 0), (1, 1)]
    assert "of 2 points" in said(page)
    page.text_area(key=TYPED).set_value("0, 0, 1\n1, 1, 1").run()
    assert len(page.error) == 1
    assert page.session_state[HELD]["points"] == [(0, 0), (1, 1)]
    page.button(key="mechanism-points-reset").click().run()
    assert page.session_state[HELD]["points"] == example()
