"""What is said and shown of a photo."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz.cards import ModelCard
from attnviz.encode import Patches, encode_image
from attnviz.errors import InputError
from attnviz.explain import combined, rollout
from attnviz.nets import Net
from attnviz.paths import ASSETS, MODELS
from attnviz.plot import Picture
from attnviz.predict import decide, predict_as
from attnviz.probe import Probe
from attnviz.results import PhotoResult
from attnviz.state import settled
from attnviz.views import exhibits, kinds, pinned_photo, views_of
from attnviz.views.changed import said
from attnviz.weights import Dense
from tests.grids import grid_net

CAT = (ASSETS / "photos" / "chelsea.jpg").read_bytes()
CHANNEL, COARSE, FINE = torch.tensor([[0.1, 0.9]]), torch.rand(1, 2, 2), torch.rand(1, 4, 4)
PICKS, ODDS = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]]), torch.tensor([[[0.5, 0.125], [0.125, 0.25]]])
EMITTED = {
    "channel": (("channel", "made-up", "sigmoid", ("channel",)), CHANNEL),
    "fine": (("spatial", "made-up", "sigmoid", ("row", "column")), FINE),
    "coarse": (("spatial", "made-up", "sigmoid", ("row", "column")), COARSE),
    "odds": (("hard", "made-up", "softmax", ("key_row", "key_column"), "odds"), ODDS),
    "picks": (("hard", "made-up", "binary", ("row", "column"), "picks"), PICKS),
    "weights": (("soft", "made-up", "softmax", ("key_row", "key_column"), "places"), ODDS),
}


class Says(Net):
    """Decides nothing of worth, and emits some of EMITTED."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.probes = nn.ModuleDict({name: Probe(*EMITTED[name][0]) for name in names})  # type: ignore[arg-type]
        self.card = ModelCard("says", MODELS, "Says", "For tests.", "photo", "image", "Apache-2.0", ("a", "b"), image={"size": 8})
        self.encode = partial(encode_image, size=8, mean=[0.5] * 3, std=[0.5] * 3)

    def forward(self, image: Tensor) -> Tensor:
        for name, probe in self.probes.items():
            probe(EMITTED[name][1])
        return image.mean((2, 3))[:, :2]


def says(*names: str) -> PhotoResult:
    return predict_as(PhotoResult, Says(*names), CAT)


def names(result: PhotoResult) -> list[str]:
    return [view.name for view in views_of(result)]


def main(result: PhotoResult, **texts: str) -> kinds.Main:
    found = kinds.main_map(result, settled(kinds.CHOICES, texts)[0])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def looks() -> PhotoResult:
    """Two layers of 2 x 3 patches behind CLS, with two heads."""
    return predict_as(PhotoResult, grid_net((2, 3), (2, 3), heads=2, cls=True), CAT)


@pytest.fixture(scope="module")
def uneven() -> PhotoResult:
    """Layers of 4 x 6 and of 3 x 2 patches, with one head."""
    return predict_as(PhotoResult, grid_net((4, 6), (3, 2)), CAT)


def test_photo_map_and_overlay_stand_in_a_row_and_the_map_holds_every_gate() -> None:
    result = says("fine")
    (shown,) = exhibits(result)
    photo, cells, overlay = shown.figures
    assert isinstance(photo, Picture)
    assert isinstance(overlay, Picture)
    assert np.array_equal(photo.pixels, result.encoded.seen)
    assert np.array_equal(cells.data[0].z, FINE[0].numpy())
    assert overlay.places == (4, 4)
    assert overlay.says[7] == f"row 1, column 3: gate {FINE[0, 1, 3]:.4f}"
    assert "4 x 4 gates" in shown.caption
    assert "Each of 4 x 4 cells is one number." in shown.legend


def test_blocks_are_shown_one_by_one_or_combined_and_what_is_made_is_said() -> None:
    result = says("coarse", "fine")
    assert [each.name for each in exhibits(result, "spatial", {"block": "all"})] == ["gates-0", "gates-1"]
    (one,) = exhibits(result, "spatial", {"block": "1", "drawn": "smooth"})
    assert np.array_equal(one.maps[0].dense(), FINE[0].numpy())
    assert "Smoothed: bilinear between the middles of 4 x 4 places" in one.legend
    (all_,) = exhibits(result, "spatial", {"block": "combined"})
    assert np.array_equal(all_.maps[0].dense(), combined(list(result.tape)).dense())
    assert "Made, not emitted: the mean of the gates of 2 layers (2 x 2, 4 x 4)" in all_.caption


def test_the_scale_goes_from_0_or_by_choice_from_the_smallest_number_to_the_largest() -> None:
    cells = {scale: exhibits(says("fine"), "spatial", {"scale": scale})[0].figures[1].data[0] for scale in ("whole", "own")}
    assert (cells["whole"].zmin, cells["whole"].zmax) == (0, 1)
    assert (cells["own"].zmin, cells["own"].zmax) == (pytest.approx(FINE.min()), pytest.approx(FINE.max()))


