"""Every mechanism of attention that attnviz knows: what it is, where it comes from, and how to run it on a small input."""

from attnviz.mechanisms.encoder_decoder import ENCODER_DECODER
from attnviz.mechanisms.gates import GATES
from attnviz.mechanisms.hard import HARD
from attnviz.mechanisms.inputs import FeatureMap, Inputs, Points, Vectors, matrix, of_sentence, typed, written
from attnviz.mechanisms.kernel import KERNEL
from attnviz.mechanisms.mechanism import KerasAnswer, Mechanism, Paper, Shown
from attnviz.mechanisms.pooling import POOLING
from attnviz.mechanisms.scoring import SCORING
from attnviz.mechanisms.self_attention import SELF

MECHANISMS: tuple[Mechanism, ...] = (*KERNEL, *SCORING, *ENCODER_DECODER, *HARD, *POOLING, *SELF, *GATES)


def find(name: str) -> Mechanism:
    """The mechanism of this name; KeyError where there is none."""
    return {mechanism.name: mechanism for mechanism in MECHANISMS}[name]


__all__ = [
    "MECHANISMS",
    "FeatureMap",
    "Inputs",
    "KerasAnswer",
    "Mechanism",
    "Paper",
    "Points",
    "Shown",
    "Vectors",
    "find",
    "matrix",
    "of_sentence",
    "typed",
    "written",
]
