"""Hard attention on the Image page, as a visitor uses it: patches picked, drawn by chance, and drawn again."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from attnviz.paths import ASSETS
from tests.browser.reading import decision, heat, mapped, quiet


def opened(page: Page, url: str) -> None:
    page.goto(f"{url}/image?model=cifar-hard&sample=chelsea.jpg")
    page.locator(".js-plotly-plot").first.wait_for()
    quiet(page)


def resample(page: Page) -> None:
    page.locator(".st-key-image-resample").get_by_role("button", name="Resample").click()
    quiet(page)


def picks(page: Page) -> NDArray[np.bool_]:
    """(row, column) where patches are picked, by what each place of the picture says under the pointer."""
    photo = page.locator(".st-key-image-picks-figure1 .photo")
    photo.scroll_into_view_if_needed()
    box, found = photo.bounding_box(), np.zeros((8, 8), dtype=bool)
    assert box
    for row, column in np.ndindex(8, 8):
        page.mouse.move(box["x"] + box["width"] * (column + 0.5) / 8, box["y"] + box["height"] * (row + 0.5) / 8)
        said = photo.locator(".said").inner_text()
        assert said.startswith(f"row {row}, column {column}: weight ")
        found[row, column] = not said.endswith("not picked")
    return found


def written(tmp_path: Path, *more: str) -> tuple[NDArray[np.bool_], str]:
    """Picks and decision as the shell gives them."""
    photo = str(next(iter(sorted((ASSETS / "photos").glob("chelsea.jpg")))))
    answer = mapped(tmp_path, "cifar-hard", "--image", photo, *more)
    (weights,) = [m["weights"] for m in answer["maps"] if m["norm"] == "binary"]
    return np.array(weights) > 0, answer["decision"]


def test_patches_are_drawn_anew_with_a_seed_and_are_those_of_the_shell(page: Page, url: str, tmp_path: Path) -> None:
    opened(page, url)
    probable, label = written(tmp_path)
    assert np.array_equal(picks(page), probable)
    assert label in decision(page, "image-decision")
    resample(page)
    first = picks(page)
    assert first.sum() == probable.sum() == 16
    assert np.array_equal(first, written(tmp_path, "--seed", "1")[0])
    resample(page)
    assert not np.array_equal(picks(page), first)
    assert np.array_equal(picks(page), written(tmp_path, "--seed", "2")[0])
    expect(page.get_by_text(re.compile("drawn with seed 2"))).to_be_visible()


def test_a_hundred_draws_keep_to_their_chances(page: Page, url: str) -> None:
    opened(page, url)
    drawn, chances = heat(page, "image-often-figure2"), heat(page, "image-often-figure1")
    assert abs(drawn.sum() - 16) < 1e-3
    assert abs(chances.sum() - 16) < 0.05
    assert np.abs(drawn - chances).max() < 0.2
    assert abs(heat(page, "image-often-figure").sum() - 1) < 1e-4
