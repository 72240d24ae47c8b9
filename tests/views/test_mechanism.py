"""A mechanism is shown the same on its page and in a notebook, and its numbers are those of its layer."""

import html
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz import export, show
from attnviz.mechanisms import Vectors, find
from attnviz.results.mechanism import MechanismResult
from attnviz.ui.mechanisms import given, held
from attnviz.views import views_of
from tests.views.test_everywhere import another, drawn, plain


def mechanisms_page() -> None:
    from attnviz.ui.pages.mechanisms import page

    page()


def of_sentence(name: str, **values: Any) -> MechanismResult:
    vectors = given.words(given.EXAMPLE)
    return MechanismResult.run(find(name), vectors, f"{len(vectors.query)} words", **values)


def of_photo(name: str, **values: Any) -> MechanismResult:
    made = given.features(given.photos.sample(next(iter(given.photos.credits()))))
    return MechanismResult.run(find(name), made.inputs, made.of, made.photo, **values)


def of_points(name: str, **values: Any) -> MechanismResult:
    points = held.Held(held.example(), held.around(held.example()))
    return MechanismResult.run(find(name), points.measured, f"{len(points.at)} points", **values)


CASES = [
    (of_sentence, "scaled-dot", {"temperature": 0.3}, "mechanism"),
    (of_sentence, "multi-head", {"seed": 3}, "mechanism"),
    (of_photo, "non-local", {"seed": 3}, "mechanism-photo"),
    (of_photo, "cbam-spatial", {"size": 3}, "mechanism-photo"),
    (of_points, "nadaraya-watson", {"width": 1.5}, "regression"),
    (of_points, "nadaraya-watson-learned", {}, "regression"),
]


@pytest.mark.parametrize(("make", "name", "values", "view"), CASES, ids=[f"{name}" for _, name, *_ in CASES])
def test_a_view_is_the_same_on_the_page_and_in_a_notebook(make: Any, name: str, values: dict[str, Any], view: str) -> None:
    result = make(name, **values)
    assert [each.name for each in views_of(result)] == [view]
    texts = {choice.name: another(choice) for choice in views_of(result)[0].choices(result) if not choice.clicked}
    shown = show(result, view, **texts)

    page = AppTest.from_function(mechanisms_page, default_timeout=120)
    page.query_params.update({"mechanism": name, **{key: f"{value:g}" for key, value in values.items()}, **texts})
    page.run()
    assert not page.exception
    assert not page.error
    assert not page.warning
    charts = [json.loads(chart.proto.spec)["data"] for chart in page.get("plotly_chart")]
    assert charts == drawn(html.unescape(shown._repr_html_()))
    assert {" ".join(exhibit.text.split()) for exhibit in shown.exhibits} <= {plain(caption.value) for caption in page.caption}


def test_files_of_a_mechanism_hold_its_weights_its_choices_and_what_came_out() -> None:
    x = np.eye(3)
    result = MechanismResult.run(find("dot"), Vectors(x, x, x), "3 queries", temperature=0.5)
    written = json.loads(export.as_json(result.shown.maps, result))
    assert (written["mechanism"], written["choices"]) == ("dot", {"temperature": 0.5, "hidden": 0})
    high, low = np.exp(2) / (np.exp(2) + 2), 1 / (np.exp(2) + 2)
    np.testing.assert_allclose(written["maps"][0]["weights"], np.where(np.eye(3), high, low), rtol=1e-5)
    assert written["output"] == result.output.tolist()
    assert b"Dot product" in export.as_html(show(result).exhibits)
