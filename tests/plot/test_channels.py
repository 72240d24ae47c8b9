"""Gates as a strip, feature maps and pairs of bars show the numbers they are given."""

import numpy as np
import pytest

from attnviz.plot import before_after, channel_gates, feature_maps, gate_strip, signed
from tests.tiny import gates


def test_a_strip_has_a_row_for_every_map_and_all_are_as_wide() -> None:
    figure = gate_strip([gates([0.25, 0.75]), gates([0.1, 0.2, 0.3, 1.0])], ["Block 0", "Block 1"], chosen=1)
    np.testing.assert_allclose(figure.data[0].z, [[0.25, 0.75]])
    np.testing.assert_allclose(figure.data[1].z, [[0.1, 0.2, 0.3, 1.0]], atol=1e-7)
    assert [list(trace.x) for trace in figure.data] == [[0, 0.5, 1], [0, 0.25, 0.5, 0.75, 1]]
    assert {(trace.zmin, trace.zmax) for trace in figure.data} == {(0, 1)}
    assert [list(trace.colorbar.tickvals) for trace in figure.data if trace.showscale] == [[0, 0.5, 1]]
    assert list(figure.layout.yaxis.ticktext) == ["Block 0: 2", "Block 1: 4"]
    assert [shape.line.width for shape in figure.layout.shapes] == [0.5, 3]


def test_switched_channels_are_marked_in_their_cell() -> None:
    marks = gate_strip([gates([0.25, 0.75]), gates([0.5] * 4)], ["a", "b"], switched={1: {2: 0.0}}).data[-1]
    assert (list(marks.x), list(marks.y)) == ([0.625], [1])


def test_a_strip_of_many_blocks_is_small_enough_to_send() -> None:
    many = [gates(np.random.default_rng(0).random(512)) for _ in range(16)]
    assert len(gate_strip(many, [f"Block {i}" for i in range(16)]).to_json()) <= 500_000


def test_bars_of_switched_channels_keep_the_rank_and_the_outline_of_what_was_said() -> None:
    figure = channel_gates(gates([0.25, 0.0, 1.0]), gates([0.3, 0.9, 0.1]), {1: 0.0, 2: 1.0})
    bars, outlines, targets = figure.data
    assert list(bars.x) == ["1", "0", "2"]
    assert list(bars.y) == [0, 0.25, 1]
    assert list(outlines.x) == ["1", "2"]
    np.testing.assert_allclose(outlines.y, [0.9, 0.1])
    assert list(targets.y) == [1, 1, 1]


def test_feature_maps_share_a_scale_with_what_their_gate_lets_through() -> None:
    before = np.array([[[2.0, -4.0]], [[1.0, 0.5]]], dtype=np.float32)
    figure = feature_maps(before, [0.5, 0.0], ["channel 3", "channel 7"])
    shown = [np.asarray(trace.z).tolist() for trace in figure.data]  # before and after, channel by channel; 127 is the largest
    assert shown == [[[64, -127]], [[32, -64]], [[127, 64]], [[0, 0]]]
    assert [each.text for each in figure.layout.annotations] == ["channel 3<br>0.500", "channel 7<br>0.000"]


def test_feature_maps_of_a_large_layer_are_small_enough_to_send() -> None:
    maps = np.random.default_rng(0).normal(size=(4, 56, 56)).astype(np.float32)
    assert len(feature_maps(maps, [0.1] * 4, list("abcd")).to_json()) <= 100_000


def test_pairs_of_bars_say_the_difference() -> None:
    before, after = before_after(["cat", "<b>"], [0.75, 0.25], [0.5, 0.5]).data
    assert (list(before.x), list(after.x)) == ([0.75, 0.25], [0.5, 0.5])
    assert list(after.text) == ["0.500 (−0.250)", "0.500 (+0.250)"]
    assert list(after.y) == ["cat", "&lt;b&gt;"]


@pytest.mark.parametrize(("value", "text"), [(0.25, "+0.250"), (-0.0104, "−0.010"), (0.0004, "±0.000"), (0.0, "±0.000")])
def test_a_difference_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text
