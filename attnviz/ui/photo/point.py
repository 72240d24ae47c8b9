"""A photo on which the visitor picks a point: with the pointer, a finger, or the arrow keys."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from attnviz import plot
from attnviz.encode import Patches, Point
from attnviz.plot.photo import Pixels

_CSS = """
.photo { position: relative; width: min(100% - 16px, 266px); aspect-ratio: 1; margin: 8px auto 0; cursor: crosshair;
  touch-action: manipulation; overflow: hidden }
.photo:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 3px }
img { display: block; width: 100%; height: 100%; user-select: none; -webkit-user-drag: none }
.patch { position: absolute; box-sizing: border-box; border: 2px solid white; outline: 2px solid black; pointer-events: none }
"""

_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const photo = parentElement.querySelector('.photo'), image = photo.querySelector('img'), patch = photo.querySelector('.patch');
  const { rows, columns } = data;
  let [row, column] = data.place;
  const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
  const frame = () => {
    patch.style.top = `${100 * row / rows}%`;
    patch.style.left = `${100 * column / columns}%`;
    patch.style.height = `${100 / rows}%`;
    patch.style.width = `${100 / columns}%`;
  };
  const take = (down, across) => {
    row = within(Math.floor(down * rows), rows);
    column = within(Math.floor(across * columns), columns);
    frame();
    patch.hidden = false;
    setTriggerValue('clicked', [down, across]);
  };
  if (image.src !== data.picture) image.src = data.picture;
  photo.setAttribute('aria-label', data.label);
  patch.hidden = !data.framed;
  frame();
  photo.onclick = (event) => {
    const box = image.getBoundingClientRect();
    take((event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width);
  };
  photo.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    take((within(row + step[0], rows) + 0.5) / rows, (within(column + step[1], columns) + 0.5) / columns);
  };
}
"""

_component = st.components.v2.component(
    "attnviz_point",
    html='<div class="photo" role="application" tabindex="0"><img alt=""><div class="patch" hidden></div></div>',
    css=_CSS,
    js=_JS,
)


def photo(pixels: Pixels, grid: Patches, point: Point, framed: bool, key: str, take: Callable[[Point], None]) -> None:
    """A square photo as large as the figures beside it, the patch of `point` framed by choice; `take` hears of a new one."""
    row, column = grid.at(point)
    data: dict[str, Any] = {
        "picture": plot.as_url(pixels), "rows": grid.rows, "columns": grid.columns, "place": [row, column], "framed": framed,
        "label": f"{grid.rows} x {grid.columns} patches, now row {row}, column {column}. Click one, or go with the arrow keys.",
    }  # fmt: skip
    _component(key=key, data=data, on_clicked_change=lambda: take(_checked(st.session_state[key]["clicked"])))


def _checked(clicked: Any) -> Point:
    """What a browser sent, as a point of the photo."""
    down, across = (min(max(0.0, float(share)), 1.0) for share in clicked)
    return Point(down, across)
