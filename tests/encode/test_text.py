"""The border where text comes in."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from attnviz.encode import EncodedText, Word, encode_text, read_text_file
from attnviz.encode.text import text_tokenizer
from attnviz.errors import CardError, InputError
from tests import tiny


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tiny.tokenizer().save(str(path))
    return text_tokenizer(path, max_tokens=12)


def texts(encoded: EncodedText) -> list[str]:
    """The words that are not special."""
    return [word.text for word in encoded.words if not word.special]


def test_a_sentence_becomes_ids_between_its_special_tokens(tokenizer: Tokenizer) -> None:
    encoded = encode_text("A good film.", tokenizer=tokenizer)
    assert encoded.tokens == ("[CLS]", "a", "good", "film", ".", "[SEP]")
    assert encoded.tensors["input_ids"].tolist() == [[2, 5, 7, 9, 18, 3]]
    assert encoded.tensors["attention_mask"].tolist() == [[1] * 6]
    assert encoded.notes == ()


def test_tokens_of_one_word_are_one_word_as_it_was_typed(tokenizer: Tokenizer) -> None:
    encoded = encode_text("Unbelievable film!", tokenizer=tokenizer)
    assert encoded.tokens == ("[CLS]", "un", "##believ", "##able", "film", "!", "[SEP]")
    assert encoded.words == (
        Word("[CLS]", (0,), special=True),
        Word("Unbelievable", (1, 2, 3)),
        Word("film", (4,)),
        Word("!", (5,)),
        Word("[SEP]", (6,), special=True),
    )


def test_every_token_belongs_to_exactly_one_word(tokenizer: Tokenizer) -> None:
    encoded = encode_text("unbelievable a good!! שלום <b>", tokenizer=tokenizer)
    assert [i for word in encoded.words for i in word.positions] == list(range(len(encoded.tokens)))


@pytest.mark.parametrize("raw", ["", " ", "\n\t  \r\n", "\u00a0\u3000", "\x00", "\ud800", "\u200b\ufeff", "\u200d", "\ufffd\ufffd"])
def test_text_with_nothing_to_read_is_refused(tokenizer: Tokenizer, raw: str) -> None:
    with pytest.raises(InputError, match=r"There is no text to read\. Type a sentence"):
        encode_text(raw, tokenizer=tokenizer)


def test_ten_megabytes_are_refused_with_the_limit(tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match="The text has 10,000,000 characters, the limit is 100,000"):
        encode_text("a" * 10_000_000, tokenizer=tokenizer)
    assert encode_text("a " * 50_000, tokenizer=tokenizer).text == ("a " * 50_000).strip()


def test_a_long_text_is_cut_and_a_note_says_where(tokenizer: Tokenizer) -> None:
    encoded = encode_text("good bad " * 8, tokenizer=tokenizer)
    assert encoded.tokens == ("[CLS]", *["good", "bad"] * 5, "[SEP]")
    assert encoded.notes == ("The model takes 12 tokens: the first 10 of 16 words were used.",)
    assert len(encode_text("good " * 10, tokenizer=tokenizer).notes) == 0


def test_a_word_cut_in_its_middle_is_shown_as_far_as_it_went(tokenizer: Tokenizer) -> None:
    encoded = encode_text("a " * 9 + "unbelievable film", tokenizer=tokenizer)
    assert texts(encoded)[-1] == "un"
    assert encoded.notes == ("The model takes 12 tokens: the first 10 of 11 words were used.",)


def test_a_long_word_without_a_known_part_is_one_unknown_token(tokenizer: Tokenizer) -> None:
    encoded = encode_text("x" * 50_000, tokenizer=tokenizer)
    assert encoded.tokens == ("[CLS]", "[UNK]", "[SEP]")
    assert texts(encoded) == ["x" * 50_000]


# what was typed, the words that are shown
KEPT = {
    "an emoji of a family stays in one piece": ("👩\u200d👩\u200d👧 good", ["👩\u200d👩\u200d👧", "good"]),
    "an emoji with its colour": ("👍🏽", ["👍🏽"]),
    "right-to-left script with its marks": ("שלום\u200f good", ["שלום", "good"]),
    "html stays text": ("<script>a</script>", ["<", "script", ">", "a", "<", "/", "script", ">"]),
    "entities stay text": ("&amp;", ["&", "amp", ";"]),
    "a name of a special token that was typed": ("[SEP] a", ["[", "SEP", "]", "a"]),
    "line ends of all systems part words": ("a\r\nb\ra\nb\x0ba\x85b", ["a", "b"] * 3),
    "accents are composed": ("e\u0301", ["é"]),
    "a mark alone between words": ("a \u0301 b", ["a", "b"]),
}


@pytest.mark.parametrize(("raw", "words"), KEPT.values(), ids=KEPT)
def test_what_was_typed_is_shown(tokenizer: Tokenizer, raw: str, words: list[str]) -> None:
    encoded = encode_text(raw, tokenizer=tokenizer)
    assert [word.strip() for word in texts(encoded)] == words
    assert [note for note in encoded.notes if "vocabulary" not in note] == []


# what was typed, the text that is left, how many characters went
REMOVED = {
    "NUL": ("a\x00b", "ab", "1 character was left out, which cannot be shown."),
    "control characters": ("\x1b[31ma\x07", "[31ma", "2 characters were left out, which cannot be shown."),
    "lone surrogates": ("a\ud83d\udc4db", "ab", "2 characters were left out, which cannot be shown."),
    "overrides of direction": ("a\u202eb\u2066c", "abc", "2 characters were left out, which cannot be shown."),
    "invisible format characters": ("a\u200bb\ufeff\u00ad", "ab", "3 characters were left out, which cannot be shown."),
    "private characters": ("a\ue000", "a", "1 character was left out, which cannot be shown."),
}


@pytest.mark.parametrize(("raw", "text", "note"), REMOVED.values(), ids=REMOVED)
def test_what_cannot_be_shown_goes_and_a_note_counts_it(tokenizer: Tokenizer, raw: str, text: str, note: str) -> None:
    encoded = encode_text(raw, tokenizer=tokenizer)
    assert encoded.text == text
    assert encoded.notes[0] == note
    encoded.text.encode()


def test_words_outside_the_vocabulary_are_named_in_a_note(tokenizer: Tokenizer) -> None:
    (note,) = encode_text("good 😀 film xyzzy", tokenizer=tokenizer).notes
    assert note == "The model's vocabulary has nothing for 2 of the words (“😀”, “xyzzy”): it sees [UNK] in their place."


def test_a_special_token_that_was_typed_is_no_order_to_the_model(tokenizer: Tokenizer) -> None:
    encoded = encode_text("good [SEP] film", tokenizer=tokenizer)
    assert encoded.tokens.count("[SEP]") == 1
    assert [word.special for word in encoded.words] == [True, *[False] * 5, True]


def test_utf_16_without_a_mark_is_refused() -> None:
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_text_file("good film".encode("utf-16-le"))


def test_no_text_of_random_characters_breaks_the_border(tokenizer: Tokenizer) -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        raw = "".join(map(chr, random.integers(0, random.choice([128, 0x3000, 0x110000]), 30)))
        encoded = encode_text("a" + raw, tokenizer=tokenizer)
        assert len(encoded.tokens) == encoded.tensors["input_ids"].shape[1] <= 12


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_by_its_mark(encoding: str) -> None:
    assert read_text_file("Größe שלום 👍".encode(encoding)) == "Größe שלום 👍"


def test_utf_16_of_either_byte_order_is_read() -> None:
    assert read_text_file(b"\xfe\xff" + "añb".encode("utf-16-be")) == "añb"
    assert read_text_file(b"\xff\xfe" + "añb".encode("utf-16-le")) == "añb"


@pytest.mark.parametrize("raw", ["Größe".encode("latin-1"), b"\xff\xfea", b"\x89PNG\r\n\x1a\n", b"\x80"])
def test_a_file_that_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match="The file is not text in UTF-8 or UTF-16"):
        read_text_file(raw)


def test_a_file_too_large_is_refused_with_the_limit() -> None:
    with pytest.raises(InputError, match="The file has 1,572,865 bytes, the limit is 1,572,864"):
        read_text_file(b"a" * 1_572_865)
    assert len(read_text_file(b"a" * 1_572_864)) == 1_572_864


def test_a_model_of_many_tokens_reads_twelve_characters_for_each_of_them(tmp_path: Path) -> None:
    tiny.tokenizer().save(str(tmp_path / "tokenizer.json"))
    many = text_tokenizer(tmp_path / "tokenizer.json", max_tokens=32_768)
    assert len(encode_text("good film " * 20_000, tokenizer=many).tokens) == 32_768
    with pytest.raises(InputError, match="The text has 393,217 characters, the limit is 393,216"):
        encode_text("a" * 393_217, tokenizer=many)


@pytest.mark.parametrize("asked", [32_769, 0, -1])
def test_a_card_that_asks_for_more_tokens_than_a_page_takes_is_refused(tmp_path: Path, asked: int) -> None:
    tiny.tokenizer().save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(CardError, match="the limit is 32,768"):
        text_tokenizer(tmp_path / "tokenizer.json", asked)
