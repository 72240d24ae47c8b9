"""Every family of transformers against its own eager weights."""

from collections.abc import Iterator
from operator import attrgetter

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz import record
from attnviz.maps import AttentionMap
from tests.taps.families import BATCH, CROSS, FAMILIES, Family

LARGEST = 1e-5
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def own(family: Family) -> list[list[Tensor]]:
    """What the eager model returns, one list for each of `says`: (batch, head, query, key) of each layer."""
    model, asked = family.make("eager"), []
    if family.asked:
        for name, module in model.named_modules():
            if name.endswith(family.asked):
                module.register_forward_hook(lambda *call: asked.append(call[-1][1]))
    with torch.no_grad():
        output = model(**family.inputs(), output_attentions=True)
    return [asked] if asked else [list(attrgetter(name)(output)) for name in family.says]


def found(family: Family, implementation: str) -> Iterator[tuple[list[AttentionMap], int]]:
    """The maps of each of `says`, and their example."""
    model = family.make(implementation)
    with torch.no_grad(), record(model) as tape:
        model(**family.inputs())
    assert tape.batch == BATCH
    for i in range(BATCH):
        for part, finds in enumerate(family.finds):
            yield [m for m in tape.example(i) if part_of(m, family) == finds], part * BATCH + i


def part_of(m: AttentionMap, family: Family) -> str:
    return next(finds for finds in family.finds if finds in m.layer)


@families
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_maps_are_the_models_own_eager_weights(family: Family, implementation: str) -> None:
    if implementation == "sdpa" and family.eager_only:
        pytest.skip("has no kernel")
    expected, worst = own(family), 0.0
    for maps, place in found(family, implementation):
        part, example = divmod(place, BATCH)
        assert len(maps) == len(expected[part])
        for m, weights in zip(maps, expected[part], strict=True):
            worst = max(worst, difference(m, weights.reshape(BATCH, *m.shape)[example].numpy(), example))
    print(f"largest difference {worst:.1e}")
    assert worst <= LARGEST


def difference(m: AttentionMap, own_weights: np.ndarray, example: int) -> float:
    """Padding beyond a local window sees no key at all: a row of zeros here, of equal weights in an eager model."""
    weights = m.dense()
    blind = weights.sum(-1) == 0
    if blind.any():
        assert example == 1
        assert not blind[:, :-4].any()
        assert np.ptp(own_weights[blind], axis=-1).max() == 0
    return float(np.abs(weights - own_weights)[~blind].max())


@families
def test_encoder_decoder_and_cross_attention_are_told_apart(family: Family) -> None:
    for implementation in ("eager",) if family.eager_only else ("sdpa", "eager"):
        for maps, place in found(family, implementation):
            crossing = family.says == CROSS and place // BATCH == 2
            assert {m.kind for m in maps} == {"soft" if crossing else "self"}


def test_windows_of_an_image_are_had_one_by_one() -> None:
    family = FAMILIES["Swin"]
    expected = own(family)[0][0]  # (2 images of 4 windows, head, query, key)
    for implementation in ("sdpa", "eager"):
        for maps, image in found(family, implementation):
            m = maps[0]
            assert m.axes == ("window", "head", "query", "key")
            assert m.notes == ("4 windows an example, in the order in which the layer had them",)
            for window in range(4):
                one = m.at_window(window)
                assert one.axes == ("head", "query", "key")
                np.testing.assert_allclose(one.head(1), expected[image * 4 + window, 1], atol=LARGEST)


def test_padding_changes_what_is_compared() -> None:
    """The oracle itself must depend on the mask, or the parity of padded input would prove nothing."""
    weights = own(FAMILIES["BERT"])[0][0]
    assert weights[1, ..., -4:].max() < 1e-6
    assert weights[0, ..., -4:].max() > 1e-2


@families
def test_the_weights_compared_are_far_from_equal(family: Family) -> None:
    for weights in own(family):
        assert max(float((layer.amax(-1) / layer.mean(-1)).max()) for layer in weights) > 1.5
