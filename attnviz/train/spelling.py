"""Names letter by letter, numbers digit by digit: a token for each, so that both can be copied though nobody has seen them.

A word with a capital is a name unless the vocabulary has it whole or the training pairs translate it by another word; at the
beginning of a sentence other words count than inside. The rule is part of the tokenizer's own file.
"""

import re
from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers

# How often a word with a capital must be translated by another one to be no name; once is enough at the beginning.
TRANSLATED = 2
LONGEST = 40
LIGATURES = (("oe(?=u|il)", "œ"), ("O[eE](?=[uU]|[iI][lL])", "Œ"))  # moelle, poésie and Goethe have none
# Parles-tu, as-t-il, dis-moi: what goes before is a verb.
ASKS = "(?:je|tu|ils?|elles?|on|nous|vous|moi|toi|les?|la|lui|leur|en|y|t|ce)"

_WORD = re.compile(r"[^\W\d_]+")
_START = re.compile(r"(?:^|[.!?] )([^\W\d_]+)")


def spelled(tokenizer: Tokenizer, sides: Iterable[tuple[str, str]], ligatures: bool = False) -> Tokenizer:
    """The tokenizer of the first of two languages, from now on spelling names; `sides`: its sentences with their translations.

    With `ligatures` oeu and oeil are read as œu and œil.
    """
    start, inside = no_names(tokenizer, sides)
    french = [normalizers.Replace(Regex(pattern), content) for pattern, content in LIGATURES] if ligatures else []
    tokenizer.normalizer = normalizers.Sequence([tokenizer.normalizer, *french, normalizers.Prepend(" ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(_first_letter(start | inside, inside)), "isolated"),
        pre_tokenizers.Split(Regex(_further_letter()), "isolated"),
        pre_tokenizers.Split(Regex(r" ?\p{N}"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])  # fmt: skip
    return tokenizer


def no_names(tokenizer: Tokenizer, sides: Iterable[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """The words with a capital that are read whole: at the beginning of a sentence, and inside."""
    pieces = (tokenizer.decode([i]).strip() for i in range(tokenizer.get_vocab_size()))
    whole = {piece for piece in pieces if piece[:1].isupper() and _WORD.fullmatch(piece)}
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for text, translation in sides:
        starts = {match.start(1) for match in _START.finditer(text)}
        other = set(_WORD.findall(translation))
        for match in _WORD.finditer(text):
            if match[0][0].isupper() and match[0] not in other:
                counts[match.start() not in starts][match[0]] += 1
    inside = {word for word, count in counts[1].items() if count >= TRANSLATED}
    return whole | set(counts[0]), whole | inside


def _first_letter(start: set[str], inside: set[str]) -> str:
    """A name's capital with the space before it."""
    at_start, elsewhere = (
        rf"(?!(?:{any_of(words)})(?!\p{{L}}))(?!\p{{L}}+-{ASKS}(?!\p{{L}}))\p{{Lu}}" for words in (start, inside)
    )  # fmt: skip
    return (
        rf"(?<=[.!?]) {at_start}|\A {at_start}|(?<=[\"«“(]){at_start}|(?<!\A)(?<![.!?]) {elsewhere}|(?<![\p{{L}} \"«“(]){elsewhere}"
    )


def _further_letter() -> str:
    """A letter that only letters part from the beginning of its piece; only the rest of a name begins without a space."""
    behind = "|".join(rf"(?<=\A[\p{{L}}\p{{M}}]{{{count}}})" for count in range(1, LONGEST))
    return rf"(?:\A|{behind})[\p{{L}}\p{{M}}]"


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, with what they begin with written once."""
    ends = set(words)
    heads: dict[str, set[str]] = {}
    for word in ends - {""}:
        heads.setdefault(word[0], set()).add(word[1:])
    choices = [head + (f"(?:{rest})" if (rest := any_of(tails)) else "") for head, tails in sorted(heads.items())]
    return "|".join([*choices, ""] if "" in ends and choices else choices)
