"""What the page says of Keras, against the real Keras."""

from types import ModuleType

import numpy as np
import pytest

from attnviz.mechanisms import MECHANISMS, Mechanism
from tests.mechanisms.making import in_keras, inputs


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_the_code_on_the_page_gives_the_layers_numbers(keras: ModuleType, mechanism: Mechanism, seed: int) -> None:
    shown = mechanism.run(inputs(mechanism.input, seed))
    found = in_keras(keras, mechanism, shown)
    np.testing.assert_allclose(found["output"], shown.output, atol=1e-5)
    if "weights" in found:
        ours = shown.maps[0].dense()
        np.testing.assert_allclose(found["weights"].reshape(ours.shape), ours, atol=1e-5)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_the_code_calls_the_layer_that_the_page_names(mechanism: Mechanism) -> None:
    answer = mechanism.keras
    if answer.relation == "cannot":
        assert "Attention(" not in answer.call
    else:
        assert f"keras.layers.{answer.layer}(" in answer.call
        assert answer.call.count("Attention(") == 1
