"""Self-attention without heads, additive self-attention, and attention over features, against their formulas by hand."""

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.layers.additive_self import AdditiveSelf
from attnviz.layers.feature import FeatureAttention
from attnviz.layers.plain_self import PlainSelf

X = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def weights_of(layer: torch.nn.Module, *arguments: torch.Tensor, example: int = 0) -> np.ndarray:
    with torch.no_grad(), record(layer) as tape:
        layer(*arguments)
    (m,) = tape.example(example)
    return m.dense()


def test_plain_self_attention_by_hand() -> None:
    x = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    e, e4 = np.e, np.e**4
    expected = np.array([[e / (e + 1), 1 / (e + 1)], [1 / (1 + e4), e4 / (1 + e4)]])
    np.testing.assert_allclose(weights_of(PlainSelf(), x), expected, atol=1e-6)
    np.testing.assert_allclose(PlainSelf()(x)[0], expected @ x[0].numpy(), atol=1e-6)


def test_plain_self_attention_has_nothing_to_learn_and_sees_no_padding() -> None:
    layer = PlainSelf()
    assert list(layer.parameters()) == []
    torch.testing.assert_close(layer(X, MASK)[1, :4], layer(X[1:, :4])[0])


def additive_by_hand(layer: AdditiveSelf, x: np.ndarray, first: int, last: int, i: int) -> np.ndarray:
    """Weights of query i over keys first to last - 1, all others 0."""
    n = {name: value.double().numpy() for name, value in layer.scores.state_dict().items()}
    scores = [
        float(n["vector.weight"][0] @ np.tanh(n["query.weight"] @ x[i] + n["key.weight"] @ x[j] + n["key.bias"]))
        for j in range(first, last)
    ]
    return np.concatenate([np.zeros(first), softmax(np.array(scores)), np.zeros(len(x) - last)])


# where the windows of query 3 of 6 begin and end, counted by hand from keras-self-attention's rule
@pytest.mark.parametrize(
    ("span", "history", "first", "last"),
    [(None, False, 0, 6), (None, True, 0, 4), (3, False, 2, 5), (4, False, 1, 5), (3, True, 1, 4), (1, False, 3, 4)],
)
def test_additive_self_attention_looks_at_its_window_alone(span: int | None, history: bool, first: int, last: int) -> None:
    torch.manual_seed(0)
    layer = AdditiveSelf(4, 5, span, history)
    x = X[0].double().numpy()
    found = weights_of(layer, X)
    np.testing.assert_allclose(found[3], additive_by_hand(layer, x, first, last, 3), atol=1e-6)
    np.testing.assert_allclose(layer(X)[0, 3].detach(), found[3] @ x, atol=1e-5)


@pytest.mark.parametrize("history", [False, True])
def test_a_span_of_twice_the_length_is_no_window(history: bool) -> None:
    torch.manual_seed(0)
    layer, all_of_it = AdditiveSelf(4, 5, 12, history), AdditiveSelf(4, 5, None, history)
    all_of_it.load_state_dict(layer.state_dict())
    assert torch.equal(layer(X, MASK), all_of_it(X, MASK))


def test_attention_over_features_by_hand() -> None:
    layer = FeatureAttention(2)
    with torch.no_grad():
        layer.dense.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
        layer.dense.bias.copy_(torch.tensor([0.0, 1.0]))
    x = torch.tensor([[[1.0, 5.0], [3.0, -1.0]]])
    share = np.e**2 / (np.e**2 + 1)
    expected = np.array([[0.5, 0.5], [share, 1 - share]])
    np.testing.assert_allclose(weights_of(layer, x), expected, atol=1e-6)
    np.testing.assert_allclose(layer(x)[0].detach(), expected * x[0].numpy(), atol=1e-6)
