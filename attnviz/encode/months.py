"""Names of months, in the languages in which spreadsheets save them."""

import unicodedata

# Beginnings that tell a month, without accents: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish.
MONTH_NAMES = {
    1: ("jan", "jän", "ene", "gen", "sty"),
    2: ("feb", "fev", "lut"),
    3: ("mar", "mrt", "maa", "mär", "mrz"),
    4: ("apr", "avr", "abr", "kwi"),
    5: ("may", "mai", "mag", "mei", "maj"),
    6: ("jun", "juin", "giu", "cze"),
    7: ("jul", "juil", "lug", "lip"),
    8: ("aug", "aou", "ago", "sie"),
    9: ("sep", "set", "wrz"),
    10: ("oct", "okt", "out", "ott", "paz"),
    11: ("nov", "lis"),
    12: ("dec", "dez", "dic", "gru"),
}
_LONGEST = 12


def month_of(name: str) -> int | None:
    """The number of a month by its name or a beginning of three letters and more; None for another word."""
    if len(name) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return next((number for number, starts in MONTH_NAMES.items() if letters.startswith(_bare(starts))), None)


def _bare(starts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFKD", start).encode("ascii", "ignore").decode() for start in starts)
