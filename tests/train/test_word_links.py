"""The word aligner on a language made up word by word."""

import random

import numpy as np
import pytest

from attnviz.train.word_links import NOWHERE, WordLinks, diagonal

ENGLISH = [f"e{i}" for i in range(12)]


def pairs(count: int) -> list[tuple[list[str], list[str]]]:
    """French is English word for word, but for two neighbours that change places."""
    chooser = random.Random(0)
    made = []
    for _ in range(count):
        english = chooser.sample(ENGLISH, 5)
        french = ["f" + word[1:] for word in english]
        french[1], french[2] = french[2], french[1]
        made.append((french, english))
    return made


@pytest.fixture(scope="module")
def fitted() -> WordLinks:
    return WordLinks(pairs(300))


def test_the_links_are_those_that_the_language_was_made_by(fitted: WordLinks) -> None:
    for french, english in pairs(20):
        assert sorted(fitted.links(french, english)) == [(0, 0), (1, 2), (2, 1), (3, 3), (4, 4)]


def test_a_name_that_nobody_has_seen_is_linked_to_itself(fitted: WordLinks) -> None:
    assert (2, 0) in fitted.links(["f1", "f2", "zoé"], ["zoé", "e1", "e2"])


def test_a_word_that_comes_from_nowhere_has_no_link(fitted: WordLinks) -> None:
    assert {target for _, target in fitted.links(["f1", "f2"], ["e1", "e9", "e2"])} == {0, 2}


def test_the_diagonal_leaves_a_share_for_nowhere() -> None:
    found = diagonal(4, 2)
    np.testing.assert_allclose(found.sum(1), 1 - NOWHERE)
    assert found.argmax(1).tolist() == [0, 2] or found[0, 0] == pytest.approx(found[0, 1])
    np.testing.assert_allclose(found[0], found[1][::-1])  # from either end the same
