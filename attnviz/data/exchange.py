"""Names and numbers that both sides of a pair have, and the pair with others in their place."""

import re

from attnviz.data.tatoeba import Pair

NAME = re.compile(r"(?<![\w'’-])[A-ZÀ-Ý][^\W\d_]+(?![\w'’-])")
NUMBER = re.compile(r"(?<![\w.,:'’-])\d+(?![\w:'’-]|[.,]\d)")

# From two on, for one is an article too.
COUNTED = (
    (2, "deux", "two"), (3, "trois", "three"), (4, "quatre", "four"), (5, "cinq", "five"), (6, "six", "six"), (7, "sept", "seven"),
    (8, "huit", "eight"), (9, "neuf", "nine"), (10, "dix", "ten"), (11, "onze", "eleven"), (12, "douze", "twelve"),
    (15, "quinze", "fifteen"), (20, "vingt", "twenty"), (30, "trente", "thirty"), (40, "quarante", "forty"),
    (50, "cinquante", "fifty"),
)  # fmt: skip

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


def in_digits(pair: Pair) -> Pair:
    """The pair with digits for the numbers that both sides have in words, each once."""
    words = [[word.lower() for word in re.findall(r"\w+(?:-\w+)*", text)] for text in pair]
    for number, french, english in COUNTED:
        if words[0].count(french) == words[1].count(english) == 1:
            forms = zip((french, english), pair, strict=True)
            pair = Pair(*(re.sub(rf"(?<![\w-]){word}(?![\w-])", str(number), text, flags=re.IGNORECASE) for word, text in forms))
    return pair


def _elided(word: str, name: str) -> str:
    return f"{word}'{name}" if _VOWEL.match(name) else f"{word}e {name}"
