"""The recipe of the photo models on a few tiny photos, with made-up weights in the place of the published ones."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.data import photos
from attnviz.nets.efficientnet_lite import EfficientNetLite
from attnviz.train import RECIPES, crops, nothing, photo, photo_gates, photo_hard, photo_lessons, photo_views
from attnviz.train.loop import fit
from attnviz.train.photo_gates import masked
from attnviz.train.photo_weights import less_moved, marked, over, pooled, spread
from tests import tiny

NAN = float("nan")


def made_up(dilated: bool = False) -> EfficientNetLite:
    torch.manual_seed(0)
    return EfficientNetLite(5, dilated).eval()


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """A card beside a data set of 50 photos."""
    tiny.write_photos(tmp_path, {"Faces": 20, "grand_piano": 10, "wrench": 10}, {"roses": 10})
    for module, values in {
        photo: {"BATCH": 4, "EPOCHS": 2, "lite0": made_up},
        photo_views: {"WHOLE": 1, "ANYWHERE": 6, "NOTHING": 3, "CHUNK": 4, "WORKERS": 0},
        photo_lessons: {"lite0": made_up},
    }.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    return of("photo-gates", tmp_path)


SMALL = {"photo-gates": {"reduction": 64}, "photo-soft": {}, "photo-self": {"heads": 2, "inner": 8}, "photo-hard": {}}


def of(name: str, folder: Path) -> ModelCard:
    """The card of a small model of this kind."""
    shutil.rmtree(folder / "cards", ignore_errors=True)
    tiny.write_photo_model(
        folder / "cards" / name, net=name, task="thousand", config={"labels": 5, "width": 8, **SMALL[name]},
        labels=list("abcde"), image={"size": 224, "mean": [0.5] * 3, "std": [0.5] * 3},
    )  # fmt: skip
    return read_card(folder / "cards" / name)


def run(card: ModelCard, data: Path, epochs: int = 2) -> Any:
    torch.manual_seed(3)
    made = {**RECIPES, "photo-hard": photo_hard.HardRun}[card.net](card, data, "cpu")  # which has no shipped model yet
    made.epochs, made.where, made.total = epochs, 1 / 2, 2 * made.steps()
    return made


@pytest.mark.parametrize("name", SMALL)
def test_a_resumed_training_ends_with_the_same_bits(name: str, card: ModelCard, tmp_path: Path) -> None:
    card = of(name, tmp_path)
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (part, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), part


# What of the nets stays as it was published; all else learns.
FIRST = ("backbone.stem", *(f"backbone.stages.{i}." for i in range(5)))
FROZEN = {"photo-gates": FIRST, "photo-soft": FIRST, "photo-self": FIRST, "photo-hard": ("eye.",)}


@pytest.mark.parametrize("name", SMALL)
def test_the_first_stages_stay_as_they_were_and_all_else_does_not(name: str, card: ModelCard, tmp_path: Path) -> None:
    made = run(of(name, tmp_path), tmp_path)
    before = {key: weight.clone() for key, weight in made.net.named_parameters()}
    fit(made, tmp_path / "out")
    same = {key for key, weight in made.net.named_parameters() if torch.equal(weight, before[key])}
    frozen = FROZEN[name]
    assert {key for key in before if key.startswith(frozen)} <= same
    assert not {key for key in same if not key.startswith(frozen) and key.endswith("weight")}
    published = made_up().backbone.state_dict()
    assert all(torch.equal(before[f"backbone.{key}"], weight) for key, weight in published.items())


@torch.no_grad()
@pytest.mark.parametrize("name", ["photo-gates", "photo-soft", "photo-self"])
def test_what_is_trained_is_what_the_net_says(name: str, card: ModelCard, tmp_path: Path) -> None:
    """On kept features, in parts, and scaled: the same logits as the shipped net gives from the photo, to bfloat16."""
    made = run(of(name, tmp_path), tmp_path)
    made.gain.factor.data.fill_(0.7)
    made.net.eval()
    pixels = next(photo_views.made(tmp_path)).pixels[:3]
    batch = made.some(torch.arange(3))
    with torch.autocast("cpu", torch.bfloat16):
        looked, _ = made.look(batch, 1.0)
    logits, _ = made.decided(batch, looked, 1.0)
    whole = made.network()(photo_lessons.normalised(pixels))
    torch.testing.assert_close(logits, whole, atol=0.02, rtol=0.05)


@torch.no_grad()
def test_the_reader_is_trained_on_what_it_says_of_the_patches_that_the_glance_picks(card: ModelCard, tmp_path: Path) -> None:
    """Those picked as most probable the whole net picks too, and says the same of them."""
    made = run(of("photo-hard", tmp_path), tmp_path)
    made.net.eval()
    batch = made.some(torch.arange(4))
    looked, _ = made.look(batch, 1.0)
    images = photo_lessons.normalised(batch.pixels)
    picks = photo_hard.picked(looked, 39, draws=False)
    logits, _ = made.decided(batch, looked, 1.0)
    torch.testing.assert_close(logits, made.net(images, picks=picks), atol=0.02, rtol=0.05)
    best = made.net.scores(images)[0].flatten(1).topk(39).indices
    assert picks.flatten(1).gather(1, best).sum(1).min() >= 35  # features are kept in half precision


def test_of_every_third_view_patches_are_drawn() -> None:
    scores = torch.arange(12.0).repeat(4, 1).view(4, 3, 4) / 4
    torch.manual_seed(0)
    found = photo_hard.picked(scores, 3, draws=True).flatten(1)
    assert found.sum(1).tolist() == [3] * 4
    best = torch.arange(12) >= 9
    assert [torch.equal(row, best) for row in found] == [False, True, True, False]
    assert photo_hard.picked(scores, 3, draws=False).flatten(1).eq(best).all()


def test_wanted_odds_are_a_power_of_what_each_place_adds() -> None:
    evidence = torch.tensor([[[[1.0, 3.0, 2.0]], [[0.0, 1.0, 9.0]]]])  # two channels, three places
    head = torch.tensor([[2.0, 0.0], [0.0, 1.0]])  # label 0 less the mean of both: 1, -0.5
    wanted = photo_hard.adding(evidence, head, torch.tensor([[5.0, 1.0]]), torch.full((1, 1, 3), NAN))
    torch.testing.assert_close(wanted, torch.tensor([[[1.0, 6.25, 0.0]]]) / 7.25)
    off = photo_hard.adding(evidence, head, torch.tensor([[5.0, 1.0]]), torch.tensor([[[1.0, 0.0, 1.0]]]))
    torch.testing.assert_close(off, torch.tensor([[[1.0, 0.0, 0.0]]]))


def test_views_are_the_same_however_many_processes_make_them(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 watched photos and 38 of the training come whole, then 6 in which things stand anywhere, and 3 of nothing."""
    alone = list(photo_views.made(tmp_path))
    monkeypatch.setattr(photo_views, "WORKERS", 2)
    together = list(photo_views.made(tmp_path))
    watched = len(photos.split(tmp_path)["watch"])
    train = len(photos.split(tmp_path)["train"])
    assert photo_views.counted(tmp_path) == (watched + train + 9, watched)
    assert sum(len(views.pixels) for views in alone) == watched + train + 9
    for a, b in zip(alone, together, strict=True):
        assert np.array_equal(a.pixels, b.pixels)
        assert np.array_equal(a.masks, b.masks, equal_nan=True)


