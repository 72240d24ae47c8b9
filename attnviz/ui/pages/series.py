"""The Series page: a series, how the model goes on with it, and which past steps it looked at."""

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.ui import cache, say, widgets
from attnviz.ui.series import given as inputs
from attnviz.ui.series.view import looked_at

DEFAULTS = {"series-model": None, **inputs.DEFAULTS}


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    widgets.remember(DEFAULTS)
    widgets.head("Where does it look in a series?")
    card = widgets.pick_model("series")
    if card is None:
        return
    try:
        chosen = inputs.given(card)
    except AttnvizError as error:
        say.error(error)
        return
    finally:
        widgets.keep(DEFAULTS)
    if chosen is None:
        st.info("Choose a file, or go back to a sample.")
        return
    options = {"column": chosen.column, "dates": chosen.dates, "hold_back": chosen.hold_back}
    prediction, fresh = widgets.attempt(lambda: cache.series(card.name, chosen.about, chosen.table, **options), card.name)
    if prediction is None:
        return
    if fresh:
        widgets.notes(prediction.encoded.notes)
        inputs.left_out(chosen.table)
    looked_at(prediction)
