"""The manual: its examples run, what it takes from elsewhere is there, and a strict build has nothing to complain of."""

import doctest
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from attnviz.limits import Limits, about
from attnviz.views import VIEWS
from tools import site

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_every_example_of_the_library_page_prints_what_stands_there() -> None:
    failed, tried = doctest.testfile(str(ROOT / "docs" / "library.md"), module_relative=False, encoding="utf-8")
    assert tried > 20
    assert failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_takes_from_elsewhere_is_there(page: Path) -> None:
    text = site.on_page_markdown(page.read_text(encoding="utf-8"))
    assert "{{" not in text
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (ROOT / name).is_file(), name


def test_the_gallery_has_every_view_and_the_limits_are_those_of_the_program() -> None:
    gallery, serving = (site.on_page_markdown((ROOT / "docs" / name).read_text("utf-8")) for name in ("gallery.md", "serving.md"))
    assert [view.name for view in VIEWS if f"`{view.name}`" not in gallery] == []
    assert [name for name, *_ in about(Limits()) if f"`{name}`" not in serving] == []


def test_a_section_ends_with_the_next_heading_of_its_rank_and_not_with_a_comment_of_code() -> None:
    text = "# a\n## b\none\n```sh\n# no heading\n```\n### c\ntwo\n## d\nthree\n"
    assert site.section(text, "b") == "one\n```sh\n# no heading\n```\n### c\ntwo"
    with pytest.raises(KeyError, match="no heading 'e'"):
        site.section(text, "e")


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")
def test_the_site_is_built_strictly_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for page in PAGES:
        built = tmp_path / ("index.html" if page.stem == "index" else f"{page.stem}/index.html")
        fetched = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(https?:[^"]+)"', built.read_text("utf-8"))
        assert [address for address in fetched if "rel=" not in address] == []
