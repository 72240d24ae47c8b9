"""Gradients against closed forms and captum's numbers."""

import networkx as nx
import numpy as np
import pytest
import torch

from attnviz.errors import MapTooLarge
from attnviz.explain.flow import flow
from attnviz.explain.gradients import gradient_x_input, integrated_gradients
from attnviz.explain.relevance import relevance
from attnviz.maps import AttentionMap
from attnviz.weights import Dense


def attention(weights: np.ndarray, layer: str = "layer") -> AttentionMap:
    return AttentionMap(layer, "self", "multi-head", "softmax", ("head", "query", "key"), Dense(weights.astype(np.float32)))


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).exponential(size=shape)
    return raw / raw.sum(-1, keepdims=True)


def test_gradient_times_input_of_a_product_by_hand() -> None:
    """x y z at (2, 3, 5): each gradient is the product of the other two, so each is 30."""
    found = gradient_x_input(lambda x: x.prod(-1), torch.tensor([[2.0, 3.0, 5.0]]))
    torch.testing.assert_close(found, torch.full((1, 3), 30.0))


def test_integrated_gradients_of_a_polynomial_by_hand() -> None:
    """x^2 y from 0 to (1, 2): x takes 2/3 of 2, y takes 1/3 (the integral of 2 t^2 2 dt, and of t^2 dt times 2)."""
    found = integrated_gradients(lambda p: p[:, 0] ** 2 * p[:, 1], torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2))
    torch.testing.assert_close(found, torch.tensor([[4 / 3, 2 / 3]]))


def test_integrated_gradients_sum_to_the_difference() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    given, baseline = torch.randn(1, 6).double(), torch.randn(1, 6).double()
    found = integrated_gradients(lambda x: net(x)[:, 0], given, baseline)
    with torch.no_grad():
        assert float(found.sum()) == pytest.approx(float(net(given) - net(baseline)), abs=1e-9)


def test_integrated_gradients_are_captum_s() -> None:
    captum = pytest.importorskip("captum.attr")
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    given, baseline = torch.randn(1, 6), torch.zeros(1, 6)
    theirs = captum.IntegratedGradients(net).attribute(given, baseline, target=2, n_steps=32)
    torch.testing.assert_close(integrated_gradients(lambda x: net(x)[:, 2], given, baseline), theirs, atol=1e-5, rtol=1e-4)


def test_flow_through_one_layer_is_its_weights_with_the_skip_connection() -> None:
    weights = rows(1, 3, 3)
    found = flow([attention(weights)], query=0)
    expected = (weights[0, 0] + np.eye(3)[0]) / 2
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_flow_is_the_smallest_cut() -> None:
    """Over two layers of three positions: the least width of pipes that parts the query from the key, by trying every cut."""
    weights = [rows(2, 3, 3, seed=seed) for seed in (1, 2)]
    found = flow([attention(one, f"layer {i}") for i, one in enumerate(weights)], query=1)
    pipes = [(one.mean(0) + np.eye(3)) / 2 for one in weights]
    for key in range(3):
        best = np.inf
        for cut in range(2**5):  # which of the three inner and the two other lowest nodes stand on the query's side
            side = [bool(cut >> i & 1) for i in range(5)]
            inner, low = side[:3], [None, None, None]
            others = iter(side[3:])
            low = [False if j == key else next(others) for j in range(3)]
            width = sum(pipes[1][1, i] for i in range(3) if not inner[i])
            width += sum(pipes[0][i, j] for i in range(3) for j in range(3) if inner[i] and not low[j])
            best = min(best, width)
        assert found[key] == pytest.approx(min(best, 1), abs=1e-6)


@pytest.mark.parametrize("query", [None, 0, 3])
def test_flow_is_that_of_a_graph_library_also_where_no_graph_is_needed(query: int | None) -> None:
    """Some heads look at one position alone, so that the narrowest place is not always at the input."""
    weights = [rows(2, 6, 6, seed=seed) ** 6 for seed in (1, 2, 3)]
    maps = [attention(one / one.sum(-1, keepdims=True), f"layer {i}") for i, one in enumerate(weights)]
    layers = [(m.dense().mean(0, dtype=np.float32) + np.eye(6)) / 2 for m in maps]
    graph = nx.DiGraph()
    for number, pipes in enumerate(layers):
        for i in range(6):
            for j in range(6):
                graph.add_edge((number + 1, i), (number, j), capacity=float(pipes[i, j]))
    for top in range(6) if query is None else [query]:
        graph.add_edge("from", (3, top), capacity=1.0)
    expected = [nx.maximum_flow_value(graph, "from", (0, key)) for key in range(6)]
    np.testing.assert_allclose(flow(maps, query), expected, atol=1e-6)


def test_flow_over_many_positions_is_refused() -> None:
    with pytest.raises(MapTooLarge, match="65 positions"):
        flow([attention(rows(1, 65, 65))])


def test_relevance_of_one_layer_by_hand() -> None:
    weights, gradient = torch.tensor([[[0.25, 0.75], [0.5, 0.5]]]), torch.tensor([[[4.0, -1.0], [0.0, 2.0]]])
    expected = torch.tensor([[2.0, 0.0], [0.0, 2.0]])  # the identity, and 0.25 * 4 and 0.5 * 2; what is negative counts nothing
    torch.testing.assert_close(relevance([weights], [gradient]), expected)


def test_relevance_of_two_layers_passes_on_what_the_first_gave() -> None:
    eye, one = torch.eye(2)[None], torch.ones(1, 2, 2)
    swap = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    expected = (torch.eye(2) + swap[0]) @ (torch.eye(2) + eye[0])
    torch.testing.assert_close(relevance([eye, swap], [one, one]), expected)
