"""Plain English sentences for language models: of everyday life from Tatoeba, of films from the Stanford Sentiment Treebank.

Expects `<data>/tatoeba_fra_eng/fra-eng.zip` and `<data>/sst/{train,dev,test}.txt.gz`, see `tatoeba` and `sst`.
"""

import hashlib
from pathlib import Path

from attnviz.data import sst, tatoeba

SHARES = {"test": 0.02, "dev": 0.01}  # of Tatoeba's sentences; the treebank has its own parts


def sentences(data: Path, part: str) -> list[str]:
    """All of "test", "dev" or "train", each once; no two parts have a sentence of the same letters.

    Tatoeba's are parted by the checksum of their letters. What it shares with a part of the treebank stays there alone.
    """
    everyday = {tatoeba.letters(pair.english): pair.english for pair in tatoeba.read(data)}
    films = {each: _films(data, each) for each in (*SHARES, "train")}
    for each, theirs in films.items():
        if each == part:
            break
        films[part] = {letters: text for letters, text in films[part].items() if letters not in theirs}
    kept = [
        text
        for letters, text in everyday.items()
        if part_of(letters) == part and not any(letters in each for each in films.values())
    ]
    return [*kept, *films[part].values()]


def _films(data: Path, part: str) -> dict[str, str]:
    """Letters -> sentence."""
    texts = (sst.phrases(tree)[-1][0] for tree in sst.read_trees(data, part))
    return {tatoeba.letters(text): text for text in texts}


def part_of(letters: str) -> str:
    """Which part a sentence belongs to, whatever others there are."""
    place = int(hashlib.sha256(letters.encode()).hexdigest()[:8], 16) / 16**8
    for part, share in SHARES.items():
        if place < share:
            return part
        place -= share
    return "train"