def test_weights_over_places_are_found_by_their_role_and_ranked() -> None:
    result = says("weights")
    assert names(result) == ["places"]
    over, ranked = exhibits(result)
    assert over.figures[1].data[0].zmax == 0.5
    assert "Half of the attention lies on 1 of 4 places." in over.caption
    assert list(ranked.figures[0].data[0].x) == [0.5, 0.25, 0.125, 0.125]
    assert ranked.figures[0].data[0].y[1] == "row 1, column 1"


def test_of_hard_attention_odds_picks_and_what_was_left_stand_in_a_row() -> None:
    (shown,) = exhibits(says("odds", "picks"), "picks")
    odds, picked, left = shown.figures
    assert picked.says == (
        "row 0, column 0: weight 0.5000, picked", "row 0, column 1: weight 0.1250, not picked",
        "row 1, column 0: weight 0.1250, picked", "row 1, column 1: weight 0.2500, picked",
    )  # fmt: skip
    assert (left.pixels[:4, 4:, 3] == 0).all()
    assert (left.pixels[4:, :, 3] == 255).all()
    assert odds.places == (2, 2)
    assert "the 3 of 4 patches that were picked, those with the largest odds" in shown.caption


def test_channels_are_ranked_and_a_click_chooses_one() -> None:
    photo, bars = exhibits(says("channel"), "channel", {"channel": "0"})
    assert isinstance(photo.figures[0], Picture)
    assert list(bars.figures[0].data[0].y) == [pytest.approx(0.9), pytest.approx(0.1)]
    for trace in bars.figures[0].data:  # a click may meet any of them
        assert [list(each) for each in trace.customdata] == [[int(name)] for name in trace.x]  # one value for each of its picks
    assert bars.picks == ("channel",)
    assert bars.caption.startswith("Channel 0, which is marked, has a gate of 0.100.")
    assert exhibits(says("channel"), "channel")[1].caption.startswith("Channel 1, which is marked")


def test_cls_looks_first_where_there_is_one_and_a_click_lets_a_patch_look(looks: PhotoResult) -> None:
    over, out, back = exhibits(looks, "self", {"layer": "1", "head": "1"})
    weights = looks.tape[looks.tape.layers[1]].head(1)
    assert over.title == "Layer 1, head 1: where CLS looks"
    assert np.array_equal(over.figures[1].data[0].z, weights[0, 1:].reshape(2, 3))
    assert over.figures[0].at is None
    assert over.caption.startswith("Click the photo")
    assert (over.picks, over.figures[2].also, over.figures[2].places) == (("down", "across", "who"), ("point",), (2, 3))
    assert sorted(out.figures[0].data[0].x) == sorted(weights[0].tolist())
    assert sorted(back.figures[0].data[0].x) == sorted(weights[:, 0].tolist())

    over, *_ = exhibits(looks, "self", {"layer": "1", "head": "1", "who": "point", "down": "0.9", "across": "0.1"})
    assert over.title == "Layer 1, head 1: where the patch at row 1, column 0 looks"
    assert np.array_equal(over.figures[1].data[0].z, weights[1 + 3, 1:].reshape(2, 3))
    assert over.figures[0].at == over.figures[2].at == (1, 0)

    shown = exhibits(looks, "self", {"layer": "1", "head": "1", "who": "all"})
    assert [each.title for each in shown[1:]] == ["All positions on average look at"]
    np.testing.assert_allclose(shown[0].maps[0].dense().ravel(), weights.mean(0)[1:], atol=1e-7)


def test_the_mean_of_heads_and_rollout_say_what_they_are(looks: PhotoResult) -> None:
    mean, rolled = (exhibits(looks, "self", texts)[0] for texts in ({"layer": "1"}, {}))
    assert mean.title == "Layer 1, mean of heads: where CLS looks"
    assert "Mean of all heads." in mean.caption
    assert rolled.title == "All layers, by rollout: where CLS looks"
    assert "Rollout: an estimate made from all 2 layers" in rolled.caption
    assert np.array_equal(rolled.maps[0].dense().ravel(), rollout(looks.tape).dense()[0, 1:])


def test_a_point_stays_where_it_is_on_the_photo_while_layers_with_other_grids_are_looked_at(uneven: PhotoResult) -> None:
    choices = {choice.name: choice for choice in views_of(uneven)[0].choices(uneven)}
    assert "head" not in choices
    assert [choices["layer"].allowed.says(layer) for layer in choices["layer"].allowed.values] == [  # type: ignore[attr-defined]
        "Layer 0 (4 x 6)", "Layer 1 (3 x 2)",
    ]  # fmt: skip
    for layer, (row, column), grid in ((0, (3, 1), Patches(4, 6)), (1, (2, 0), Patches(3, 2))):
        over, *_ = exhibits(uneven, "self", {"layer": str(layer), "down": "0.9", "across": "0.3"})
        expected = uneven.tape[uneven.tape.layers[layer]].head(0)[grid.position(row, column)]
        assert over.maps[0].dense().ravel().tolist() == expected.tolist()
        assert f"where the patch at row {row}, column {column} looks" in over.title


