"""The probe itself."""

import torch

from attnviz.probe import Probe


def test_a_probe_returns_the_very_same_tensor() -> None:
    weights = torch.rand(2, 3)
    assert Probe("soft", "bahdanau", "softmax", ("key",))(weights) is weights


def test_a_probe_has_no_parameters_and_no_state() -> None:
    probe = Probe("spatial", "cbam-spatial", "sigmoid", ("row", "column"))
    assert not list(probe.parameters())
    assert probe.state_dict() == {}
    assert repr(probe) == "Probe(spatial, cbam-spatial, sigmoid, axes=('row', 'column'))"
