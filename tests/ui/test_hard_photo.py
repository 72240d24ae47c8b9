"""The hard view of the Image page, without a browser."""

from streamlit.testing.v1 import AppTest

from tests.ui.test_gate_views import opened, said


def hard() -> AppTest:
    return opened("cifar-hard", "Hard")


def test_the_most_probable_patches_come_first_and_a_button_draws_others() -> None:
    page = hard()
    assert "those with the largest odds" in said(page)
    page.button(key="glimpse-resample").click().run()
    assert "drawn with seed 1" in said(page)
    page.button(key="glimpse-resample").click().run()
    assert "drawn with seed 2" in said(page)
    assert not page.exception


def test_a_seed_that_is_typed_is_drawn_with() -> None:
    page = hard()
    page.number_input(key="glimpse-seed").set_value(77).run()
    assert "drawn with seed 77" in said(page)
    page.segmented_control(key="glimpse-how").set_value("Most probable").run()
    assert "those with the largest odds" in said(page)


def test_what_a_hundred_draws_decide_is_told() -> None:
    told = said(hard())
    assert "shares of 100 draws (seeds 0 to 99) by what they decide" in told
    assert "shares lie within two standard errors" in told
