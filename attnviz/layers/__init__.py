"""Attention layers, one mechanism a file; each opens a probe on its weights."""

from attnviz.layers.cbam import CBAM, ChannelGate, SpatialGate
from attnviz.layers.eca import ECA
from attnviz.layers.hard import HardChoice, HardPicks
from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.non_local import NonLocal
from attnviz.layers.pooling import ContextPooling, StepPooling
from attnviz.layers.scores import SCORES
from attnviz.layers.squeeze_excitation import SqueezeExcitation

__all__ = [
    "CBAM",
    "ECA",
    "SCORES",
    "ChannelGate",
    "ContextPooling",
    "HardChoice",
    "HardPicks",
    "NonLocal",
    "SpatialGate",
    "SqueezeExcitation",
    "StepPooling",
    "masked_softmax",
]
