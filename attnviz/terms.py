"""What the words mean that pages use: two sentences a term, in one table."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Term(NamedTuple):
    """`found`: a pattern of how it is written; `says`: two sentences for a bright newcomer."""

    found: str
    says: str


TERMS = {
    "layer": Term(
        r"layers?",
        "A layer is one step of the model: it reads what the layer before it wrote. Early layers often look at neighbours, later "
        "ones at what belongs together.",
    ),
    "head": Term(
        r"heads?",
        "Each layer looks in several ways at once, and each of them is a head. Heads learn to look at different things, and their "
        "mean is what they agree on.",
    ),
    "[CLS]": Term(
        r"(?:\[?CLS\]?|\[SEP\]|special tokens?)",
        "Special tokens such as [CLS] and [SEP] are put around every input: they are no part of it, and many a model decides from "
        "what [CLS] saw. Many heads rest on them where they find nothing to look at.",
    ),
    "sharpest": Term(
        r"sharp(?:est|ness)?",
        "A head is sharp where its words look decidedly at one word that is neither beside them, nor themselves, nor special. The "
        "number is the mean of these largest weights, from 0 to 1.",
    ),
    "rollout": Term(
        r"rollout",
        "Rollout follows a position back through all layers: it multiplies their weights, the mean of heads, with half of each "
        "position staying where it is. It is an estimate, for it leaves out what the layers do besides looking.",
    ),
    "gate": Term(
        r"gates?",
        "A gate is a number between 0 and 1 that what is found at a place is multiplied with: 1 lets it pass, 0 shuts it out. "
        "Gates are no shares: all can be open, and all can be shut.",
    ),
    "channel": Term(
        r"channels?",
        "A channel is one feature that the model looks for everywhere on the photo at once, an edge or a kind of fur. Its gate "
        "says how much of it goes on.",
    ),
    "weight": Term(
        r"weights?",
        "A weight is the share that a word or place has in what the model goes on with. All weights of one look together are 1, "
        "so one can only win what others lose.",
    ),
    "pick": Term(
        r"(?:pick(?:s|ed)?|odds)",
        "A pick is all or nothing: what is picked is seen in full, and of the rest nothing is. The odds say how likely each pick "
        "was.",
    ),
    "receipt": Term(
        r"receipts?",
        "A receipt says how the numbers of a map were had: recorded while the model ran, or worked out of what was recorded. It "
        "also says how far they are from the layer's own output, where that could be checked.",
    ),
}  # fmt: skip


def in_text(*texts: str) -> Iterator[str]:
    """The names of the terms that some texts use, in the table's order."""
    whole = " ".join(texts)
    return (name for name, term in TERMS.items() if re.search(rf"(?<!\w){term.found}(?!\w)", whole, re.IGNORECASE))
