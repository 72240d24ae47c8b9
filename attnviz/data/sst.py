"""The Stanford Sentiment Treebank (Socher et al., 2013): sentences whose every phrase people rated from 0 to 4.

Expects `<data>/sst/{train,dev,test}.txt.gz`, one bracketed tree a line: `(3 (2 It) (4 (2 's) (4 wonderful)))`.
"""

import gzip
import re
from pathlib import Path

from attnviz.errors import DataError

Example = tuple[str, int]

_TOKEN = re.compile(r"\(|\)|[^\s()]+")
# The treebank's spelling of punctuation, and the spaces it puts where nobody types one.
_SPELLING = {"-LRB-": "(", "-RRB-": ")", "``": '"', "''": '"', "\\/": "/", "\\*": "*"}
_SPACES = [
    (re.compile(r"\s+(n't|'(?:s|m|d|re|ve|ll)\b)", re.IGNORECASE), r"\1"),
    (re.compile(r"\s+([.,;:!?%)])"), r"\1"),
    (re.compile(r"(\()\s+"), r"\1"),
]


def read_trees(data: Path, split: str) -> list[str]:
    """The lines of one split, "train", "dev" or "test"; DataError where the file is missing."""
    path = Path(data) / "sst" / f"{split}.txt.gz"
    if not path.is_file():
        raise DataError(f"no file {path}", "pass the folder that holds sst/ with --data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip()]


def phrases(tree: str) -> list[tuple[str, int]]:
    """Every (text, rating 0 to 4) in a tree, innermost first; the last one is the sentence itself."""
    found: list[tuple[str, int]] = []
    open_nodes: list[tuple[int, list[str]]] = []
    tokens = iter(_TOKEN.findall(tree))
    for token in tokens:
        if token == "(":
            open_nodes.append((int(next(tokens)), []))
        elif token == ")":
            rating, words = open_nodes.pop()
            found.append((natural(words), rating))
            if open_nodes:
                open_nodes[-1][1].extend(words)
        else:
            open_nodes[-1][1].append(token)
    return found


def natural(words: list[str]) -> str:
    """The treebank's words as a person would type them."""
    text = " ".join(_SPELLING.get(word, word.replace("\\/", "/")) for word in words)
    for pattern, replacement in _SPACES:
        text = pattern.sub(replacement, text)
    return text


def sentences(data: Path, split: str) -> list[Example]:
    """(sentence, 0 negative or 1 positive); neutral sentences are left out, as in SST-2."""
    roots = [phrases(tree)[-1] for tree in read_trees(data, split)]
    return [(text, int(rating > 2)) for text, rating in roots if rating != 2]


def training_phrases(data: Path) -> list[Example]:
    """Every distinct non-neutral phrase of the training trees; the rating of its last occurrence counts."""
    rated = dict(phrase for tree in read_trees(data, "train") for phrase in phrases(tree))
    return [(text, int(rating > 2)) for text, rating in rated.items() if rating != 2]
