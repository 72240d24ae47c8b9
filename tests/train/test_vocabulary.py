"""The vocabulary: every text comes back from its pieces, words stay words, and the borrowed start is a mean."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from attnviz.train.vocabulary import PADDING, borrowed_embedding, train_vocabulary
from tests import tiny

SENTENCES = ["I don't like it ... at all !", "unbelievable, a well-made film", "a film; a FILM"] * 3
SIZE = 320


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_vocabulary(SENTENCES, SIZE)


def spelled(tokenizer: Tokenizer, text: str) -> bytes:
    """The bytes that the pieces of a text stand for."""
    return b"".join(
        bytes([int(piece[3:5], 16)]) if piece.startswith("<0x") else piece.encode() for piece in tokenizer.encode(text).tokens
    )


def test_it_has_the_size_that_was_asked_for_padding_first_and_every_byte(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() <= SIZE
    assert tokenizer.id_to_token(0) == PADDING
    assert sorted(tokenizer.token_to_id(f"<0x{byte:02X}>") for byte in range(256)) == list(range(1, 257))


@pytest.mark.parametrize("text", ["I don't", "שלום 你好", "😀!!", "<0x41> [PAD]", "naïve CAFÉ", "\u0e33\u0301 x"])
def test_no_letter_of_any_text_is_lost(tokenizer: Tokenizer, text: str) -> None:
    import unicodedata

    assert spelled(tokenizer, text) == "".join(unicodedata.normalize("NFC", text).lower().split()).encode()


def test_words_keep_their_apostrophes_and_marks_that_repeat_stay_together(tokenizer: Tokenizer) -> None:
    text = "I don't like well-made films ... at all!!?"
    encoding = tokenizer.encode(text)
    words: dict[int, str] = {}
    for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
        words[word] = words.get(word, "") + text[start:end]
    assert list(words.values()) == ["I", "don't", "like", "well", "-", "made", "films", "...", "at", "all", "!!", "?"]


def test_the_same_sentences_give_the_same_vocabulary(tokenizer: Tokenizer) -> None:
    assert train_vocabulary(SENTENCES, SIZE).get_vocab() == tokenizer.get_vocab()


def test_a_piece_begins_as_the_mean_of_the_pieces_that_the_published_model_spells_it_with(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    tiny.tokenizer().save(str(tmp_path / "tokenizer.json"))
    table = torch.randn(22, 3, generator=torch.Generator().manual_seed(0))
    save_file({"embeddings.word_embeddings.weight": table}, tmp_path / "model.safetensors")
    start = borrowed_embedding(tokenizer, tmp_path)
    assert start.shape == (tokenizer.get_vocab_size(), 3)
    scaled = (table - table.mean(0)) / table.std()
    theirs = {piece: 5 + i for i, piece in enumerate(tiny.WORDS)}
    torch.testing.assert_close(start[tokenizer.token_to_id("film")], scaled[theirs["film"]])
    parts = scaled[[theirs[piece] for piece in ("un", "##believ", "##able")]]
    torch.testing.assert_close(start[tokenizer.token_to_id("unbelievable")], parts.mean(0))
