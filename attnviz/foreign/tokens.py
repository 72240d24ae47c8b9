"""Single tokens of a vocabulary as words that a visitor can read."""

from collections import Counter
from collections.abc import Sequence

from tokenizers import Tokenizer
from tokenizers.decoders import WordPiece

MASKS = ("[MASK]", "<mask>")
SPACES = ("Ġ", "▁")


def mask_of(tokenizer: Tokenizer | None) -> str:
    """The token that stands for a hidden word, or ""."""
    return next((mask for mask in MASKS if tokenizer is not None and tokenizer.token_to_id(mask) is not None), "")


def shown(tokenizer: Tokenizer | None, ids: Sequence[int]) -> list[str]:
    """Tokens as text; "…" stands before what goes on with a word. Those that read alike get their number behind them."""
    if tokenizer is None:
        return [str(number) for number in ids]
    names = [_shown(tokenizer, number) for number in ids]
    often = Counter(names)
    return [f"{name} ({number})" if often[name] > 1 else name for name, number in zip(names, ids, strict=True)]


def _shown(tokenizer: Tokenizer, number: int) -> str:
    raw = tokenizer.id_to_token(number)
    if raw is None:
        return f"token {number}"
    text = tokenizer.decode([number], skip_special_tokens=False).strip()
    if raw.startswith("##"):
        return "…" + raw[2:]
    if not text or "\N{REPLACEMENT CHARACTER}" in text:
        return raw
    inside = not isinstance(tokenizer.decoder, WordPiece) and tokenizer.decoder is not None and not raw.startswith(SPACES)
    return f"…{text}" if inside and text[0].isalnum() else text
