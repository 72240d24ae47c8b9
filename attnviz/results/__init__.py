"""What a model made of one input, by kind: each result says what went in, what was decided, and where was looked."""

from collections.abc import Callable

from attnviz.encode import EncodedImage, EncodedSeries, EncodedText
from attnviz.results.base import Outcome, Prediction, Result, Run
from attnviz.results.photo import PhotoResult
from attnviz.results.samples import Samples
from attnviz.results.series import SeriesResult
from attnviz.results.text import START, TextResult
from attnviz.results.translation import Alternative, Translation

# How a pass of a model becomes a result, by what went in.
MADE: dict[type, Callable[[Run], Result]] = {
    EncodedText: TextResult.of,
    EncodedImage: PhotoResult.of,
    EncodedSeries: SeriesResult.of,
}

__all__ = [
    "MADE",
    "START",
    "Alternative",
    "Outcome",
    "PhotoResult",
    "Prediction",
    "Result",
    "Run",
    "Samples",
    "SeriesResult",
    "TextResult",
    "Translation",
]
