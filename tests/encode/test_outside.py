"""What is said of a text that a model did not learn from."""

from functools import partial

import pytest

from attnviz.encode.outside import Learned, knowing
from attnviz.encode.text import EncodedText, encode_text
from attnviz.paths import ASSETS

FILMS = Learned("film reviews in English", "en", 52)
FRENCH = Learned("short French sentences of everyday life", "fr", 12)
# Written for this test; each is what a visitor may type first.
SPOKEN = {
    "German": "Wo ist hier bitte der nächste Bahnhof?",
    "Spanish": "Me gustaría saber dónde vive tu hermana.",
    "Italian": "Domani mattina andiamo insieme al mercato.",
    "Dutch": "Ik heb gisteren een heel goed boek gelezen.",
    "Russian": "Сегодня очень хорошая погода.",
    "Japanese": "今日はとても天気がいいですね。",
}


@pytest.mark.parametrize("name", SPOKEN)
def test_another_language_is_named(name: str) -> None:
    for learned in (FILMS, FRENCH):
        (said,) = learned.outside(SPOKEN[name])
        assert said == f"This reads like {name}, and the model learned from {learned.what} alone: do not rely on its answer."


def test_french_is_another_language_to_english_and_the_other_way_round() -> None:
    assert "reads like French" in FILMS.outside("Je ne sais pas où ils habitent maintenant.")[0]
    assert "reads like English" in FRENCH.outside("I do not know where they live now.")[0]
    assert FRENCH.outside("OÙ EST LA GARE ?") == ()


def test_the_samples_of_the_pages_are_inside() -> None:
    for learned, file in ((FILMS, "sentences.txt"), (FRENCH, "french.txt")):
        for sentence in (ASSETS / file).read_text(encoding="utf-8").splitlines():
            assert learned.outside(sentence) == (), sentence


@pytest.mark.parametrize("text", ["Great!", "Sushi in Kyoto.", "Tom", "ok ok", "lol", "Café Müller", "No.", "E = mc2"])
def test_a_few_words_that_may_be_of_many_languages_are_left_alone(text: str) -> None:
    assert FILMS.outside(text) == ()


def test_a_text_that_is_much_longer_is_told_and_one_of_learned_length_is_not() -> None:
    assert FRENCH.outside("je mange une pomme rouge " * 3) == ()
    assert "has 25 words, and the model learned from short French" in FRENCH.outside("je mange une pomme rouge " * 5)[0]
    assert FILMS.outside("a good film " * 26) == ()
    assert "of at most 52" in FILMS.outside("a good film " * 27)[0]


@pytest.mark.parametrize("text", ["???", "12 34", "🙂🙂🙂", "…"])
def test_a_text_without_words_is_told(text: str) -> None:
    assert FILMS.outside(text) == (
        "There is no word in this text, and the model learned from film reviews in English: its answer means little.",
    )


def test_a_gap_is_no_word_and_no_lack_of_one() -> None:
    assert FILMS.outside("[MASK]") == ()
    assert "German" in FILMS.outside("Wo ist der [MASK] von meinem Bruder?")[0]


def test_a_model_of_which_nothing_is_said_is_told_nothing_but_words() -> None:
    assert Learned().outside(SPOKEN["German"]) == ()
    assert Learned().outside("123")[0].startswith("There is no word in this text")


def test_a_border_says_it_with_its_other_notes(tokenizer_of_bytes) -> None:
    border = knowing(partial(encode_text, tokenizer=tokenizer_of_bytes), FILMS)
    encoded = border("Wo ist hier bitte\x00 der Bahnhof?")
    assert isinstance(encoded, EncodedText)
    assert encoded.notes[0].startswith("1 character was left out")
    assert "German" in encoded.notes[1]


@pytest.fixture
def tokenizer_of_bytes():
    from attnviz.train.byte_pairs import byte_pairs

    return byte_pairs(["wo ist der Bahnhof"], 300, ("[PAD]", "[START]"), "[START] $A")
