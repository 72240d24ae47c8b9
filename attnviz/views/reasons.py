"""What views ask of a decision beyond a map: which words speak for and against it, and what a click may take away from it."""

from collections.abc import Sequence

from attnviz.errors import InputError
from attnviz.explain.occlusion import occlusion
from attnviz.faithful.hiding import hiding
from attnviz.results import TextResult
from attnviz.state import Choice, Chosen, OneOf, OnOff, Places

LOOK, TAKE = "look", "take"
CLICK = Choice(
    "click", "A click on a word or head", OneOf((LOOK, TAKE), {LOOK: "looks closer", TAKE: "takes it away"}.__getitem__), LOOK,
    "Looks closer: locks a word, shows a head. Takes it away: the model is asked again without the word, or with the head off.",
    clicked=True,
)  # fmt: skip
HIDDEN = Choice("hidden", "Hidden words", Places(), (), clicked=True)
OFF = Choice("off", "Heads switched off", Places(axes=2), (), clicked=True)
SIGNED = (
    "Blue words speak for the decision, orange ones against it: without them it is surer. Strength is attention, the sign is from "
    "leaving each word out."
)
SIGN = Choice("sign", "Show what speaks against", OnOff(), False, SIGNED, more=True)


def asked(result: TextResult, chosen: Chosen) -> None:
    """InputError where the result is one without other words or heads than were chosen."""
    if (tuple(chosen["hidden"]), tuple(chosen["off"])) != (result.hidden, result.off):
        raise InputError("what is taken away is chosen before the model reads", "take it away on the page, or by attnviz.asked")


def original(result: TextResult, word: int) -> int:
    """The number of a word in the text as it was typed."""
    for hidden in result.hidden:
        word += hidden <= word
    return word


def without(result: TextResult, word: int) -> str:
    """The choice of hidden words once this one is clicked, as an address has it."""
    return str(HIDDEN.allowed.write(Places().toggled(result.hidden, original(result, word))))


def against(result: TextResult, shown: Sequence[Sequence[int]]) -> tuple[bool, ...] | None:
    """For each group of tokens whether its word speaks against the decision; None where nothing further can be asked."""
    if result.net is None or not result.probabilities:
        return None
    drops = result.once("occlusion", lambda: _dropped(result))
    words = [word.positions for word in result.encoded.words if not word.special]
    opposed = {position for positions, drop in zip(words, drops, strict=True) if drop < 0 for position in positions}
    return tuple(any(position in opposed for position in group) for group in shown)


def _dropped(result: TextResult) -> list[float]:
    """What leaving each word out takes from the decision."""
    assert result.net is not None
    hidden = hiding(result.net, result)
    return [float(each) for each in occlusion(len(hidden.names), hidden.say)]
