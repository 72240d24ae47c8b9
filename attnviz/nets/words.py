"""What language models say: the most probable words at one place of a text."""

from collections import Counter
from collections.abc import Sequence

from tokenizers import Tokenizer
from tokenizers.decoders import WordPiece
from torch import Tensor

from attnviz.encode import EncodedText
from attnviz.nets.base import Decision

MOST = 10
MASKS = ("[MASK]", "<mask>")
SPACES = ("Ġ", "▁")


def word_there(logits: Tensor, encoded: EncodedText, tokenizer: Tokenizer | None, masked: bool) -> Decision:
    """(token, piece) -> the most probable words after the text, or where `masked`, in its first gap."""
    place, about = len(logits) - 1, "the next token"
    if masked:
        mask = mask_of(tokenizer)
        gaps = [position for position, token in enumerate(encoded.tokens) if token == mask]
        if not gaps:
            return Decision({}, why_none=f"Write {mask or MASKS[0]} in place of a word to see what the model would put there.")
        place, about = gaps[0], f"what stands at {'the first ' if len(gaps) > 1 else ''}{mask}"
    best = logits[place].double().softmax(-1).topk(min(MOST, logits.shape[-1]))
    names = shown(tokenizer, best.indices.tolist())
    return Decision(dict(zip(names, best.values.tolist(), strict=True)), about)


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
