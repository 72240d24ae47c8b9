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
from attnviz.train import RECIPES, photo, photo_hard, photo_lessons
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
        photo: {"BATCH": 4, "EPOCHS": 2, "WATCHED": 2, "lite0": made_up},
        photo_lessons: {"ROUNDS": ((1, 6), (2, 4)), "WHOLE": (3, 2), "BATCH": 4, "lite0": made_up},
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
def test_a_resumed_training_ends_with_the_same_bits_and_its_lessons(name: str, card: ModelCard, tmp_path: Path) -> None:
    card = of(name, tmp_path)
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (part, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), part
    assert resumed.lessons.found is not None


# What of the nets stays as it was published; all else learns.
FROZEN = {"photo-hard": ("backbone.stem", *(f"backbone.stages.{i}." for i in range(5)))}


@pytest.mark.parametrize("name", SMALL)
def test_the_backbone_stays_as_it_was_and_what_is_new_does_not(name: str, card: ModelCard, tmp_path: Path) -> None:
    made = run(of(name, tmp_path), tmp_path)
    before = {key: weight.clone() for key, weight in made.net.named_parameters()}
    fit(made, tmp_path / "out")
    same = {key for key, weight in made.net.named_parameters() if torch.equal(weight, before[key])}
    frozen = FROZEN.get(name, ("backbone.",))
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
    views = [view for batch in photo_lessons.made(tmp_path) for view in batch][:3]
    batch = made.some(torch.arange(3))
    with torch.autocast("cpu", torch.bfloat16):
        looked, _ = made.look(batch, 1.0)
    logits, _ = made.decided(batch, looked, 1.0)
    whole = made.network()(photo_lessons.normalised([view.pixels for view in views]))
    torch.testing.assert_close(logits, whole, atol=0.02, rtol=0.05)


@torch.no_grad()
def test_the_reader_is_trained_on_what_it_says_of_the_patches_that_the_glance_picks(card: ModelCard, tmp_path: Path) -> None:
    """Of every batch the first, fourth and so on are drawn; those picked as most probable the whole net picks too."""
    made = run(of("photo-hard", tmp_path), tmp_path)
    made.net.eval()
    made.lessons.read(made.net)
    images = photo_lessons.normalised([view.pixels for batch in photo_lessons.made(tmp_path) for view in batch])[:4]
    batch = made.some(torch.arange(4))
    logits, _ = made.decided(batch, batch.picked.picks, 1.0)
    assert batch.picked.picks.sum((1, 2)).tolist() == [39] * 4
    torch.testing.assert_close(logits, made.net(images, picks=batch.picked.picks), atol=0.02, rtol=0.05)
    _, best = made.net.picker(*made.net.scores(images)), made.net.scores(images)[0].flatten(1).topk(39).indices
    shared = batch.picked.picks.flatten(1).gather(1, best).sum(1)
    assert shared[1:3].min() >= 35  # features are kept in half precision


def test_wanted_odds_are_a_power_of_what_each_place_adds() -> None:
    evidence = torch.tensor([[[[1.0, 3.0, 2.0]], [[0.0, 1.0, 9.0]]]])  # two channels, three places
    head = torch.tensor([[2.0, 0.0], [0.0, 1.0]])  # label 0 less the mean of both: 1, -0.5
    wanted = photo_hard.adding(evidence, head, torch.tensor([[5.0, 1.0]]), torch.full((1, 1, 3), NAN))
    torch.testing.assert_close(wanted, torch.tensor([[[1.0, 6.25, 0.0]]]) / 7.25)
    off = photo_hard.adding(evidence, head, torch.tensor([[5.0, 1.0]]), torch.tensor([[[1.0, 0.0, 1.0]]]))
    torch.testing.assert_close(off, torch.tensor([[[1.0, 0.0, 0.0]]]))


def test_lessons_are_the_same_wherever_they_are_made(card: ModelCard, tmp_path: Path) -> None:
    first, again = ([[view.pixels for view in batch] for batch in photo_lessons.made(tmp_path)] for _ in range(2))
    assert [len(batch) for batch in first] == [4, 2, 4, 2]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_held_out_photos_are_never_looked_at(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[photos.Photo] = []
    read = photos.read
    monkeypatch.setattr(photos, "read", lambda data, chosen: read(data, looked.extend(chosen) or chosen))
    list(photo_lessons.made(tmp_path))
    assert looked
    assert not set(looked) & {*photos.split(tmp_path)["test"], *photos.split(tmp_path)["watch"]}


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
