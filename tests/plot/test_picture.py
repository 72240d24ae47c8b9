"""A photo as a figure of its own kind."""

import base64
import io
import re

import numpy as np
from PIL import Image

from attnviz.plot import Picture, of_map
from tests.tiny import gates

RED = np.full((8, 8, 3), (200, 0, 0), np.uint8)


def test_every_place_says_its_number_row_by_row() -> None:
    assert of_map(gates([[0.25, 0.5]])) == ("row 0, column 0: gate 0.2500", "row 0, column 1: gate 0.5000")
    assert of_map(gates([[0.25, 0.5]]), ("picked", "not picked"))[1] == "row 0, column 1: gate 0.5000, not picked"


def test_in_a_file_it_is_the_picture_with_its_frame_and_its_label_as_text() -> None:
    made = Picture(RED, 'a "cat" <b>', (4, 2), at=(1, 1)).as_html()
    assert 'alt="a &quot;cat&quot; &lt;b&gt;"' in made
    assert "top: 25.0%; left: 50.0%" in made
    assert "width: 50.0%; height: 25.0%" in made
    (source,) = re.findall('src="data:image/jpeg;base64,([^"]+)"', made)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(source))))
    assert np.abs(pixels.astype(int) - (200, 0, 0)).max() <= 3
    assert "<i " not in Picture(RED, "").as_html()
