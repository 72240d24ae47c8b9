"""Where one sentence ends and the next begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.encode.sentences import sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["Il pleut.", "Je reste ici."],
        ["Bonjour !", "Ça va ?", "Oui."],
        ["Je ne sais pas…", "Peut-être demain."],
        ["Attends... je viens.", "Voilà."],
        ["M. Dupont et Mme. Martin sont là.", "Le Dr. Petit aussi."],
        ["J. K. Rowling a écrit ce livre.", "Il est long."],
        ["Il vient des U.S.A.", "Elle aussi."],
        ["Cela coûte 3.50 euros.", "C'est cher."],
        ["Voir p. 12 et vol. 3.", "Merci."],
        ["Il aime l'art.", "Elle aime la mer."],
        ["« Où vas-tu ? » demanda-t-il.", "Elle partit."],
        ["Il a dit : « Viens ! »", "Elle est venue."],
        ['"Tu viens ?"', '"Non."'],
        ["Il est parti (hier soir.)", "Moi aussi."],
        ["Quoi ?!", "À demain."],
        ["Ouvrez site.fr pour voir.", "C'est tout."],
        ["Nous étions 12.", "3 sont partis."],
        ["une phrase sans majuscule. et la suite"],
        ["Un seul mot"],
    ],
)
def test_a_text_is_cut_where_its_sentences_end(expected: list[str]) -> None:
    assert list(sentences("  ".join(expected))) == expected


def test_a_line_ends_a_sentence_and_blank_ones_are_none() -> None:
    assert sentences("Un titre\n\nIl pleut. Il vente.\r\n") == ("Un titre", "Il pleut.", "Il vente.")


def test_nothing_has_no_sentences() -> None:
    assert sentences(" \n ") == ()


@given(st.text(alphabet="ab AB.!?…«»\"' 1,\n", max_size=60))
def test_nothing_but_space_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in sentences(text))
