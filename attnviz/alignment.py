"""Which word translates which: links read off a translator's attention, held against links that people drew."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from attnviz.errors import DataError
from attnviz.explain.words import merged
from attnviz.nets.translator import START, Translator
from attnviz.record import record

Link = tuple[int, int]

_LINK = re.compile(r"(\d+)([-p])(\d+)")
_CLOSES = re.compile(r"[.,!?;:%)\]»…]+|'+")
_OPENS = re.compile(r"[(\[«]|.*['’]")


class Gold(NamedTuple):
    """A pair of tokenised sentences with the links that people drew, (source word, target word), counted from 0.

    `possible` holds the sure ones too.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: frozenset[Link]
    possible: frozenset[Link]


def read_links(links: Path) -> list[Gold]:
    """Lines such as `1-1 2p3` (`-` sure, `p` possible, words counted from 1), beside the file `source ||| target` they speak of.

    That file lies in the same folder and has as many lines, each with ` ||| ` in it. DataError where it is not there, or where a
    link leads outside its sentences.
    """
    lines = _lines(links)
    filled = max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
    pairs = _beside(links, range(filled, len(lines) + 2))
    lines = [*lines, ""][: len(pairs)]  # blank lines at the end may be pairs without links, or nothing
    return [_gold(pair, line, f"{links}, line {number}") for number, (pair, line) in enumerate(zip(pairs, lines, strict=True), 1)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "pass a text file of links with --links") from None


def _beside(links: Path, fitting: range) -> list[str]:
    """The lines of the file of pairs; the one whose name is most like that of the links, if there are several."""
    found: dict[Path, list[str]] = {}
    for path in sorted(links.parent.iterdir()):
        if path.is_file() and path != links:
            try:
                lines = path.read_text(encoding="utf-8").rstrip("\n").splitlines()
            except UnicodeDecodeError:
                continue
            if len(lines) in fitting and lines and all("|||" in line for line in lines):
                found[path] = lines
    if not found:
        finding = f"no file of {fitting.start:,} lines `source ||| target` lies beside {links}"
        raise DataError(finding, "put it into the same folder")
    return found[min(found, key=lambda path: (path.stem.split(".")[0] != links.stem.split(".")[0], path.name))]


def _gold(pair: str, line: str, where: str) -> Gold:
    source, target = (tuple(side.split()) for side in pair.split("|||", 1))
    sure, possible = set(), set()
    for item in line.split():
        match = _LINK.fullmatch(item)
        if match is None:
            raise DataError(f"{where}: {item!r} is no link", "write i-j for a sure link and ipj for a possible one")
        link = int(match[1]) - 1, int(match[3]) - 1
        if not (0 <= link[0] < len(source) and 0 <= link[1] < len(target)):
            raise DataError(f"{where}: {item} leads outside sentences of {len(source)} and {len(target)} words")
        possible.add(link)
        if match[2] == "-":
            sure.add(link)
    return Gold(source, target, frozenset(sure), frozenset(possible))


def error_rate(found: Iterable[tuple[frozenset[Link], Gold]]) -> float:
    """1 - (|A and S| + |A and P|) / (|A| + |S|) over all sentences (Och and Ney, 2003); 0 is perfect."""
    agreed = total = 0
    for links, gold in found:
        agreed += len(links & gold.sure) + len(links & gold.possible)
        total += len(links) + len(gold.sure)
    return 1 - agreed / total if total else 0.0


def links(model: Translator, gold: Gold) -> frozenset[Link]:
    """Each target word is linked to the source word that it looked at most, when the given translation is forced on the model."""
    (source, source_spans), (target, target_spans) = natural(gold.source), natural(gold.target)
    read = model.source.encode(source)
    wrote = model.target.encode(target, add_special_tokens=False)
    layer, head = model.aligner
    with torch.no_grad(), record(model, layer) as tape:
        model(torch.tensor([read.ids]), torch.ones(1, len(read.ids), dtype=torch.bool), torch.tensor([[START, *wrote.ids]]))
    weights = tape[layer].dense()
    rows = weights if weights.ndim == 2 else weights.mean(0) if head is None else weights[head]
    words = merged(rows[: len(wrote.ids)], groups(wrote.offsets, target_spans), groups(read.offsets, source_spans))
    return frozenset((int(row.argmax()), word) for word, row in enumerate(words) if row.max() > 0)


def by_diagonal(gold: Gold) -> frozenset[Link]:
    """Each target word is linked to the source word that stands as far along its sentence: what a model must do better than."""
    scale = len(gold.source) / len(gold.target) if gold.target else 0.0
    return frozenset((int((word + 0.5) * scale), word) for word in range(len(gold.target)) if gold.source)


def turned(gold: Gold) -> Gold:
    """The same pair with its source as target."""
    sure, possible = (frozenset((target, source) for source, target in found) for found in (gold.sure, gold.possible))
    return Gold(gold.target, gold.source, sure, possible)


def groups(offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The positions of the tokens that begin in each span; special tokens, which cover nothing, are in none."""
    return [[i for i, (start, end) in enumerate(offsets) if end > start and low <= start < high] for low, high in spans]


def natural(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Tokenised words as a person would type them, and the span of each in that text."""
    text, spans = "", []
    for word in words:
        last = text.rpartition(" ")[2]
        glued = not text or _CLOSES.fullmatch(word) or word.startswith(("'", "’", "n't")) or _OPENS.fullmatch(last)
        text += "" if glued else " "
        spans.append((len(text), len(text) + len(word)))
        text += word
    return text, spans
