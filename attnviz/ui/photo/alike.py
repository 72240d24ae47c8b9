"""Does it matter where? What the decision would be if the places of some layers were treated alike."""

from collections.abc import Sequence

import streamlit as st

from attnviz.intervene import changeable, intervene
from attnviz.maps import AttentionMap
from attnviz.predict import decide
from attnviz.results import PhotoResult
from attnviz.state import Choice, OnOff
from attnviz.ui import cache
from attnviz.ui.card import cards
from attnviz.ui.controls import control
from attnviz.ui.photo.given import Given
from attnviz.ui.state import State
from attnviz.views.changed import changed

ALIKE = Choice("alike", "Does it matter where? Set all gates shown to their mean", OnOff(), False)


def asked(state: State, result: PhotoResult, given: Given, maps: Sequence[AttentionMap]) -> None:
    """On request, for it is another pass of the model."""
    net = cache.model(result.card.name)
    layers = [m.layer for m in maps]
    if not result.ranked or not set(layers) <= set(changeable(net)):
        return
    wanted = state.take((ALIKE,))[ALIKE.name]
    control(state, ALIKE, wanted)
    if not wanted:
        return

    def look() -> PhotoResult:
        with intervene(net, {layer: lambda gates: gates.mean((1, 2), keepdim=True).expand_as(gates) for layer in layers}):
            return decide(net, result.encoded)

    with st.spinner("The model looks again"):
        again = cache.once((result.card.name, *given.key, "alike", *layers), look)
    cards(state, [changed(result, again, "With no place preferred")])
