"""Attention pooling against its formulas, written out again in NumPy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import record
from attnviz.layers.pooling import ContextPooling, StepPooling

X = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(0))
LENGTHS = np.array([5, 2, 0])
MASK = torch.from_numpy(np.arange(5) < LENGTHS[:, None])


def softmax(scores: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def numbers(layer: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.double().numpy() for name, value in layer.state_dict().items()}


def said(layer: nn.Module, mask: torch.Tensor | None = None) -> tuple[np.ndarray, np.ndarray]:
    """What the layer emitted and what it gave, for the whole batch."""
    holder = nn.ModuleDict({"pool": layer})
    with torch.no_grad(), record(holder) as tape:
        pooled = layer(X, mask)
    return np.stack([tape.example(i)["pool"].dense() for i in range(3)]), pooled.numpy()


def context_scores(layer: ContextPooling) -> np.ndarray:
    n = numbers(layer)
    return np.tanh(X.double().numpy() @ n["hidden.weight"].T + n["hidden.bias"]) @ n["context.weight"][0]


def step_scores(layer: StepPooling) -> np.ndarray:
    n = numbers(layer)
    return np.tanh(X.double().numpy() @ n["weight.weight"][0] + n.get("bias", 0))


MADE: dict[str, Callable[[], nn.Module]] = {
    "context": lambda: ContextPooling(6, 4),
    "plain": lambda: StepPooling(6),
    "steps": lambda: StepPooling(6, 5),
}


def made(name: str) -> nn.Module:
    torch.manual_seed(1)
    layer = MADE[name]()
    if name == "steps":
        nn.init.normal_(layer.bias)
    return layer


SCORED = {"context": context_scores, "plain": step_scores, "steps": step_scores}


@pytest.mark.parametrize("name", SCORED)
def test_weights_and_sum_follow_the_formula(name: str) -> None:
    layer = made(name)
    weights, pooled = said(layer)
    expected = softmax(SCORED[name](layer))
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(pooled, np.einsum("bk,bkf->bf", expected, X.double().numpy()), atol=1e-6)


@pytest.mark.parametrize("name", SCORED)
def test_masked_steps_get_nothing_and_a_sequence_without_steps_is_zeros(name: str) -> None:
    layer = made(name)
    weights, pooled = said(layer, MASK)
    scores = SCORED[name](layer)
    for i, length in enumerate(LENGTHS[:2]):
        np.testing.assert_allclose(weights[i, :length], softmax(scores[i, :length]), atol=1e-6)
        assert (weights[i, length:] == 0).all()
    assert (weights[2] == 0).all()
    assert (pooled[2] == 0).all()


@pytest.mark.parametrize("name", SCORED)
def test_gradients_are_finite_where_nothing_may_be_looked_at(name: str) -> None:
    layer = made(name)
    layer(X, MASK).sum().backward()
    for parameter_name, parameter in layer.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name


def test_the_bias_of_a_step_tells_equal_steps_apart() -> None:
    layer = made("steps")
    alike = torch.ones(1, 5, 6)
    with record(nn.ModuleDict({"pool": layer})) as tape:
        layer(alike)
    assert len(set(np.round(tape["pool"].dense(), 6).tolist())) == 5
    with record(nn.ModuleDict({"pool": (plain := made("plain"))})) as tape:
        plain(alike)
    np.testing.assert_allclose(tape["pool"].dense(), 0.2)


def test_another_number_of_steps_than_biases_is_refused() -> None:
    with pytest.raises(ValueError, match="5 steps for 7 biases"):
        StepPooling(6, 7)(X)


@pytest.mark.parametrize(("name", "mechanism"), [("context", "learned-context"), ("plain", "step-pooling")])
def test_pooling_says_what_it_is(name: str, mechanism: str) -> None:
    with record(nn.ModuleDict({"pool": (layer := made(name))})) as tape:
        layer(X)
    assert [(m.kind, m.mechanism, m.norm, m.axes) for m in tape] == [("soft", mechanism, "softmax", ("key",))]
