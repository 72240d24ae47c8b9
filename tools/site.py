"""What the manual takes from elsewhere, so that nothing is written down twice: pictures, sections of other files, and tables.

A line `{{ views }}`, `{{ limits }}` or `{{ models }}` stands for that table of the program; `{{ CONTRIBUTING.md: Rooms }}`
for the section of that heading.
"""

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MARK = re.compile(r"^\{\{ *([^}]+?) *\}\}$", re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Pictures lie where the README has them."""
    from mkdocs.structure.files import File

    for path in [ROOT / "assets" / "icon.png", *sorted((ROOT / "assets" / "screenshots").glob("*.png"))]:
        name = path.relative_to(ROOT).as_posix()
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts in what a page asks for."""
    return MARK.sub(lambda found: _taken(found[1]), markdown)


def _taken(asked: str) -> str:
    if asked in TABLES:
        return TABLES[asked]()
    name, _, heading = asked.partition(":")
    return section((ROOT / name).read_text(encoding="utf-8"), heading.strip())


def section(text: str, heading: str) -> str:
    """What stands below a heading, to the next one of its rank; KeyError where there is none."""
    lines, found, rank, fenced = text.splitlines(), [], 0, False
    for line in lines:
        fenced ^= line.startswith("```")
        depth = 0 if fenced else len(line) - len(line.lstrip("#"))
        if rank and 0 < depth <= rank:
            break
        if rank:
            found.append(line)
        elif depth and line.strip("# ") == heading:
            rank = depth
    if not rank:
        raise KeyError(f"no heading {heading!r}")
    return "\n".join(found).strip()


def _views() -> str:
    """Every view, what it is of, and its first sentence."""
    from attnviz.views import VIEWS

    rows = []
    for view in VIEWS:
        module = sys.modules[view.exhibits.__module__]
        kind = view.kind.__name__.removesuffix("Result")
        rows.append((view.title, f"`{view.name}`", kind, (module.__doc__ or "").strip().splitlines()[0]))
    return _table(("View", "Name", "Of", "What it shows"), rows)


def _limits() -> str:
    from attnviz.limits import Limits, about

    return _table(
        ("Limit", "Of", "It guards", "Variable"), [(f"{most:,}", *rest, f"`{name}`") for name, most, *rest in about(Limits())]
    )


def _models() -> str:
    from attnviz.cards import all_cards

    return _table(
        ("Model", "Takes", "Licence", "What it does"), [(f"`{c.name}`", c.input, c.licence, c.summary) for c in all_cards()[0]]
    )


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


TABLES = {"views": _views, "limits": _limits, "models": _models}