def test_the_first_views_are_the_watched_photos_as_a_model_gets_them(card: ModelCard, tmp_path: Path) -> None:
    watched = photos.split(tmp_path)["watch"]
    first = np.concatenate([views.pixels for views in photo_views.made(tmp_path)])[: len(watched)]
    expected = [crops.square(pixels).pixels for pixels in photos.read(tmp_path, watched)]
    assert np.array_equal(first, np.stack(expected))


def test_of_views_on_which_nothing_stands_no_label_is_wanted(card: ModelCard, tmp_path: Path) -> None:
    lessons = run(card, tmp_path).lessons.get()
    assert (lessons.masks[-3:] == 0).all()
    assert (lessons.logits[-3:] == 0).all()
    assert lessons.logits[:-3].abs().amax(1).min() > 0


def test_at_last_gates_are_sharpened_and_the_head_follows(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_gates, "PASSES", 0)
    made = run(card, tmp_path)
    made.net.eval()
    torch.nn.init.normal_(made.net.spatial.scores[-1].weight)
    features, weight = torch.rand(2, 432, 14, 14), made.net.head.weight.detach().clone()
    with torch.no_grad():
        before = made.net.spatial.scores(features)
        gain = made.gain()
        made.settle()
        torch.testing.assert_close(made.net.spatial.scores(features), photo_gates.SHARPER * before)
    torch.testing.assert_close(made.net.head.weight.detach(), weight * gain * photo_gates.GAINED)
    assert made.gain() == 1


