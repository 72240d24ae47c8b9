"""attnviz: see where a model looks."""

from attnviz import plot
from attnviz.cards import ModelCard, all_cards, find_card
from attnviz.intervene import intervene
from attnviz.load import load
from attnviz.maps import AttentionMap, Receipt
from attnviz.predict import Prediction, predict
from attnviz.probe import Probe
from attnviz.record import Tape, record
from attnviz.translate import Translation, translate

__version__ = "0.1.0"

__all__ = [
    "AttentionMap",
    "ModelCard",
    "Prediction",
    "Probe",
    "Receipt",
    "Tape",
    "Translation",
    "all_cards",
    "find_card",
    "intervene",
    "load",
    "plot",
    "predict",
    "record",
    "translate",
]
