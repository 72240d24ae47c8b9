"""The Series page as a visitor uses it."""

import numpy as np
from playwright.sync_api import Browser, Page, expect

from tests.browser.reading import choose, figure, quiet

READ_AREA = "figure => Array.from(figure._fullData[figure._fullData.length - 1].y)"
READ_FORECAST = "figure => Array.from(figure._fullData.find(trace => trace.name === 'forecast').y)"
HAS_BAND = "figure => figure._fullData.some(trace => trace.name === '4 of 5 expected' && trace.fill === 'toself')"


def open_series(page: Page, url: str) -> None:
    page.goto(f"{url}/series")
    figure(page, "series-states-figure")
    quiet(page)


def weights(page: Page) -> np.ndarray:
    return np.array(figure(page, "series-forecast-figure").evaluate(READ_AREA), dtype=float)


def test_a_step_of_the_slider_changes_where_the_figure_says_that_it_looked(page: Page, url: str) -> None:
    open_series(page, url)
    first = weights(page)
    assert abs(first.sum() - 1) < 1e-4
    page.locator(".st-key-series-step input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Where it looked for step +2")).to_be_visible()
    expect(page).to_have_url(f"{url}/series?step=2")
    quiet(page)
    assert not np.allclose(weights(page), first)
    page.get_by_role("button", name="←").click()
    expect(page.get_by_text("Where it looked for step +1")).to_be_visible()
    quiet(page)
    np.testing.assert_allclose(weights(page), first)


def test_an_uploaded_csv_is_gone_on_with_and_a_broken_one_is_refused(page: Page, url: str) -> None:
    open_series(page, url)
    page.locator(".st-key-series-source").get_by_text("Upload").click()
    quiet(page)
    days = [str(np.datetime64("2024-01-01") + i) for i in range(120)]
    lines = ["Tag;Wert", *(f"{day};{100 + 20 * (i % 7)},5" for i, day in enumerate(days))]
    file = {"name": "levels.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator(".st-key-series-upload input[type=file]").set_input_files([file])  # type: ignore[list-item]
    expect(page.get_by_text("Forecast: 24 steps of one day from Sat 2024-04-06")).to_be_visible()
    page.locator(".st-key-series-begin").get_by_text("Future").click()
    expect(page.get_by_text("Forecast: 24 steps of one day from Tue 2024-04-30")).to_be_visible()
    quiet(page)
    broken = {"name": "broken.csv", "mimeType": "text/csv", "buffer": b"when,what\nnow,much\nlater,more\n"}
    page.locator(".st-key-series-upload input[type=file]").set_input_files([broken])  # type: ignore[list-item]
    expect(page.get_by_text("No column of the file holds numbers alone")).to_be_visible()


def test_a_weekly_pattern_with_growth_goes_on_with_both(page: Page, url: str) -> None:
    open_series(page, url)
    page.locator(".st-key-series-source").get_by_text("Upload").click()
    quiet(page)
    day, week = np.arange(224), np.array([9, 10, 10, 11, 14, 17, 4])
    came = (1 + day / 200) * week[day % 7]
    lines = ["day,sold", *(f"{np.datetime64('2024-01-01') + i},{value:.2f}" for i, value in enumerate(came[:200]))]
    file = {"name": "shop.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator(".st-key-series-upload input[type=file]").set_input_files([file])  # type: ignore[list-item]
    page.locator(".st-key-series-begin").get_by_text("Future").click()
    expect(page.get_by_text("Forecast: 24 steps of one day from Fri 2024-07-19")).to_be_visible()
    quiet(page)
    shown = np.array(figure(page, "series-forecast-figure").evaluate(READ_FORECAST), dtype=float)
    truth, week_before = came[200:], np.resize(came[193:200], 24)
    assert np.abs(shown - truth).mean() < 0.5 * np.abs(week_before - truth).mean()  # the growth
    assert np.corrcoef(shown, truth)[0, 1] > 0.97  # the week
    assert figure(page, "series-forecast-figure").evaluate(HAS_BAND)


def test_a_link_opened_by_somebody_else_shows_the_same_numbers_and_so_do_reload_back_and_forward(
    page: Page, browser: Browser, url: str
) -> None:
    open_series(page, url)
    first = weights(page)
    choose(page, "series-sample", "A beat, without dates")
    page.locator(".st-key-series-step input[type=range]").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("Where it looked for step +24")).to_be_visible()
    quiet(page)
    choose(page, "series-head", "at today's level")
    expect(page).to_have_url(f"{url}/series?sample=rhythm&step=24&head=2")
    shown = weights(page)
    assert not np.allclose(shown, first[: len(shown)])

    context = browser.new_context(viewport={"width": 390, "height": 844})
    other = context.new_page()
    other.set_default_timeout(90_000)
    other.goto(page.url)
    np.testing.assert_array_equal(weights(other), shown)
    expect(other.get_by_text("Where it looked for step +24")).to_be_visible()
    context.close()

    page.reload()
    quiet(page)
    np.testing.assert_array_equal(weights(page), shown)
    page.go_back()
    expect(page).to_have_url(f"{url}/series?sample=rhythm&step=24")
    quiet(page)
    assert not np.allclose(weights(page), shown)
    page.go_forward()
    quiet(page)
    np.testing.assert_array_equal(weights(page), shown)


def test_what_was_chosen_stays_while_another_page_is_open(page: Page, url: str) -> None:
    page.goto(f"{url}/series?step=5&past-head=1")
    figure(page, "series-states-figure")
    expect(page.get_by_text("Where it looked for step +5")).to_be_visible()
    page.get_by_role("link", name="Mechanisms").click()
    page.get_by_role("heading", name="Which kinds of attention are there?").wait_for()
    quiet(page)
    page.get_by_role("link", name="Series").click()
    figure(page, "series-states-figure")
    expect(page.get_by_text("Where it looked for step +5")).to_be_visible()
    expect(page).to_have_url(f"{url}/series?step=5&past-head=1")


MARKUP = (
    "![p](http://127.0.0.1:9/q.png)", ":red[boo] :smile:", "[l](http://x.y)", "$x^2$ **b** `c`", "www.x.y http://x.y a@b.co",
    "<b>x</b><img src=http://127.0.0.1:9/i.png>",
)  # fmt: skip


def test_markup_in_a_file_is_shown_as_it_was_written(page: Page, url: str) -> None:
    open_series(page, url)
    page.locator(".st-key-series-source").get_by_text("Upload").click()
    quiet(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    names = [f'"{name}"' for name in MARKUP]
    rows = [f"{np.datetime64('2024-01-01') + i},{i % 7},{','.join(names[:5])}" for i in range(120)]
    text = "\n".join([f"day,{names[5]},{','.join(names[:5])}", *rows])
    page.locator(".st-key-series-upload input[type=file]").set_input_files(  # type: ignore[arg-type]
        [{"name": "levels.csv", "mimeType": "text/csv", "buffer": text.encode()}]
    )
    expect(page.get_by_text("Left out: ")).to_be_visible()
    quiet(page)
    main = page.locator("section[data-testid=stMain], [data-testid=stMain]").first
    shown = main.inner_text().replace("\u2060", "")
    for name in MARKUP:
        assert name[:30] in shown
    assert main.locator("[data-testid=stMarkdownContainer]").locator("a, img, .katex, [role=img]").count() == 0
    assert not [each for each in asked if ":9/" in each]