def test_gates_learn_to_be_shut_where_nothing_stands(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PASSES": 40, "SETTLING": 0, "SHUTTING": 0.05}.items():
        monkeypatch.setattr(photo_gates, name, value)
    made = run(card, tmp_path)
    made.settle()
    batch = made.some(torch.arange(made.lessons.count - 3, made.lessons.count))
    assert (batch.masks == 0).all()
    assert made.net.spatial.scores(batch.features.float()).sigmoid().mean() < 0.1


@pytest.mark.parametrize("kind", nothing.KINDS)
def test_nothing_is_drawn_by_its_seed_and_each_time_otherwise(kind: Any) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (240, 260, 3), np.uint8)
    first, again, other = (kind(photo, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (224, 224, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_held_out_photos_are_never_looked_at(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[photos.Photo] = []
    read = photos.read
    monkeypatch.setattr(photos, "read", lambda data, chosen: read(data, looked.extend(chosen) or chosen))
    list(photo_views.made(tmp_path))
    assert looked
    assert not set(looked) & {*photos.split(tmp_path)["test"]}


def test_every_fifth_held_out_photo_is_answered(card: ModelCard, tmp_path: Path) -> None:
    found = photo.answers(tmp_path, card.image)
    assert list(found) == [one.identity for one in photos.split(tmp_path)["test"][::5]]
    assert set(found.values()) <= set(range(5))


def test_pooling_is_the_sum_over_places_of_weight_times_evidence() -> None:
    weights, evidence = torch.rand(2, 3, 4), torch.rand(2, 5, 3, 4)
    torch.testing.assert_close(pooled(weights, evidence), (weights[:, None] * evidence).sum((2, 3)))


def test_masks_cost_where_they_are_known() -> None:
    scores = torch.tensor([[[0.0, 100.0], [-100.0, 3.0]]])
    masks = torch.tensor([[[1.0, 1.0], [0.0, NAN]]])
    assert masked(scores, masks) == pytest.approx(np.log(2) / 3)


def test_without_any_mask_there_is_nothing_to_pay() -> None:
    assert masked(torch.zeros(1, 2, 2), torch.full((1, 2, 2), NAN)) == 0


def test_budgets_fall_as_they_come_to_weigh() -> None:
    means = torch.tensor([0.8, 0.4])
    assert over(means, 0.25, weight=0) == 0
    assert over(means, 0.25, weight=1) == pytest.approx((0.55 + 0.15) / 2)
    assert over(means, 0.25, weight=0.5) == pytest.approx((0.8 - 0.625) / 2)
    assert over(means[:0], 0.25, weight=1) == 0


def test_weights_cost_their_divergence_from_an_even_mask() -> None:
    weights = torch.tensor([[[0.4, 0.4], [0.1, 0.1]], [[0.7, 0.1], [0.1, 0.1]], [[0.7, 0.1], [0.1, 0.1]]])
    masks = torch.tensor([[[1.0, 1.0], [0.0, 0.0]], [[NAN, NAN], [0.0, 0.0]], [[NAN, NAN], [NAN, NAN]]])
    assert marked(weights, masks) == pytest.approx((np.log(0.5 / 0.4) - np.log(0.8)) / 2)
    assert marked(weights[2:], masks[2:]) == 0


def test_weights_are_spread_over_the_places_that_share_them_evenly() -> None:
    even, one = torch.full((2, 2), 0.25), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    half = torch.tensor([[0.5, 0.5], [0.0, 0.0]])
    assert spread(torch.stack([even, half, one])).tolist() == pytest.approx([1, 0.5, 0.25])


def test_what_is_less_moved_is_the_same_and_gets_a_share_of_the_gradient() -> None:
    weights = torch.tensor([1.0, 2.0], requires_grad=True)
    less = less_moved(weights, 0.25)
    assert torch.equal(less, weights)
    less.sum().backward()
    assert weights.grad.tolist() == [0.25, 0.25]
