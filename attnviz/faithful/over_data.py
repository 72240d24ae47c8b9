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
from attnviz.explain.erasure import DRAWS, Trial
from attnviz.faithful.trials import tried
from attnviz.nets import Net
from attnviz.predict import predict

Figures = dict[str, Any]
SEED, RESAMPLES, LEVEL = 0, 2_000, 0.95


def faithful(
    model: Net, data: Path, count: int = 200, tell: Callable[[int], None] = lambda _: None, orders: int = DRAWS,
    keep: Path | None = None,
) -> Figures:  # fmt: skip
    """Each method's figures over `count` inputs of the test split, drawn with a fixed seed; `tell` hears how many are done.

    Per method `comprehensiveness`, `sufficiency`, `random` (comprehensiveness of random `orders`), `auc_deletion`,
    `auc_insertion`, each a mean with its 95 % interval; `passed`, the share of inputs whose verdict is yes, among the `told` for
    which there is one; `n`, of how many inputs the method had anything to say. What is found of each input is added to the file
    `keep`, so that a run that was interrupted goes on.
    """
    if model.card.task not in INPUTS:
        known = ", ".join(INPUTS)
        raise CardError(f"{model.card.name} is for {model.card.task!r}, and decides nothing to explain", f"known are {known}")
    rows = _kept(keep, count)
    for number, raw in enumerate(islice(INPUTS[model.card.task](data), len(rows), count), len(rows)):
        rows.append({one.method: figures_of(one.trial) for one in tried(model, predict(model, raw), seed=number, orders=orders)})
        if keep is not None:
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
        tell(len(rows))
    found: dict[str, list[Figures]] = defaultdict(list)
    for row in rows:
        for name, figures in row.items():
            found[name].append(figures)
    return {"n": len(rows), "orders": orders, "methods": {name: _figures(all_) for name, all_ in found.items()}}


def _kept(path: Path | None, count: int) -> list[dict[str, Figures]]:
    """What a run before this one found, input by input."""
    if path is None or not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:count]
    except (OSError, ValueError) as error:
        raise DataError(f"{path} holds no figures of inputs", "name another file with --keep") from error


def figures_of(trial: Trial) -> Figures:
    """Those of one input; `passed` is None where there is no verdict."""
    return {
        "comprehensiveness": trial.comprehensiveness, "sufficiency": trial.sufficiency, "random": float(trial.by_chance.mean()),
        "auc_deletion": trial.auc_deletion, "auc_insertion": trial.auc_insertion, "passed": trial.passed,
    }  # fmt: skip


def _figures(inputs: Sequence[Figures]) -> Figures:
    columns = {name: [float(one[name]) for one in inputs if one[name] is not None] for name in inputs[0]}
    figures = {key: value for name, values in columns.items() for key, value in mean(name, values)}
    return {**figures, "told": len(columns["passed"]), "n": len(inputs)}


def mean(name: str, values: Sequence[float]) -> Iterator[tuple[str, Any]]:
    """The mean and its interval of 95 %, by drawing the inputs anew 2,000 times with a fixed seed (Efron, 1979)."""
    if not values:
        return
    table = np.array(values)
    draws = np.random.default_rng(SEED).integers(0, len(table), (RESAMPLES, len(table)))
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


INPUTS: dict[str, Callable[[Path], Iterable[Any]]] = {
    "sentiment": _sentences, "photo": _cifar, "things": _photos, "thousand": _photos,
}  # fmt: skip
