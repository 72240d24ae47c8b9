"""What the page says of Keras, against the real Keras."""

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from attnviz.mechanisms import MECHANISMS, Mechanism, find
from attnviz.state import OneOf, Real, Whole
from tests.mechanisms.making import in_keras, inputs

# which map holds what the code calls by this name
SHOWN_BY = {"weights": 0, "gate": 0, "odds": 1, "soft": 1}
CANNOT = [mechanism.name for mechanism in MECHANISMS if mechanism.keras.relation == "cannot"]


def other_values(mechanism: Mechanism) -> dict[str, Any]:
    """A value other than the first for every choice."""
    values: dict[str, Any] = {}
    for choice in mechanism.choices:
        match choice.allowed:
            case Real(low=low, high=high, step=step):
                middle = low + step * ((high - low) / step // 3)
                values[choice.name] = middle if middle != choice.default else low + step
            case Whole(low=low, high=high):
                middle = low + (high - low) // 3
                values[choice.name] = middle if middle != choice.default else low + 1
            case OneOf(values=options):
                values[choice.name] = options[-1] if options[-1] != choice.default else options[0]
            case _:
                values[choice.name] = not choice.default
    return values


@pytest.mark.parametrize("moved", [False, True], ids=["at-first", "moved"])
@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_the_code_on_the_page_gives_the_layers_numbers(keras: ModuleType, mechanism: Mechanism, moved: bool) -> None:
    shown = mechanism.run(inputs(mechanism.input, seed=moved), **(other_values(mechanism) if moved else {}))
    found = in_keras(keras, mechanism, shown)
    np.testing.assert_allclose(found["output"], shown.output, atol=1e-5)
    for name, numbers in found.items():
        if name != "output":
            ours = shown.maps[SHOWN_BY[name]].dense()
            np.testing.assert_allclose(numbers.reshape(ours.shape), ours, atol=1e-5)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_the_code_calls_the_layer_that_the_page_names(mechanism: Mechanism) -> None:
    answer = mechanism.keras
    if answer.relation == "cannot":
        assert "Attention(" not in answer.call
    else:
        assert f"keras.layers.{answer.layer}(" in answer.call
        assert answer.call.count("Attention(") == 1


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_is_takes_the_layers_own_inputs(mechanism: Mechanism) -> None:
    """Where something is prepared before the call it only follows; a temperature is no part of the mechanism itself."""
    if mechanism.keras.relation != "is":
        return
    call = mechanism.keras.call.replace(" / temperature", "")
    taken = call.split("output, weights = ")[1].split("(", 1 if "layer(" in call else 2)[-1]
    assert not {"@", "*", "/", "np."} & set(taken.replace("(", " ").split()), taken


def keras_layers(keras: ModuleType) -> list[str]:
    return [name for name in dir(keras.layers) if "Attention" in name]


def test_keras_has_three_attention_layers_and_since_version_3_a_fourth(keras: ModuleType) -> None:
    assert keras_layers(keras) == ["AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention"]
    named = {mechanism.keras.layer for mechanism in MECHANISMS} - {""}
    assert named == set(keras_layers(keras))


X = np.random.default_rng(0).normal(size=(1, 6, 8)).astype(np.float32)


def keras_weights(keras: ModuleType) -> list[tuple[np.ndarray, np.ndarray]]:
    """The weights of every attention layer of Keras on one input, in two calls of the same layer."""
    made = {"GroupQueryAttention": (4, 2, 1), "MultiHeadAttention": (2, 4)}
    found = []
    for name in keras_layers(keras):
        layer = getattr(keras.layers, name)(*made.get(name, ()))
        arguments = (X, X) if name in made else ([X, X],)
        first, second = (layer(*arguments, return_attention_scores=True)[1].detach().cpu().numpy() for _ in range(2))
        found.append((first, second))
    return found


def test_rows_of_keras_sum_to_1_and_those_of_local_p_do_not(keras: ModuleType) -> None:
    for weights, _ in keras_weights(keras):
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    sums = find("local-p").run(inputs("query-key")).maps[0].dense().sum(-1)
    assert (sums < 0.99).any()


def test_keras_draws_nothing_and_mixes_all_values(keras: ModuleType) -> None:
    for first, second in keras_weights(keras):
        assert (first > 0).all()
        np.testing.assert_array_equal(first, second)
    for name in ("categorical", "gumbel"):
        picked = find(name).run(inputs("query-key-value")).maps[0]
        assert picked.norm == "onehot"
        assert set(np.unique(picked.dense())) == {0, 1}
    picks = find("bernoulli").run(inputs("x")).maps[0]
    assert picks.norm == "binary"
    assert picks.dense().sum() != 1
    drawn = [find("categorical").run(inputs("query-key-value"), draw=seed).maps[0].dense() for seed in range(5)]
    assert any(not np.array_equal(drawn[0], other) for other in drawn[1:])


def test_no_argument_of_keras_speaks_of_temperature_gates_of_channels_noise_or_a_gaussian(keras: ModuleType) -> None:
    words = ("temperature", "gumbel", "noise", "sample", "gauss", "centre", "center", "sigmoid", "channel", "position", "rotary")
    for name in keras_layers(keras):
        layer = getattr(keras.layers, name)
        arguments = {*inspect.signature(layer.__init__).parameters, *inspect.signature(layer.call).parameters}
        assert not [argument for argument in arguments if any(word in argument for word in words)], name


def test_gates_share_nothing() -> None:
    """Gates of a map have any sum; rows of Keras have 1, see above."""
    given = inputs("feature-map")
    for name in ("squeeze-excitation", "eca", "cbam-channel", "cbam-spatial"):
        assert name in CANNOT
        gates = find(name).run(given).maps[0]
        assert gates.norm == "sigmoid"
        assert abs(gates.dense().sum() - 1) > 0.1


def test_every_cannot_has_its_fact_here() -> None:
    facts = {"local-p", "categorical", "bernoulli", "gumbel", "squeeze-excitation", "eca", "cbam-channel", "cbam-spatial"}
    assert set(CANNOT) == facts


def test_all_keys_hidden_gives_zeros_here_and_equal_shares_in_keras(keras: ModuleType) -> None:
    mechanism = find("masked-softmax")
    shown = mechanism.run(inputs("query-key-value"), hidden=7)
    assert (shown.maps[0].dense() == 0).all()
    assert (shown.output == 0).all()
    nothing = np.zeros((1, 6), bool)
    weights = keras.layers.Attention()([X, X], mask=[None, nothing], return_attention_scores=True)[1].detach().cpu().numpy()
    np.testing.assert_allclose(weights, 1 / 6, atol=1e-5)


def test_keras_gives_a_small_temperature_no_argument_but_its_one_scale_can_hold_it(keras: ModuleType) -> None:
    layer = keras.layers.Attention(use_scale=True)
    layer.build([X.shape, X.shape])
    layer.set_weights([np.array(1 / (0.3 * np.sqrt(8)))])
    weights = layer([X, X], return_attention_scores=True)[1].detach().cpu().numpy()
    scores = X[0] @ X[0].T / (0.3 * np.sqrt(8))
    np.testing.assert_allclose(weights[0], torch.tensor(scores).softmax(-1).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["grouped-query", "multi-query"])
def test_multi_head_does_groups_with_kernels_repeated(keras: ModuleType, name: str) -> None:
    shown = find(name).run(inputs("x"))
    names = shown.names
    learned = list(names["learned"])
    for i in (2, 3, 4, 5):  # kernel and bias of keys and of values
        learned[i] = np.repeat(learned[i], names["heads"] // names["groups"], axis=-2)
    layer = keras.layers.MultiHeadAttention(names["heads"], names["features"])
    layer.build(names["x"].shape, names["x"].shape)
    layer.set_weights(learned)
    output, weights = layer(names["x"], names["x"], return_attention_scores=True)
    np.testing.assert_allclose(output[0].detach().cpu(), shown.output, atol=1e-5)
    np.testing.assert_allclose(weights[0].detach().cpu(), shown.maps[0].dense(), atol=1e-5)


def test_attention_mask_does_the_window_where_sliding_window_is_not_known(keras: ModuleType) -> None:
    shown = find("sliding-window").run(inputs("x"), reach=1, causal=True)
    names, places = shown.names, np.arange(5)
    later = places - places[:, None]
    layer = keras.layers.MultiHeadAttention(names["heads"], names["features"])
    layer.build(names["x"].shape, names["x"].shape)
    layer.set_weights(names["learned"])
    mask = ((later <= 0) & (later >= -1))[None]
    np.testing.assert_allclose(layer(names["x"], names["x"], attention_mask=mask)[0].detach().cpu(), shown.output, atol=1e-5)
