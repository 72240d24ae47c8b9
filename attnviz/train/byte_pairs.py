"""Subword vocabularies, trained here: byte-level byte-pair encoding, which has tokens for any unicode text."""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# Before compatibility characters are made one: that would tear the accents ´ and ` off as marks of their own.
_APOSTROPHE = r"(?<=\p{L})[‘’ʼ´`′](?=\p{L})|’"


def byte_pairs(texts: Iterable[str], size: int, special: tuple[str, ...], template: str) -> Tokenizer:
    """A vocabulary of `size` tokens, the `special` ones first; `template` says where they go, "$A [END]" for example.

    What a text's typography varies is made one: compatibility characters, the forms of an apostrophe, and the space that French
    puts before a mark.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(_APOSTROPHE), "'"), normalizers.NFKC(),
        normalizers.Replace(Regex(r"\s+(?=[!?;:.,])"), ""), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip(),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in special]
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(single=template, special_tokens=ids),
    ])  # fmt: skip
    return tokenizer
