"""Luong's global and local attention against the paper's formulas in NumPy, and their limits."""

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.layers.luong import Local, Luong

QUERY = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
KEY = torch.randn(2, 7, 4, generator=torch.Generator().manual_seed(1))
MASK = torch.tensor([[True] * 7, [True] * 5 + [False] * 2])


def scores(layer: Luong | Local, example: int, length: int) -> np.ndarray:
    w = layer.scores.key.weight.detach().numpy()
    return QUERY[example].numpy() @ w @ KEY[example, :length].numpy().T


def test_general_weights_are_the_softmax_of_the_bilinear_form() -> None:
    torch.manual_seed(0)
    layer = Luong(4, 4, "general")
    with torch.no_grad(), record(layer) as tape:
        contexts = layer(QUERY, KEY, MASK)
    for example, length in ((0, 7), (1, 5)):
        e = np.exp(scores(layer, example, length))
        expected = np.pad(e / e.sum(1, keepdims=True), ((0, 0), (0, 7 - length)))
        np.testing.assert_allclose(tape.example(example)[""].dense(), expected, atol=1e-6)
        np.testing.assert_allclose(contexts[example], expected @ KEY[example].numpy(), atol=1e-6)
    assert tape[""].mechanism == "luong-general"


@pytest.mark.parametrize("example", [0, 1])
def test_local_p_is_a_window_round_the_predicted_centre_times_a_gaussian(example: int) -> None:
    torch.manual_seed(0)
    layer = Local(4, 4, reach=2.0)
    with torch.no_grad(), record(layer) as tape:
        layer(QUERY, KEY, MASK)
    length = int(MASK[example].sum())
    w, v = layer.position[0].weight.detach().numpy(), layer.position[2].weight.detach().numpy()[0]
    raw = scores(layer, example, length)
    for i in range(3):
        share = 1 / (1 + np.exp(-v @ np.tanh(w @ QUERY[example, i].numpy())))
        centre = share * (length - 1)
        places = np.arange(length)
        e = np.where(np.abs(places - centre) <= 2, np.exp(raw[i]), 0)
        expected = e / e.sum() * np.exp(-((places - centre) ** 2) / (2 * 1.0**2))
        np.testing.assert_allclose(tape.example(example)["probe"].dense()[i, :length], expected, atol=1e-6)
        np.testing.assert_allclose(tape.example(example)["centre"].dense()[i], share, atol=1e-6)


def test_padding_changes_no_weight() -> None:
    torch.manual_seed(0)
    layer = Local(4, 4, reach=2.0)
    with torch.no_grad():
        torch.testing.assert_close(layer(QUERY, KEY, MASK)[1], layer(QUERY[1:], KEY[1:, :5])[0])


def test_local_m_looks_at_the_querys_own_place() -> None:
    layer = Local(4, 4, reach=1.0, predict=False)
    with torch.no_grad(), record(layer) as tape:
        layer(QUERY, KEY, MASK)
    seen = tape[""].dense() > 0
    assert [np.flatnonzero(row).tolist() for row in seen] == [[0, 1], [0, 1, 2], [1, 2, 3]]
    np.testing.assert_allclose(tape[""].dense().sum(1), 1, atol=1e-6)


def test_steps_one_by_one_are_the_steps_at_once() -> None:
    layer = Local(4, 4, reach=1.0, predict=False)
    with torch.no_grad():
        at_once = layer(QUERY, KEY, MASK)
        for step in range(3):
            torch.testing.assert_close(layer(QUERY[:, step : step + 1], KEY, MASK, first=step)[:, 0], at_once[:, step])


def test_a_window_of_the_full_length_is_global() -> None:
    torch.manual_seed(0)
    local, luong = Local(4, 4, reach=100.0, predict=False), Luong(4, 4, "general")
    luong.scores.load_state_dict(local.scores.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(local(QUERY, KEY, MASK), luong(QUERY, KEY, MASK))


def test_a_gaussian_of_great_width_is_global_too() -> None:
    torch.manual_seed(0)
    local, luong = Local(4, 4, reach=1e5), Luong(4, 4, "general")
    luong.scores.load_state_dict(local.scores.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(local(QUERY, KEY, MASK), luong(QUERY, KEY, MASK), atol=1e-5, rtol=1e-5)
