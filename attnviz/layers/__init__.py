"""Attention layers, one mechanism a file; each opens a probe on its weights."""

from attnviz.layers.cbam import CBAM, ChannelGate, SpatialGate

__all__ = ["CBAM", "ChannelGate", "SpatialGate"]
