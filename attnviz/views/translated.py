"""What the views of a translation share: its words and those of the source, and the choice of layer and head by a layer's role."""

from collections.abc import Sequence
from dataclasses import replace

from attnviz import plot
from attnviz.encode import Word
from attnviz.exhibit import Exhibit
from attnviz.explain import shown_words
from attnviz.explain.sides import by_side
from attnviz.maps import AttentionMap
from attnviz.results import Translation
from attnviz.results.translation import SIDES
from attnviz.state import Choice, Chosen, OneOf
from attnviz.terms import TERMS
from attnviz.views.heads import head_choice, of_head, placed
from attnviz.views.sentence import merge_choice

MERGING = "Summed over the tokens looked at, averaged over those that look."


def place_choices(result: Translation, role: str, name: str = "", first: int = 0, head: int | None = None) -> tuple[Choice, ...]:
    """Which layer and head of a role; none where there are no heads. `name` begins the names of the choices.

    `first`, `head`: what is shown unasked; without a head the mean of all.
    """
    maps = result.tape.of(role)
    layers = OneOf(tuple(range(len(maps))), listed=True)
    if "head" not in maps[0].axes:
        return ()
    heads = head_choice(maps[0], f"{name}head")
    shown = heads.default if head is None else head
    return Choice(f"{name}layer", "Layer", layers, first, TERMS["layer"].says), replace(
        heads, help=TERMS["head"].says, default=shown
    )


def of_place(result: Translation, role: str, chosen: Chosen, name: str = "") -> tuple[AttentionMap, str]:
    """The map (query, key) of the chosen layer and head, and what to call its place."""
    maps = result.tape.of(role)
    if "head" not in maps[0].axes:
        return maps[0], "Attention"
    layer, head = chosen[f"{name}layer"], chosen[f"{name}head"]
    return of_head(maps[layer], head), placed(f"Layer {layer}", head)


def merging() -> Choice:
    """Whether sub-words are put together."""
    return merge_choice(MERGING)


def sides(result: Translation, merge: bool) -> dict[str, list[Word]]:
    """The words that rows and columns of maps stand for, by the sentence that they are of."""
    written = shown_words(result.words, result.tokens, merge)
    read = shown_words(result.encoded.words, result.encoded.tokens, merge)
    return {"source": read, "output": written, "input": _later(written, len(result.tokens) - 1)}


def _later(written: Sequence[Word], last: int) -> list[Word]:
    """The decoder's input: [START], then the output without its last token."""
    moved = [replace(word, positions=tuple(i + 1 for i in word.positions if i < last)) for word in written]
    return [Word("[START]", (0,), True), *(word for word in moved if word.positions)]


def itself(result: Translation, role: str, chosen: Chosen, name: str, title: str) -> Exhibit:
    """How one side looks at itself, in the layers of a role."""
    m, place = of_place(result, role, chosen, name)
    words = sides(result, chosen["merge"])
    queries, keys = SIDES[role]
    shown = by_side(m, words[queries], words[keys])
    return Exhibit("map", title, (plot.heatmap(shown),), plot.caption(shown, result.card.name, None, place), (shown,), result)
