"""A figure that is still JSON is, for everybody who looks, the figure that Plotly makes of it."""

import copy
import json
import pickle

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from attnviz.plot.drawn import Drawn, drawn

TRACE = {"type": "heatmap", "z": np.arange(6, dtype=np.uint8).reshape(2, 3), "x": ["a", "b", "c"], "hoverlabel": {"align": "left"}}
PLAIN = go.Figure([go.Heatmap(**{name: value for name, value in TRACE.items() if name != "type"})])


def made() -> go.Figure:
    return drawn([TRACE], 123, shapes=[{"type": "line", "x0": 1}], xaxis={"title": {"text": "over"}})


def untouched(figure: go.Figure) -> bool:
    return "_json" in vars(figure)


@pytest.mark.parametrize("template", ["plotly", "plotly_white+presentation", None])
def test_its_json_is_that_of_plotly(template: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotly.io.templates, "default", template)
    early, late = made(), made()
    assert late.layout.height == 123
    assert untouched(early)
    assert not untouched(late)
    assert early.to_dict() == late.to_dict()
    assert json.loads(plotly.io.to_json(early.to_dict(), validate=False)) == json.loads(late.to_json())
    assert early == late
    assert untouched(early)


def test_arrays_are_packed_as_plotly_packs_them() -> None:
    assert made().to_dict()["data"][0]["z"] == PLAIN.to_dict()["data"][0]["z"]
    assert made().to_dict()["data"][0]["z"]["dtype"] == "u1"


def test_what_is_changed_afterwards_is_changed() -> None:
    figure = made()
    figure.to_dict()
    figure.update_layout(height=7).add_scatter(y=[1, 2])
    figure.data[0].update(zmax=9)
    assert figure.to_dict()["layout"]["height"] == 7
    assert [trace["type"] for trace in figure.to_dict()["data"]] == ["heatmap", "scatter"]
    assert figure.to_dict()["data"][0]["zmax"] == 9
    assert made().layout.height == 123  # and no other figure is


def test_it_is_copied_pickled_and_wrapped() -> None:
    for other in (copy.deepcopy(made()), pickle.loads(pickle.dumps(made())), go.Figure(made()), Drawn(made())):
        assert other.to_dict() == made().to_dict()
        assert list(other.data[0].x) == ["a", "b", "c"]


def test_what_a_figure_does_not_have_it_does_not_have() -> None:
    with pytest.raises(AttributeError):
        made().nothing  # noqa: B018
