"""Whether a map explains the decision: asked for below it, and worked out only then, for each input anew."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.errors import AttnvizError
from attnviz.explain.erasure import Chance
from attnviz.explain.ranking import ranks, standard
from attnviz.faithful import Tried, hiding, table
from attnviz.faithful.hiding import Hiding
from attnviz.faithful.methods import METHODS, rankings
from attnviz.faithful.shown import of_parts
from attnviz.faithful.trials import luck_of, one_tried
from attnviz.inside.lens import after_layers, stack_of
from attnviz.nets import Net
from attnviz.progress import telling
from attnviz.results import Prediction, Result
from attnviz.state import Choice, OnOff
from attnviz.ui import say, widgets
from attnviz.ui.controls import held_at
from attnviz.ui.reading import listening
from attnviz.ui.state import State
from attnviz.weights import Floats

ASKED = Choice("tried", "Does this map explain the decision?", OnOff(), False)
CURVES = Choice("curves", "Show what is said while parts go, and while they come", OnOff(), False)
PASSED = {True: "yes", False: "no", None: "cannot be told"}
MEANING = (
    "The {parts} that a method names first are hidden from the model, and as many at random: a map explains a decision where its "
    "{parts} move it further than 95 % of random choices do."
)
HEADER = "| explanation | moves it by | random {parts} | explains it | agrees with the map |"

Said = tuple[str, Floats]  # the name of a map, and what it says of each token, place or step


def verdict(state: State, result: Result, shown: Sequence[Said] = ()) -> None:
    """A button; then what hiding parts says of the maps in sight, of all other explanations, and what a data set says of them."""
    asked = state.take((ASKED,))[ASKED.name]
    if result.net is None or (isinstance(result, Prediction) and not result.ranked):
        return
    st.subheader("Is that a reason?", anchor=False)
    if not asked:
        help_ = MEANING.format(parts="parts of the input")
        st.button(ASKED.label, key=state.key(ASKED), on_click=state.put, args=(ASKED, True), help=help_)
        return
    try:
        _told(state, result, result.net, shown)
    except AttnvizError as error:
        say.error(error)


def _told(state: State, result: Result, net: Net, shown: Sequence[Said]) -> None:
    place = st.container()
    with listening():
        hidden, luck = result.once("luck", lambda: _luck(result, net))
        in_sight = [found for name, weights in shown if (found := _of_map(result, name, weights, hidden, luck)) is not None]
    with place:
        for one in in_sight:
            say.markdown(f"{one.method[0].upper()}{one.method[1:]}: {one.verdict}")
    with listening():
        methods = result.once("tried", lambda: _work(result, net, hidden, luck))
    first = (in_sight or methods)[0]
    with place:
        if not in_sight:
            say.markdown(f"{first.method[0].upper()}{first.method[1:]}: {first.verdict}")
    if first.trial.random.size:  # else there are too few parts for any method, as the sentence says
        _table([*in_sight, *methods], first, hidden)
        _curves(state, first, hidden)
    _layers(result)
    _quote(result)


def _luck(result: Result, net: Net) -> tuple[Hiding, Chance]:
    hidden = hiding(net, result)
    return hidden, luck_of(hidden)


def _of_map(result: Result, name: str, weights: Floats, hidden: Hiding, luck: Chance) -> Tried | None:
    strengths = of_parts(result, weights, hidden)
    return None if strengths is None else result.once(("tried", name), lambda: one_tried(name, strengths, hidden, luck, looks=True))


def _work(result: Result, net: Net, hidden: Hiding, luck: Chance) -> list[Tried]:
    tell, found = telling("Asks every other explanation"), []
    for method, strengths in rankings(net, result, hidden):
        found.append(one_tried(method, strengths, hidden, luck))
        tell(min(1.0, len(found) / (len(METHODS) + 3)))
    return found


def _table(found: Sequence[Tried], first: Tried, hidden: Hiding) -> None:
    """All explanations on this input, the map in sight first; agreement is the rank correlation (Spearman)."""
    mine = standard(ranks(first.strengths))
    rows = [
        f"| {say.literal(one.method)} | {one.trial.moved:.3f} | {one.trial.random.mean():.3f} | {PASSED[one.trial.passed]} "
        f"| {float(mine @ standard(ranks(one.strengths))):.2f} |"
        for one in found
    ]
    st.markdown("\n".join([HEADER.format(parts=hidden.parts), "|---|---|---|---|---|", *rows]))
    st.caption(MEANING.format(parts=hidden.parts))


def _curves(state: State, one: Tried, hidden: Hiding) -> None:
    wanted = state.take((CURVES,))[CURVES.name]
    key = state.key(CURVES)
    held_at(key, wanted)
    st.toggle(CURVES.label, key=key, on_change=lambda: state.put(CURVES, st.session_state[key]))
    if not wanted:
        return
    with listening():
        by_chance = one.trial.luck.curves
        figure = plot.curves((one.trial.deleted, by_chance.deleted), (one.trial.inserted, by_chance.inserted), hidden.parts)
    low, high = np.quantile(one.trial.by_chance, [0.025, 0.975])
    widgets.chart(figure, f"{state.page}-curves-figure")
    say.caption(
        f"Of {one.method}. Hiding its strongest 10, 20 and 50 % takes {one.trial.comprehensiveness:.3f} on average "
        f"(comprehensiveness; random orders {low:.3f} to {high:.3f}), keeping nothing else takes {one.trial.sufficiency:.3f} "
        f"(sufficiency). Areas: {one.trial.auc_deletion:.3f} and {one.trial.auc_insertion:.3f}. Grey: 95 % of "
        f"{len(one.trial.by_chance)} random orders."
    )


def _layers(result: Result) -> None:
    """The decision after each layer of a net of self-attention."""
    if not isinstance(result, Prediction) or result.net is None or len(result.layers) < max(2, len(result.tape)):
        return
    said = result.once("after layers", lambda: _after_layers(result))
    if said:
        numbers = ", ".join(f"{value:.3f}" for value in said)
        say.caption(f"Were the layers behind it left out, “{result.decision}” would have, after layer 0 and on: {numbers}.")


def _after_layers(result: Prediction) -> list[float]:
    net, label = result.net, str(result.decision)
    if net is None or (stack := stack_of(result.tape.layers, net)) is None:
        return []
    outputs = after_layers(net, result.encoded.tensors, stack)
    return [net.decide(each, result.encoded).probabilities.get(label, 0.0) for each in outputs]


def _quote(result: Result) -> None:
    """What is known of the first method over many inputs."""
    if (found := table.read(result.card)) is None:
        return
    name, figures = next(iter(found["methods"].items()))
    low, high = figures["comprehensiveness_interval"]
    passed = f", and {figures['passed']:.0%} of {figures['told']} verdicts say yes" if figures.get("told") else ""
    say.caption(
        f"Over {figures['n']} inputs of the test split, {name} of {result.card.name} has a comprehensiveness of "
        f"{figures['comprehensiveness']:.3f} ({low:.3f} to {high:.3f}), random orders {figures['random']:.3f}{passed}. "
        "All methods stand on the page Which maps explain?"
    )
