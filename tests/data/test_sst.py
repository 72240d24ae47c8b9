"""The treebank's trees: phrases, spelling, and which are kept."""

from pathlib import Path

import pytest

from attnviz.data import sst
from attnviz.errors import DataError
from tests.tiny import write_sst

TREE = "(4 (2 It) (4 (2 's) (3 (3 wonderful) (2 !))))"


def test_every_phrase_comes_with_its_rating_the_sentence_last() -> None:
    assert sst.phrases(TREE) == [
        ("It", 2),
        ("'s", 2),
        ("wonderful", 3),
        ("!", 2),
        ("wonderful!", 3),
        ("'s wonderful!", 4),
        ("It's wonderful!", 4),
    ]


# words of the treebank, what a person would type
SPELLING = {
    "a contraction": ("It 's a film I 'll see , is n't it", "It's a film I'll see, isn't it"),
    "marks of a sentence": ("good , bad ; so : what ? this ! 5 %", "good, bad; so: what? this! 5%"),
    "brackets": ("a -LRB- b -RRB- c", "a (b) c"),
    "quotes": ("`` a ''", '" a "'),
    "slashes": ("and\\/or \\* 1\\/2", "and/or * 1/2"),
    "a word that begins like a contraction": ("'small 'dare", "'small 'dare"),
    "accents": ("naïve café", "naïve café"),
}


@pytest.mark.parametrize(("words", "text"), SPELLING.values(), ids=SPELLING)
def test_words_are_spelled_as_a_person_types_them(words: str, text: str) -> None:
    assert sst.natural(words.split()) == text


def test_a_bracket_of_the_text_is_no_bracket_of_the_tree() -> None:
    assert sst.phrases("(3 (2 -LRB-) (3 (3 fun) (2 -RRB-)))")[-1] == ("(fun)", 3)


def test_neutral_sentences_are_left_out(tmp_path: Path) -> None:
    write_sst(tmp_path, dev=["(0 awful)", "(1 bad)", "(2 so)", "", "(3 good)", "(4 great)"])
    assert sst.sentences(tmp_path, "dev") == [("awful", 0), ("bad", 0), ("good", 1), ("great", 1)]


def test_phrases_to_train_on_are_distinct_and_not_neutral(tmp_path: Path) -> None:
    write_sst(tmp_path, train=["(4 (3 good) (2 film))", "(1 (3 good) (1 grief))", "(0 (1 good) (2 x))"])
    found = sst.training_phrases(tmp_path)
    assert sorted(found) == [("good", 0), ("good film", 1), ("good grief", 0), ("good x", 0), ("grief", 0)]


def test_a_missing_split_is_refused_with_its_path(tmp_path: Path) -> None:
    write_sst(tmp_path, dev=["(3 good)"])
    with pytest.raises(DataError, match=r"No file .*sst/test.txt.gz. Pass the folder that holds sst/ with --data"):
        sst.sentences(tmp_path, "test")
