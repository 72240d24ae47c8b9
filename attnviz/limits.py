"""What is refused before anything is computed: every limit with its unit, what it guards, and the variable that changes it."""

import os
from dataclasses import dataclass, field, fields
from typing import Any

from attnviz.errors import InputError

PREFIX = "ATTNVIZ_MAX_"


def _limit(default: int, unit: str, guards: str) -> Any:
    return field(default=default, metadata={"unit": unit, "guards": guards})


@dataclass(frozen=True)
class Limits:
    """One number each; ATTNVIZ_MAX_ and the name in capitals is the variable that sets another, as ATTNVIZ_MAX_PHOTO_BYTES."""

    text_tokens: int = _limit(32_768, "tokens", "memory: maps grow with the square of it")
    text_characters: int = _limit(100_000, "characters", "time to clean and cut a text, for models of few tokens")
    token_characters: int = _limit(12, "characters", "the same for each token of models that take many")
    text_marks: int = _limit(30, "combining marks in a row", "time: normalising takes the square of it")
    photo_bytes: int = _limit(20_000_000, "bytes", "memory and time to decode")
    photo_megapixels: int = _limit(50, "megapixels", "memory of a decoded photo")
    photo_parts: int = _limit(20_000, "chunks, segments or blocks in a file", "time to walk through them")
    photo_scans: int = _limit(800, "megapixels times scans", "time to decode a progressive JPEG")
    photo_remarks: int = _limit(8_000_000, "bytes", "memory of what a photo's file holds beside its pixels")
    series_bytes: int = _limit(10_000_000, "bytes", "time to read a CSV file")
    series_rows: int = _limit(100_000, "rows", "the same")
    series_columns: int = _limit(200, "columns", "the same")
    series_cells: int = _limit(1_000_000, "cells", "the same")
    series_line: int = _limit(200_000, "characters in a line", "the same")
    series_steps: int = _limit(200_000, "steps", "memory, after missing ones were put in")
    card_bytes: int = _limit(1_000_000, "bytes", "time to read a card")
    card_depth: int = _limit(8, "tables within tables", "the reader's stack")
    config_number: int = _limit(1_000_000, "in a net's config", "memory of a net that nobody has seen")
    config_layers: int = _limit(512, "layers, blocks or heads in a net's config", "time to make them")
    session_bytes: int = _limit(64_000_000, "bytes", "memory of a session that somebody opens, packed and unpacked")
    config_json_bytes: int = _limit(64_000_000, "bytes", "memory of a JSON file beside the weights")
    results_kept: int = _limit(200, "results of all visitors", "memory: those asked for longest are forgotten")
    results_bytes: int = _limit(1 << 30, "bytes of arrays in them", "the same")
    models_loaded: int = _limit(8, "models", "memory: the one asked for longest is forgotten")
    at_once: int = _limit(2, "computations at once for each model", "time: what shares a core takes twice as long")
    waiting: int = _limit(64, "visitors in line for each model", "patience: who comes then is told to come back")
    decode_seconds: int = _limit(20, "seconds to decode a photo", "the server: the process that decodes is ended")
    decode_bytes: int = _limit(1 << 30, "bytes to decode a photo", "the same")
    warm_photos: int = _limit(2, "processes that decode photos", "memory: each takes some")


def read_limits(environment: dict[str, str] | None = None) -> Limits:
    """The limits as the environment sets them; InputError where a variable is no whole number above 0."""
    given = os.environ if environment is None else environment
    changed: dict[str, int] = {}
    for each in fields(Limits):
        name = PREFIX + each.name.upper()
        if name in given:
            if not given[name].isdecimal() or int(given[name]) < 1:
                raise InputError(f"the variable {name} is {given[name][:30]!r}", "set it to a whole number above 0")
            changed[each.name] = int(given[name])
    return Limits(**changed)


def about(limits: Limits) -> list[tuple[str, int, str, str]]:
    """Variable, value, unit and what it guards, for a page or a manual."""
    return [
        (PREFIX + each.name.upper(), int(getattr(limits, each.name)), each.metadata["unit"], each.metadata["guards"])
        for each in fields(Limits)
    ]


LIMITS = read_limits()
