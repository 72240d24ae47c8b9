"""Figures that stay the JSON they were made of on their way to a page, and become Plotly's objects once somebody looks into them.

Plotly checks every property, copies everything three times and carries a template along: together most of the time of an answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import plotly.graph_objects as go
import plotly.io
from _plotly_utils.utils import to_typed_array_spec

# The layout that every figure shares.
LOOK: dict[str, Any] = {
    "margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
    "dragmode": False, "showlegend": False,
}  # fmt: skip


def drawn(traces: Sequence[Mapping[str, Any]], height: int, **layout: Any) -> go.Figure:
    """A figure of traces and a layout as Plotly's JSON has them; height in pixels.

    They are not checked here: the tests have Plotly check what each of these functions makes.
    """
    return Drawn([dict(trace) for trace in traces], {**LOOK, "height": height, **layout})


class Drawn(go.Figure):  # type: ignore[misc]  # Plotly has no types
    """As any figure; `_json` is what it was made of, and is gone once it is one of Plotly's."""

    _read: ClassVar[tuple[Any, dict[str, Any]]] = (None, {})  # the last template, and its JSON

    def __init__(self, data: Any = None, layout: Any = None, **rest: Any) -> None:
        if isinstance(data, list) and isinstance(layout, dict) and not rest:
            self._json = {"data": data, "layout": layout}
        else:  # copies of Plotly's own making
            super().__init__(data, layout, **rest)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet, which is everything at first."""
        made = self.__dict__.pop("_json", None)
        if made is None:
            raise AttributeError(name)
        super().__init__(**made, _validate=False)
        return getattr(self, name)

    @property
    def made(self) -> dict[str, Any]:
        """Data and layout as they are, which are not to be changed."""
        return self.__dict__.get("_json") or self.to_plotly_json()

    def to_dict(self) -> dict[str, Any]:
        """As Plotly's own, arrays packed and the template put in; lists are not copied."""
        made = self.__dict__.get("_json")
        if made is None:
            return super().to_dict()
        layout = _packed(made["layout"])
        if name := plotly.io.templates.default:
            layout["template"] = self._template_json(plotly.io.templates[name])
        return {"data": [_packed(trace) for trace in made["data"]], "layout": layout}

    @classmethod
    def _template_json(cls, template: Any) -> dict[str, Any]:
        """Read once, as long as it is the same template."""
        known, found = cls._read
        if known is not template:
            found = template.to_plotly_json()
            cls._read = (template, found)
        return found


def _packed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _packed(each) for name, each in value.items()}
    return to_typed_array_spec(value) if isinstance(value, np.ndarray) else value
