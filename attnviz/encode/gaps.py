"""A text with one of its words hidden, for a model that guesses it."""

import re
from typing import NamedTuple

MASKS = ("[MASK]", "<mask>")
PIECE = re.compile(r"\[MASK\]|<mask>|\w+(?:['’\-]\w+)*|[^\w\s]")


class Piece(NamedTuple):
    """A word or a mark of a text, and where it stands."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Letters or digits, not a mark, and no gap."""
        return self.text[0].isalnum()

    @property
    def is_gap(self) -> bool:
        """Hidden already."""
        return self.text in MASKS


def pieces(text: str) -> list[Piece]:
    """Words and marks in their order; gaps that are there already stand for themselves."""
    return [Piece(match[0], *match.span()) for match in PIECE.finditer(text)]


def first_hidden(text: str) -> int | None:
    """Which piece is hidden before anybody chose: the last word, or none where there is a gap already, or nothing would be left."""
    found = pieces(text)
    words = [i for i, piece in enumerate(found) if piece.is_word]
    return None if len(words) < 2 or any(piece.is_gap for piece in found) else words[-1]


def masked(text: str, hidden: int, mask: str) -> str:
    """The text with a mask in place of one piece."""
    piece = pieces(text)[hidden]
    return text[: piece.start] + mask + text[piece.end :]


def cut(text: str, hidden: int) -> str:
    """What stands before one piece."""
    return text[: pieces(text)[hidden].start].rstrip()
