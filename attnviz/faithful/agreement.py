"""How explanations agree with people: with the words they marked as reasons, and the masks of the things they saw."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from attnviz.data import masked
from attnviz.errors import DataError
from attnviz.explain.curves import Reals
from attnviz.explain.masks import coverage, in_part
from attnviz.explain.ranking import auc
from attnviz.faithful.hiding import hiding
from attnviz.faithful.methods import rankings
from attnviz.faithful.over_data import mean
from attnviz.nets import Net
from attnviz.predict import predict
from attnviz.scoring import predicted, seen

Agreed = dict[str, dict[str, Any]]
Case = Iterable[tuple[str, Reals, Reals]]  # method, (part,) strengths, and (part,) the share of each part that people marked


def with_words(model: Net, path: Path) -> Agreed:
    """Per method `agreement` with the words that people marked in a file of texts: the chance that a marked word is ranked before
    one that is not (area under the ROC curve), a mean over the `agreement_n` texts that have both, with its 95 % interval."""
    return _agreed(_of_text(model, *row) for row in rationales(path)) or _nothing(path, "words as they stand in their text")


def with_masks(model: Net, path: Path) -> Agreed:
    """The same with the masks of photos: the chance that a point on the object lies in a place that is ranked before that of a
    point off it, a mean over the photos whose object is a part of what the model sees."""
    return _agreed(_of_photo(model, one) for one in masked.folder(path)) or _nothing(path, "objects that are a part of their photo")


def _nothing(path: Path, cure: str) -> Agreed:
    raise DataError(f"nothing in {path} has both a marked part and another", f"mark {cure}")


def _agreed(cases: Iterable[Case]) -> Agreed:
    found: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        for method, strengths, marks in case:
            found[method].append(auc(strengths, marks))
    return {name: {**dict(mean("agreement", values)), "agreement_n": len(values)} for name, values in found.items()}


def _of_text(model: Net, text: str, words: tuple[str, ...]) -> Iterator[tuple[str, Reals, Reals]]:
    prediction = predict(model, text)
    hidden = hiding(model, prediction)
    marks = np.isin(np.char.lower(hidden.names), [word.lower() for word in words]).astype(np.float64)
    if 0 < marks.sum() < len(marks):
        yield from ((method, strengths, marks) for method, strengths in rankings(model, prediction, hidden))


def _of_photo(model: Net, one: masked.Masked) -> Iterator[tuple[str, Reals, Reals]]:
    prediction = predicted(model, one, "crop")
    hidden, box = hiding(model, prediction), seen(prediction, one)
    if hidden.grid is not None and in_part(one.mask, box):
        marks = coverage(one.mask, box, hidden.grid).ravel()
        yield from ((method, strengths, marks) for method, strengths in rankings(model, prediction, hidden))


def rationales(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """A file of JSON lines, `{"text": ..., "words": [...]}`: texts, and the words that people marked; DataError where it is not
    that."""
    try:
        rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(str(row["text"]), tuple(map(str, row["words"]))) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no file of marked words", 'give lines such as {"text": "a fine film", "words": ["fine"]}'
        ) from error
