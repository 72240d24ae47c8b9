"""How the source of a Transformer's translation looks at itself."""

from collections.abc import Sequence

from attnviz.exhibit import Exhibit
from attnviz.results import Translation
from attnviz.state import Choice, Chosen
from attnviz.views.translated import itself, merging, place_choices
from attnviz.views.view import View

ROLE, NAME, TITLE = "reading", "source-", "The source looks at itself"


def exhibits(result: Translation, chosen: Chosen) -> Sequence[Exhibit]:
    """One layer and head as a map."""
    return (itself(result, ROLE, chosen, NAME, TITLE),)


def choices(result: Translation) -> Sequence[Choice]:
    """Which layer and head."""
    return *place_choices(result, ROLE, NAME), merging()


VIEW = View(ROLE, TITLE, Translation, exhibits, choices, lambda result: bool(result.tape.of(ROLE)))
