"""The table of terms, and where they are found."""

import re

import pytest

from attnviz.terms import TERMS, in_text


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_told_in_two_sentences_and_found_by_its_own_name(name: str) -> None:
    assert len(re.findall(r"[.?](?: |$)", TERMS[name].says)) == 2
    assert name in set(in_text(f"The {name} of it."))


def test_terms_are_found_in_any_case_and_number_and_not_within_other_words() -> None:
    assert list(in_text("Layer 3, head 9: “[CLS]” looks", "Sharpest looks")) == ["layer", "head", "[CLS]", "sharpest"]
    assert list(in_text("Heads of all layers; special tokens are hidden; by rollout")) == ["layer", "head", "[CLS]", "rollout"]
    assert list(in_text("A navigated player, ahead of a pickle.")) == []
