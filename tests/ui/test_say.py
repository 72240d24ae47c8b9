"""What visitors, files and cards say is shown as text: every place that says it, and the marks that are taken out."""

import ast
from pathlib import Path

import pytest

from attnviz.ui import say

UI = Path(say.__file__).parent
BOXES = {"error", "warning", "toast", "exception"}
READ = {
    "info",
    "caption",
    "markdown",
    "subheader",
    "button",
    "spinner",
    "radio",
}  # as Markdown, with words of the page beside others
# How what others wrote is called in the pages: a word's text, a card's title, a decision, a note.
OTHERS = (".text", "card.title", "other.title", ".summary", ".decision", "notes", "names[locked]", "reason")


def calls() -> list[tuple[str, str, ast.Call]]:
    """Place, name and node of what is called of Streamlit, in all modules of the pages but the one that escapes."""
    found = []
    for path in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("st.") and path.name != "say.py":
                found.append((f"{path.relative_to(UI)}:{node.lineno}", ast.unparse(node.func).removeprefix("st."), node))
    return found


def parts(node: ast.Call) -> list[str]:
    """What the text of a call is made of, but the page's own words."""
    text = node.args[:1]
    if text and isinstance(text[0], ast.JoinedStr):
        text = [part.value for part in text[0].values if isinstance(part, ast.FormattedValue)]
    return [ast.unparse(part) for part in text]


def test_errors_are_said_in_the_one_place_that_escapes() -> None:
    assert [place for place, name, _ in calls() if name in BOXES] == []
    assert len([place for place, name, _ in calls() if name in READ]) > 40


def test_what_others_wrote_is_escaped_wherever_it_stands_in_markdown() -> None:
    wild = [f"{place}: {part}" for place, name, node in calls() if name in READ for part in parts(node) if part.endswith(OTHERS)]
    assert wild == []


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Row 3 of “level” holds text, “often”. Mend it.", "Row 3 of “level” holds text, “often”. Mend it."),
        ("Sat 2015-01-31 22:30", "Sat 2015-01-31 22:30"),
        ("**b** _i_ `c` ~s~", r"\*\*b\*\* \_i\_ \`c\` \~s\~"),
        ("![p](http://a.b)", "!\\[p\\](http:\u2060//a.b)"),
        (":red[boo]", r"\:red\[boo\]"),
        ("a\n# b\n\n    c", "a # b c"),
        ("non_local __init__ a_b_", r"non_local \_\_init\_\_ a_b\_"),
        ("# head", r"\# head"),
        ("12) x", r"12\) x"),
        ("3.5 is a number", r"3\.5 is a number"),
        ("$x^2$ &lt;", r"\$x^2\$ \&lt;"),
        (":smile: a@b.c www.a.b", ":\u2060smile: a@\u2060b.c www\u2060.a.b"),
        ("a -> b", "a -\u2060\\> b"),
    ],
)
def test_marks_are_escaped_and_everything_else_stays(text: str, escaped: str) -> None:
    assert say.literal(text) == escaped


def test_code_cannot_be_left() -> None:
    assert say.code("a ` b\n![p](x)") == "`a ’ b ![p](x)`"
