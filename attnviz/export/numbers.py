"""The numbers of maps as files: .csv for a table, .json for a text with everything, .npz for arrays."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from attnviz.errors import MapTooLarge
from attnviz.maps import AttentionMap
from attnviz.results import Outcome

JSON_LIMIT = 1 << 24
CSV_LIMIT = 1 << 20  # what a spreadsheet opens
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet works out what begins so


def count(maps: Sequence[AttentionMap]) -> int:
    """How many numbers maps have together."""
    return sum(int(np.prod(m.shape)) for m in maps)


def as_json(maps: Sequence[AttentionMap], result: Outcome | Mapping[str, Any]) -> bytes:
    """Everything about a result and the chosen maps, weights as nested lists; MapTooLarge above what such a text can hold."""
    _fitting(maps, "json", JSON_LIMIT)
    return json.dumps({**summary(result), "maps": [_described(m) for m in maps]}, ensure_ascii=False).encode()


def as_npz(maps: Sequence[AttentionMap], result: Outcome | Mapping[str, Any]) -> bytes:
    """One float32 array a layer under the layer's name, and `meta`, a JSON text with the rest."""
    meta = {**summary(result), "maps": [{**_described(m), "weights": None} for m in maps]}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps(meta, ensure_ascii=False)), **{m.layer: m.dense() for m in maps})  # type: ignore[arg-type]
    return buffer.getvalue()


def as_csv(maps: Sequence[AttentionMap], result: Outcome | Mapping[str, Any]) -> bytes:  # noqa: ARG001  (all are handed the same)
    """A table with a row for each number: its layer, its place on each axis by number and name, and the weight to 9 digits.

    Nine digits are every bit of a float32. A name that a spreadsheet would take for a formula begins with an apostrophe.
    MapTooLarge above what a spreadsheet opens.
    """
    _fitting(maps, "csv", CSV_LIMIT)
    axes = list(dict.fromkeys(axis for m in maps for axis in (*(["head"] if m.of_head is not None else []), *m.axes)))
    named = [axis for axis in axes if any(m.labels.get(axis) for m in maps)]
    columns = [column for axis in axes for column in ((axis, f"{axis} name") if axis in named else (axis,))]
    text = io.StringIO()
    table = csv.DictWriter(text, ["layer", *columns, "weight"], restval="", lineterminator="\r\n")
    table.writeheader()
    for m in maps:
        table.writerows(_rows(m, named))
    return text.getvalue().encode()


def _rows(m: AttentionMap, named: Sequence[str]) -> Iterator[dict[str, object]]:
    """One for each number of a map."""
    whole = {"layer": m.layer, **({} if m.of_head is None else {"head": m.of_head})}
    names = {axis: [_text(name) for name in m.labels[axis]] for axis in m.axes if axis in named and m.labels.get(axis)}
    for place, weight in np.ndenumerate(m.dense()):
        at = dict(zip(m.axes, place, strict=True))
        yield {**whole, **at, **{f"{axis} name": name[at[axis]] for axis, name in names.items()}, "weight": f"{weight:.9g}"}


def _text(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name


def _fitting(maps: Sequence[AttentionMap], kind: str, most: int) -> None:
    if (numbers := count(maps)) > most:
        raise MapTooLarge(
            f"{numbers:,} weights are too many for .{kind}, the limit is {most:,}",
            "write .npz, or a part with --rows and --columns",
        )


def summary(result: Outcome | Mapping[str, Any]) -> dict[str, Any]:
    """Model, what was decided, what went in, and seconds; what is such a summary stays as it is."""
    if isinstance(result, Mapping):
        return dict(result)
    return {**result.maker, **result.answer, "seconds": result.seconds, "notes": list(result.notes), **result.given}


def _described(m: AttentionMap) -> dict[str, Any]:
    return {
        "layer": m.layer, "head": m.of_head, "kind": m.kind, "mechanism": m.mechanism, "norm": m.norm, "promise": m.promise,
        "axes": list(m.axes), "shape": list(m.shape), "labels": {axis: list(names) for axis, names in m.labels.items()},
        "notes": list(m.notes), "receipt": asdict(m.receipt) if m.receipt else None, "weights": m.dense().tolist(),
    }  # fmt: skip


# How the numbers of some maps of a result are written, by the ending of the file.
NUMBERS: dict[str, Callable[[Sequence[AttentionMap], Outcome | Mapping[str, Any]], bytes]] = {
    "csv": as_csv, "json": as_json, "npz": as_npz,
}  # fmt: skip
