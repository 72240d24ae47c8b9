"""Names and numbers that both sides of a pair have, and the pair with others in their place."""

import re

from attnviz.data.tatoeba import Pair

NAME = re.compile(r"(?<![\w'’-])[A-ZÀ-Ý][^\W\d_]+(?![\w'’-])")
NUMBER = re.compile(r"(?<![\w.,:'’-])\d+(?![\w:'’-]|[.,]\d)")

_VOWEL = re.compile(r"[aeiouyhàâéèêëîïôöùûœ]", re.IGNORECASE)


def shared(pattern: re.Pattern[str], pair: Pair) -> list[str]:
    """What the pattern finds on both sides, as often in French as in English; in order, each once."""
    found = [pattern.findall(text) for text in pair]
    return [one for one in dict.fromkeys(found[0]) if found[0].count(one) == found[1].count(one)]


def with_name(pair: Pair, name: str, new: str) -> Pair:
    """The pair with another name; de and que lose their e before a vowel, and only there."""
    word = rf"{re.escape(name)}(?!\w)"
    french = re.sub(rf"(?<!\w)(d|qu)(?:e |['’]){word}", lambda match: _elided(match[1], new), pair.french, flags=re.IGNORECASE)
    return Pair(*(re.sub(rf"(?<!\w){word}", lambda _: new, text) for text in (french, pair.english)))


def with_number(pair: Pair, number: str, french: str, english: str) -> Pair:
    """The pair with another number, as it is written in French and in English."""
    forms = zip((french, english), pair, strict=True)
    return Pair(*(re.sub(rf"(?<![\d.,:]){number}(?![\d:])", form, text) for form, text in forms))


def _elided(word: str, name: str) -> str:
    return f"{word}'{name}" if _VOWEL.match(name) else f"{word}e {name}"
