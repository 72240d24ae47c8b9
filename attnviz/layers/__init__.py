"""Attention layers, one mechanism a file; each opens a probe on its weights."""

from attnviz.layers.cbam import CBAM, ChannelGate, SpatialGate
from attnviz.layers.hard import HardChoice, HardPicks
from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.pooling import ContextPooling, StepPooling
from attnviz.layers.scores import SCORES

__all__ = [
    "CBAM",
    "SCORES",
    "ChannelGate",
    "ContextPooling",
    "HardChoice",
    "HardPicks",
    "SpatialGate",
    "StepPooling",
    "masked_softmax",
]
