"""How explanations fare over a data set: `attnviz faithful NAME --data DIR`."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from attnviz.data import cifar10, photos, sst
from attnviz.errors import CardError, DataError
from attnviz.explain.erasure import Kept, Reals, Trial
from attnviz.faithful.trials import tried
from attnviz.nets import Net
from attnviz.predict import predict

Figures = dict[str, Any]
SEED, DRAWS, LEVEL = 0, 2_000, 0.95


def faithful(model: Net, data: Path, count: int = 200, tell: Callable[[int], None] = lambda _: None) -> Figures:
    """Each method's figures over `count` inputs of the test split, drawn with a fixed seed; `tell` hears how many are done.

    Per method `comprehensiveness`, `sufficiency`, `random` (comprehensiveness of random orders), `auc_deletion`, `auc_insertion`,
    each a mean with its 95 % interval; `passed`, the share of inputs whose verdict is yes, among the `told` for which there is one.
    """
    if model.card.task not in INPUTS:
        known = ", ".join(INPUTS)
        raise CardError(f"{model.card.name} is for {model.card.task!r}, and decides nothing to explain", f"known are {known}")
    found: dict[str, list[Trial]] = defaultdict(list)
    for done, raw in enumerate(islice(INPUTS[model.card.task](data), count)):
        for one in tried(model, predict(model, raw), seed=done):
            found[one.method].append(one.trial)
        tell(done + 1)
    return {
        "n": min(count, max(map(len, found.values()), default=0)),
        "methods": {name: _figures(all_) for name, all_ in found.items()},
    }


def _figures(trials: Sequence[Trial]) -> Figures:
    told = [trial.passed for trial in trials if trial.passed is not None]
    columns = {
        "comprehensiveness": [trial.comprehensiveness for trial in trials],
        "sufficiency": [trial.sufficiency for trial in trials],
        "random": [float(trial.by_chance.mean()) for trial in trials],
        "auc_deletion": [trial.auc_deletion for trial in trials],
        "auc_insertion": [trial.auc_insertion for trial in trials],
        "passed": [float(passed) for passed in told],
    }
    return {key: value for name, values in columns.items() for key, value in _mean(name, values)} | {"told": len(told)}


def _mean(name: str, values: Sequence[float]) -> Iterator[tuple[str, Any]]:
    """The mean and its interval of 95 %, by drawing the inputs anew 2,000 times with a fixed seed (Efron, 1979)."""
    if not values:
        return
    table = np.array(values)
    draws = np.random.default_rng(SEED).integers(0, len(table), (DRAWS, len(table)))
    yield name, float(table.mean())
    yield f"{name}_interval", np.quantile(table[draws].mean(1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()


def _shuffled(count: int) -> list[int]:
    return np.random.default_rng(SEED).permutation(count).tolist()


def _sentences(data: Path) -> Iterator[Any]:
    examples = sst.sentences(data, "test")
    return (examples[i][0] for i in _shuffled(len(examples)))


def _cifar(data: Path) -> Iterator[Any]:
    images, _ = cifar10.read(data, "test")
    return (images[i] for i in _shuffled(len(images)))


def _photos(data: Path) -> Iterable[Any]:
    held_out = photos.split(data)["test"]
    return photos.read(data, [held_out[i] for i in _shuffled(len(held_out))])


INPUTS: dict[str, Callable[[Path], Iterable[Any]]] = {"sentiment": _sentences, "photo": _cifar, "things": _photos}


def marked_words(model: Net, path: Path) -> Figures:
    """Per method `agreement` with the words that people marked in a file of texts: the chance that a marked word is ranked before
    one that is not (area under the ROC curve), a mean over texts that have both, with its 95 % interval."""
    found: dict[str, list[float]] = defaultdict(list)
    for text, words in rationales(path):
        for one in tried(model, predict(model, text)):
            marks = np.isin(np.char.lower(one.names), [word.lower() for word in words])
            if 0 < marks.sum() < len(marks):
                found[one.method].append(auc(one.strengths, marks))
    if not found:
        raise DataError(f"no text of {path} has both marked words and others", "mark words as they stand in their text")
    return {name: {**dict(_mean("agreement", values)), "n": len(values)} for name, values in found.items()}


def auc(strengths: Reals, marks: Kept) -> float:
    """(part,) and booleans, some True and some not -> the chance that a marked part is the stronger; a tie counts half."""
    difference = strengths[marks][:, None] - strengths[~marks][None]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


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
