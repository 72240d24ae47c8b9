"""What a text has that a model did not learn from: another language, far more words, or none. Said in a sentence, never refused.

Which language it is, py3langid tells (naive Bayes over n-grams of bytes; Lui and Baldwin, 2012).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from attnviz.encode.text import EncodedText
from attnviz.extras import extras
from attnviz.languages import LANGUAGES

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SURE = 0.6  # of another language
READ = 4_000  # characters of which a language is told
MUCH = 1.5  # times as many words as the longest sentence that was learned from
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
MASK = re.compile(r"\[MASK\]|<mask>")


@dataclass(frozen=True)
class Learned:
    """What a model learned from: `what` in words, in a `language`, one of LANGUAGES, and of the longest how many `words`; or ""."""

    what: str = ""
    language: str = ""
    words: int = 0

    @classmethod
    def of(cls, text: dict[str, Any]) -> Learned:
        """As the options of a card have it, which `cards` has checked."""
        return cls(str(text.get("learned", "")), str(text.get("language", "")), int(text.get("words", 0)))

    def outside(self, text: str) -> tuple[str, ...]:
        """A sentence on what of a text lies outside; none where nothing does."""
        plain = MASK.sub(" ", text)
        count, name = len(WORD.findall(plain)), LANGUAGES.get(self.language, "")
        learned = f"the model learned from {self.what}" if self.what else "the model learned from sentences"
        if not count and not MASK.search(text):
            return (f"There is no word in this text, and {learned}: its answer means little.",)
        if name and (found := language(plain)) and found != self.language:
            return (f"This reads like {LANGUAGES[found]}, and {learned} alone: do not rely on its answer.",)
        if self.words and count > MUCH * self.words:
            return (f"This text has {count:,} words, and {learned} of at most {self.words:,}: do not rely on its answer.",)
        return ()


def knowing(encode: Callable[..., EncodedText], learned: Learned) -> Callable[..., EncodedText]:
    """A border that also says what of a text lies outside."""

    def told(raw: str, **options: Any) -> EncodedText:
        encoded = encode(raw, **options)
        return replace(encoded, notes=(*encoded.notes, *learned.outside(encoded.text)))

    return told


def language(text: str) -> str:
    """One of LANGUAGES that a text is in, "" where that cannot be told."""
    with extras():
        best, odds = _identifier().classify(text[:READ].strip())
    return str(best) if odds > SURE else ""


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(LANGUAGES))
    return made
