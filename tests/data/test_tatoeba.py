"""The reader of Tatoeba's pairs and the parts it makes."""

import zipfile
from pathlib import Path

import pytest

from attnviz.data.tatoeba import Pair, letters, parted, read
from attnviz.errors import DataError

PAIRS = [Pair(f"phrase {i // 2} {'ab'[i % 2]}", f"Sentence {i // 2}.") for i in range(60)]


def test_lines_become_pairs_and_long_ones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "tatoeba_fra_eng").mkdir()
    lines = ["Go.\tVa\u200b !", "one two three four five six seven eight nine ten eleven twelve thirteen\tlong"]
    with zipfile.ZipFile(tmp_path / "tatoeba_fra_eng" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", "\n".join(lines))
    assert read(tmp_path) == [("Va !", "Go.")]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"fra-eng\.zip"):
        read(tmp_path)


def test_all_translations_of_a_held_out_sentence_stay_together() -> None:
    parts = parted(PAIRS, held_out=5)
    assert {name: len({pair.english for pair in part}) for name, part in parts.items()} == {"test": 5, "dev": 5, "train": 20}
    assert {name: len(part) for name, part in parts.items()} == {"test": 10, "dev": 10, "train": 40}


def test_parts_share_no_sentence_of_either_language_whatever_its_case_and_punctuation() -> None:
    twins = [*PAIRS, *(Pair(pair.french.upper() + " !", f"Other {i}.") for i, pair in enumerate(PAIRS)), Pair("x", "SENTENCE 7!")]
    parts = parted(twins, held_out=15)
    for side in ("french", "english"):
        seen = [{letters(getattr(pair, side)) for pair in part} for part in parts.values()]
        assert len(seen[0] | seen[1] | seen[2]) == sum(map(len, seen))
    assert all(len(part) for part in parts.values())


def test_a_sentence_stays_in_its_part_when_others_come() -> None:
    before = {pair.english for pair in parted(PAIRS, 5)["test"]}
    more = [*PAIRS, *(Pair(f"new {i}", f"New {i}.") for i in range(3))]
    assert len(before & {pair.english for pair in parted(more, 8)["test"]}) == 5
