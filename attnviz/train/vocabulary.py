"""A sub-word vocabulary trained on a task's own sentences, and a start for its embedding."""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

PADDING = "[PAD]"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
# Words with their apostrophes, and runs of one punctuation mark: don't is a word, and so is an ellipsis.
WORD = r"\w+(?:['’]\w+)*|([^\w\s])\1*"


def train_vocabulary(texts: Iterable[str], size: int) -> Tokenizer:
    """Byte-pair encoding of lower-case words (Sennrich et al., 2016, arXiv:1508.07909), `size` pieces in all.

    The 256 bytes are among them: a character that no text had is spelled in its bytes of UTF-8, so that there is no unknown.
    """
    draft = _tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(vocab_size=size - len(BYTES) - 1, show_progress=False, limit_alphabet=200)
    draft.train_from_iterator(texts, trainer)
    merges = _merges(draft)
    pieces = sorted(draft.get_vocab(), key=lambda piece: draft.get_vocab()[piece])
    vocabulary = {piece: index for index, piece in enumerate([PADDING, *BYTES, *pieces])}
    return _tokenizer(models.BPE(vocabulary, merges, byte_fallback=True))


def _tokenizer(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), "removed", invert=True)
    return tokenizer


def _merges(tokenizer: Tokenizer) -> list[tuple[str, str]]:
    import json

    return [(left, right) for left, right in json.loads(tokenizer.to_str())["model"]["merges"]]


def borrowed_embedding(tokenizer: Tokenizer, base: Path) -> Tensor:
    """(piece, feature): each piece is the mean of the pieces that a published model spells it with, scaled to unit variance.

    `base` holds the model's tokenizer.json and model.safetensors.
    """
    theirs = Tokenizer.from_file(str(base / "tokenizer.json"))
    theirs.no_padding()
    table = load_file(base / "model.safetensors")["embeddings.word_embeddings.weight"].float()
    pieces = sorted(tokenizer.get_vocab(), key=lambda piece: tokenizer.get_vocab()[piece])
    spelled = [encoding.ids for encoding in theirs.encode_batch(pieces, add_special_tokens=False)]
    rows = torch.stack([table[ids].mean(0) if ids else table.mean(0) for ids in spelled])
    return (rows - table.mean(0)) / table.std()
