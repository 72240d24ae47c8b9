"""attnviz: see where a model looks.

Names are imported when they are first asked for: `import attnviz` costs nothing, and `record` needs torch and NumPy alone.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from attnviz.extras import lazily

if TYPE_CHECKING:
    from attnviz import plot
    from attnviz.cards import ModelCard, all_cards, find_card
    from attnviz.intervene import intervene
    from attnviz.load import load
    from attnviz.maps import AttentionMap, Receipt
    from attnviz.notebook import show
    from attnviz.predict import predict
    from attnviz.probe import Probe
    from attnviz.record import Tape, record
    from attnviz.results import PhotoResult, Prediction, Result, SeriesResult, TextResult, Translation
    from attnviz.translate import translate

__version__ = "0.1.0"

__all__ = [
    "AttentionMap",
    "ModelCard",
    "PhotoResult",
    "Prediction",
    "Probe",
    "Receipt",
    "Result",
    "SeriesResult",
    "Tape",
    "TextResult",
    "Translation",
    "all_cards",
    "find_card",
    "intervene",
    "load",
    "plot",
    "predict",
    "record",
    "show",
    "translate",
]

NAMES = {
    "AttentionMap": "attnviz.maps:AttentionMap",
    "ModelCard": "attnviz.cards:ModelCard",
    "PhotoResult": "attnviz.results:PhotoResult",
    "Prediction": "attnviz.results:Prediction",
    "Probe": "attnviz.probe:Probe",
    "Receipt": "attnviz.maps:Receipt",
    "Result": "attnviz.results:Result",
    "SeriesResult": "attnviz.results:SeriesResult",
    "Tape": "attnviz.record:Tape",
    "TextResult": "attnviz.results:TextResult",
    "Translation": "attnviz.results:Translation",
    "all_cards": "attnviz.cards:all_cards",
    "find_card": "attnviz.cards:find_card",
    "intervene": "attnviz.intervene:intervene",
    "load": "attnviz.load:load",
    "plot": "attnviz.plot:",
    "predict": "attnviz.predict:predict",
    "record": "attnviz.record:record",
    "show": "attnviz.notebook:show",
    "translate": "attnviz.translate:translate",
}
__getattr__ = lazily(globals(), NAMES)


class _Package(ModuleType):
    """Python sets a submodule on its package once it is imported; one with a public name of its own gives that name instead."""

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})

    def __setattr__(self, name: str, value: Any) -> None:
        whole = not isinstance(value, ModuleType) or NAMES.get(name) != f"{__name__}.{name}:{name}"
        super().__setattr__(name, value if whole else getattr(value, name))


sys.modules[__name__].__class__ = _Package
