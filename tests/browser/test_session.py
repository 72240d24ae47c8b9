"""A session that is saved on a page and opened by somebody else, who reads the same numbers."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.reading import figure, quiet


def open_corner(page: Page) -> None:
    """The popover of sessions, whose content is made once it is open."""
    page.locator(".st-key-session button").first.click()
    page.locator(".st-key-session-save button").wait_for()


@pytest.mark.parametrize(
    ("address", "shown", "maps"),
    [
        ("/?layer=2&head=3", "text-map-figure", 3),
        ("/image?model=photo-soft", "image-places-figure1", 2),
        pytest.param("/series?step=4", "series-states-figure", 4, marks=pytest.mark.thorough),
        pytest.param("/mechanisms?mechanism=dot", "mechanisms-map-figure", 1, marks=pytest.mark.thorough),
    ],
    ids=["text", "image", "series", "mechanisms"],
)
def test_a_saved_session_opens_elsewhere_at_the_same_address_and_with_the_same_numbers(
    page: Page, browser: Browser, url: str, tmp_path: Path, address: str, shown: str, maps: int
) -> None:
    page.goto(f"{url}{address}")
    figure(page, shown)
    quiet(page)
    open_corner(page)
    with page.expect_download() as download:
        page.locator(".st-key-session-save button").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    other = context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(f"{url}/about")
    open_corner(other)
    other.locator("input[type=file]").last.set_input_files(file)
    said = "1 maps" if maps == 1 else f"{maps} maps"
    expect(other.get_by_text(f"The session is open, and all its {said} hold the same numbers here.")).to_be_visible(
        timeout=PATIENCE
    )
    expect(other).to_have_url(f"{url}{address}", timeout=PATIENCE)
    figure(other, shown)
    context.close()
