"""A text asked again: without some of its words, and with some heads of the model switched off."""

from collections.abc import Collection
from dataclasses import replace

from attnviz.encode.hidden import without_words
from attnviz.errors import InputError
from attnviz.inside.switched import Head, switched_off
from attnviz.predict import decide
from attnviz.results import TextResult


def asked(base: TextResult, hidden: Collection[int] = (), off: Collection[Head] = ()) -> TextResult:
    """What the model of a result says without these words, counted from 0, and without these heads, (layer, head).

    Decision and maps follow. The heads that matter stay those of `base`; with heads switched off nothing further is asked of the
    net, which alone would answer with all of them. InputError for words or heads that are not there.
    """
    net, layers = base.net, base.layers
    if net is None or not (hidden or off):
        return base
    if not all(0 <= layer < len(layers) and 0 <= head < layers[layer].size("head") for layer, head in off):
        raise InputError("there are no such heads to switch off", f"{base.card.name} has {len(layers)} layers with heads")
    encoded = without_words(base.encoded, hidden)
    found = decide(net, encoded, seed=base.seed, within=switched_off(frozenset(off), len(layers)) if off else None)
    return replace(found, hidden=tuple(sorted(hidden)), off=tuple(sorted(off)), net=None if off else net, whole=base)