@pytest.mark.parametrize("text", ["1.1", "-0.1", "nan", "a", ""])
def test_what_is_no_point_of_the_photo_is_refused(uneven: PhotoResult, text: str) -> None:
    with pytest.raises(InputError, match=r"is no down\. It is a number from 0 to 1"):
        exhibits(uneven, "self", {"down": text})


def test_what_was_picked_stands_for_a_model_before_gates_for_the_classifier_saw_nothing_else() -> None:
    found = main(says("channel", "fine", "odds", "picks"))
    assert found.m.dense().tolist() == PICKS[0].tolist()
    assert "all that the classifier saw" in found.said


def test_places_come_before_channels_and_blocks_are_combined() -> None:
    result = says("channel", "fine", "coarse")
    expected = combined([m for m in result.tape if m.kind == "spatial"])
    assert np.array_equal(main(result).m.dense(), expected.dense())
    assert main(says("fine")).m.receipt is not None


def test_channels_have_a_figure_of_their_own_and_say_that_they_have_no_place() -> None:
    found = main(says("channel"))
    assert found.figure is not None
    assert "no place on the photo" in found.said
    assert [m.dense().tolist() for m in found.maps] == [pytest.approx([0.1, 0.9])]


def test_where_there_is_no_cls_the_clicked_point_looks_and_all_on_average_before_a_click(
    uneven: PhotoResult, looks: PhotoResult
) -> None:
    assert main(uneven).said.startswith("All positions on average look there, in the last layer.")
    assert main(looks).said == "CLS looks there, through all layers."
    found = main(uneven, who="point", down="0.99", across="0.01")
    assert "The patch at row 2, column 0 looks there, in the last layer." in found.said
    assert found.clicks is not None
    assert found.clicks.at == (2, 0)


def test_who_agrees_and_who_does_not_is_said(looks: PhotoResult) -> None:
    one = says("fine")
    assert kinds.agreement([one]) == ""
    assert kinds.agreement([one, one]) == ""  # of one title
    title, other = looks.card.title, looks.decision
    assert kinds.agreement([one, looks]) == f"They decide differently: Says says “{one.decision}”, {title} says “{other}”."


def test_what_a_change_does_to_the_decision_is_said_with_both_numbers() -> None:
    net = Says("fine")
    before = predict_as(PhotoResult, net, CAT)
    dark = decide(net, net.encode(np.zeros((8, 8, 3), np.uint8)))
    label = before.decision
    assert label is not None
    told = said(before, dark, "In the dark")
    assert told.startswith(f"In the dark, “{label}” goes from {before.probabilities[label]:.3f} to {dark.probabilities[label]:.3f}")


def test_a_pinned_map_of_a_photo_stands_beside_another_with_what_that_has_more_of() -> None:
    first, second = says("coarse"), says("coarse")
    a, b = (pinned_photo.pin(exhibits(result, "spatial"), result) for result in (first, second))
    assert a is not None
    assert b is not None
    b = b._replace(m=replace(b.m, weights=Dense(a.m.dense() * np.float32([[1, 1], [1, 0]]))))
    left, right, gap = pinned_photo.exhibits(a, b)
    assert (left.maps[0].shape, right.figures[0].places) == ((2, 2), (2, 2))
    drawn = gap.figures[0].data[0]
    lost = float(COARSE[0, 1, 1])
    np.testing.assert_allclose(np.asarray(drawn.z), [[0, 0], [0, -lost]], atol=1e-6)
    assert (drawn.zmin, drawn.zmax) == pytest.approx((-lost, lost))
    assert f"Most changes in row 1, column 1, counted from 0: {-lost:+.3f}." in gap.caption
    assert "Nothing changes" in pinned_photo.exhibits(a, a)[2].caption


def test_maps_of_other_places_or_other_units_have_no_difference_and_that_is_said() -> None:
    coarse, fine, shares = (says(name) for name in ("coarse", "fine", "weights"))
    pins = [pinned_photo.pin(exhibits(result), result) for result in (coarse, fine, shares)]
    assert None not in pins
    for other, why in ((1, "A lies over 2 x 2 places and B over 4 x 4"), (2, "A is in the unit gate and B in the unit weight")):
        gap = pinned_photo.exhibits(pins[0], pins[other])[2]
        assert gap.figures == ()
        assert why in gap.caption
    channel = says("channel")
    assert pinned_photo.pin(exhibits(channel), channel) is None
