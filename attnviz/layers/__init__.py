"""Attention layers, one mechanism a file; each opens a probe on its weights."""

from attnviz.layers.additive_self import AdditiveSelf
from attnviz.layers.attend import Attend
from attnviz.layers.bam import ChannelBranch, SpatialBranch
from attnviz.layers.cbam import CBAM, ChannelGate, SpatialGate
from attnviz.layers.eca import ECA
from attnviz.layers.evidence_heads import EvidenceHeads
from attnviz.layers.feature import FeatureAttention
from attnviz.layers.hard import HardChoice, HardPicks
from attnviz.layers.hard_patches import PatchPicks
from attnviz.layers.kernel_regression import KernelRegression
from attnviz.layers.latent import Latent
from attnviz.layers.low_rank import LowRank
from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.multi_head import MultiHead
from attnviz.layers.non_local import NonLocal
from attnviz.layers.place_pooling import PlacePooling
from attnviz.layers.plain_self import PlainSelf
from attnviz.layers.pooling import ContextPooling, StepPooling
from attnviz.layers.scores import SCORES
from attnviz.layers.squeeze_excitation import SqueezeExcitation

__all__ = [
    "CBAM",
    "ECA",
    "SCORES",
    "AdditiveSelf",
    "Attend",
    "ChannelBranch",
    "ChannelGate",
    "ContextPooling",
    "EvidenceHeads",
    "FeatureAttention",
    "HardChoice",
    "HardPicks",
    "KernelRegression",
    "Latent",
    "LowRank",
    "MultiHead",
    "NonLocal",
    "PatchPicks",
    "PlacePooling",
    "PlainSelf",
    "SpatialBranch",
    "SpatialGate",
    "SqueezeExcitation",
    "StepPooling",
    "masked_softmax",
]
