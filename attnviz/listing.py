"""The models that can be loaded, as lines or JSON: attnviz models."""

import json

from attnviz.cards import ModelCard, all_cards
from attnviz.errors import AttnvizError
from attnviz.foreign.files import absent

KEYS = ("name", "title", "task", "input", "licence", "summary", "labels", "source", "repository", "revision")


def listing(as_json: bool = False) -> tuple[str, list[AttnvizError]]:
    """Every card that can be read, one a line or as one JSON list, and an error for each that cannot."""
    cards, errors = all_cards()
    if as_json:
        return json.dumps([{key: getattr(card, key) for key in KEYS} | {"absent": absent(card)} for card in cards]), errors
    return "\n".join(map(_line, cards)), errors


def _line(card: ModelCard) -> str:
    reason = absent(card)
    return f"{card.name:50} {card.input:6} {f'({reason}) ' if reason else ''}{card.summary}"
