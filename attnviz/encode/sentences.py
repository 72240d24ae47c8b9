"""A text cut into its sentences, for models that know one at a time."""

import re

# Where a sentence may end: marks, what closes after them, and then a space.
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?:\s+[»”])?(?=\s)")
_OPENS = re.compile(r"\s*[\"'“‘«(\[—–-]*\s*")
_CLOSES = "\"'”’»)] \n\t\u00a0\u202f"
# After these a full stop ends no sentence where a name follows, after those where a number does.
_TITLES = {"m", "mm", "mme", "mmes", "mlle", "mlles", "me", "dr", "pr", "st", "ste", "mgr", "av", "bd", "cf"}
_COUNTED = {"art", "env", "no", "n", "p", "pp", "vol", "chap", "fig", "tél", "etc", "min"}
_INITIAL = re.compile(r"(?:^|[\s(«“\"'’-])[A-ZÀ-Ý]$")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, in order; nothing but space is lost.

    One ends at `. ! ? …`, with the quotes or brackets that close after it, before a space and no small letter (one follows an
    ellipsis or a quoted question that goes on), and at the end of a line. A full stop ends none after a title (M. Dupont), an
    initial (J. K. Rowling), or an abbreviation before its number (p. 12); those within numbers have no space behind them.
    """
    return tuple(sentence for line in text.splitlines() for sentence in _of_line(line) if sentence)


def _of_line(line: str) -> list[str]:
    found, start = [], 0
    for match in _END.finditer(line):
        if _ends(line[start : match.start()], match[0].rstrip(_CLOSES), line[match.end() :]):
            found.append(line[start : match.end()].strip())
            start = match.end()
    return [*found, line[start:].strip()]


def _ends(before: str, marks: str, after: str) -> bool:
    following = after[match.end() :][:1] if (match := _OPENS.match(after)) else ""
    if not following or following.islower():
        return False
    if marks != ".":
        return True
    word = re.split(r"[\s(«“\"'’]", before)[-1].lower()
    return not (
        (word in _TITLES and following.isupper()) or (word in _COUNTED and following.isdigit()) or _INITIAL.search(before)
    )  # fmt: skip
