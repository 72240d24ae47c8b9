"""What maps are held against: a spot, edges and Grad-CAM, by hand and by closed forms."""

import numpy as np
import pytest

from attnviz.explain.baselines import centre, edges


def test_the_spot_falls_off_by_a_quarter_of_the_side() -> None:
    found = centre((5, 5))
    assert np.unravel_index(found.argmax(), found.shape) == (2, 2)
    assert found[2, 2] == 1
    assert found[2, 0] == pytest.approx(np.exp(-(0.4**2) / (2 * 0.25**2)))
    assert np.allclose(found, found.T)
    assert np.allclose(found, found[::-1, ::-1])


def test_edges_are_where_the_photo_changes() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, 4:] = 100
    found = edges(pixels, (2, 4))
    # Sobel of a step of 100 is 400 in the two columns beside it: one of the two columns of each cell there
    assert found.tolist() == [[0, 200, 200, 0]] * 2


def test_an_even_photo_has_no_edges() -> None:
    assert not edges(np.full((9, 7, 3), 80, np.uint8), (3, 3)).any()
