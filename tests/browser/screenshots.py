"""Takes the pictures of the README: `make screenshots`."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, ROOT, serve, stop

FOLDER = ROOT / "assets" / "screenshots"
DESK, PHONE = (1440, 900), (390, 844)
# What a visitor does before some of the pictures: the task, the model, and what must be drawn then.
STEPS = {
    "translation": ("Translation", "text-model", "French to English: Luong", "text-map-figure"),
    "hard": ("Sentiment", "text-model", "Sentiment: hard attention", "text-spread-figure"),
}
# file, page, size, colours, what must be drawn first
SHOTS = [
    ("translation-light", "", DESK, "light", "text-map-figure"),
    ("hard-light", "", DESK, "light", "text-map-figure"),
    ("text-light", "", DESK, "light", "text-map-figure"),
    ("text-dark", "", DESK, "dark", "text-map-figure"),
    ("text-phone", "", PHONE, "light", "text-map-figure"),
    ("text-phone-dark", "", PHONE, "dark", "text-map-figure"),
    ("image-light", "image", DESK, "light", "image-gates-0-figure1"),
    ("image-dark", "image", DESK, "dark", "image-gates-0-figure1"),
    ("mechanisms-light", "mechanisms", DESK, "light", "mechanisms-map-figure"),
    ("mechanisms-dark", "mechanisms?mechanism=nadaraya-watson", DESK, "dark", "mechanisms-map-figure"),
    ("image-phone", "image", PHONE, "light", "image-gates-0-figure1"),
    ("image-phone-dark", "image", PHONE, "dark", "image-gates-0-figure1"),
]


def take(browser: Browser, url: str, name: str, size: tuple[int, int], colours: str, key: str) -> Path:
    """Opens a page as a visitor with these colours would, tall enough to show all of it, and saves what it shows."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.locator(f".st-key-{key} .js-plotly-plot").wait_for(timeout=90_000)
    if steps := STEPS.get(name.partition("-")[0]):
        task, model, option, drawn = steps
        page.locator(".st-key-text-task").get_by_text(task, exact=True).click()
        page.wait_for_timeout(3000)
        page.locator(f".st-key-{model} input").click()
        page.get_by_role("option", name=option, exact=True).click()
        page.locator(f".st-key-{drawn} .js-plotly-plot").wait_for(timeout=90_000)
    page.wait_for_timeout(3000)
    tall = int(page.evaluate("Math.max(...[...document.querySelectorAll('[data-testid=stMain]')].map(e => e.scrollHeight))"))
    page.set_viewport_size({"width": width, "height": max(height, tall)})
    page.wait_for_timeout(2000)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    context.close()
    Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=192).save(path, optimize=True)
    return path


def main() -> None:
    """All pictures, from one served app."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    process, url = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, path, size, colours, key in SHOTS:
                print(take(browser, f"{url}/{path}", name, size, colours, key))
    finally:
        stop(process)


if __name__ == "__main__":
    main()
