"""HardClassifier: what was not picked cannot change the decision; picks come from odds and seeds."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz import record
from attnviz.nets.hard_classifier import together
from tests.tiny import hard_net

DRAW = torch.Generator().manual_seed(0)
IDS = torch.randint(1, 40, (2, 8), generator=DRAW)
WORD_IDS = torch.tensor([[0, 0, 1, 2, 3, 3, 3, 4], [0, 1, 1, 2, 0, 0, 0, 0]])
MASK = torch.tensor([[1] * 8, [1] * 4 + [0] * 4])
INPUT = {"input_ids": IDS, "attention_mask": MASK, "word_ids": WORD_IDS}
PICKS = torch.tensor([[False, True, False, True, False], [False, True, False, False, False]])


def one(*ids: int) -> dict[str, Tensor]:
    """A sentence of words of one token each."""
    return {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long),
            "word_ids": torch.arange(len(ids))[None]}  # fmt: skip


@torch.no_grad()
def test_words_that_were_not_picked_cannot_change_the_decision() -> None:
    """Every token of every unpicked word is replaced, many times: not one bit of the logits moves."""
    net = hard_net()
    before = net(**INPUT, picks=PICKS)
    unpicked = ~PICKS.gather(1, WORD_IDS)
    for _ in range(50):
        others = torch.where(unpicked, torch.randint(0, 40, IDS.shape, generator=DRAW), IDS)
        assert torch.equal(net(others, MASK, WORD_IDS, picks=PICKS), before)


@torch.no_grad()
def test_not_even_how_many_words_there_are_or_where_can_change_the_decision() -> None:
    """The picked words alone give the same logits as the sentence; in another order they do not."""
    net = hard_net()
    alone = net(**one(IDS[0, 2], *IDS[0, 4:7]), picks=torch.ones(1, 4, dtype=torch.bool))
    torch.testing.assert_close(net(**INPUT, picks=PICKS)[:1], alone)
    long = one(5, 6, int(IDS[0, 2]), 7, 8, 9, *IDS[0, 4:7].tolist(), 11, 12, 13)
    picks = torch.zeros(1, 12, dtype=torch.bool)
    picks[0, [2, 6, 7, 8]] = True
    torch.testing.assert_close(net(**long, picks=picks), alone)
    swapped = net(**one(*IDS[0, 4:7], IDS[0, 2]), picks=torch.ones(1, 4, dtype=torch.bool))
    assert not torch.allclose(swapped, alone)


@torch.no_grad()
def test_a_picked_word_does_change_the_decision() -> None:
    net = hard_net()
    others = IDS.clone()
    others[0, 2] = (others[0, 2] + 7) % 40
    assert not torch.allclose(net(others, MASK, WORD_IDS, picks=PICKS)[0], net(**INPUT, picks=PICKS)[0])


def test_no_gradient_reaches_a_word_that_was_not_picked() -> None:
    net = hard_net()
    net.embedding.weight.grad = None
    net.read(**INPUT, picks=PICKS).sum().backward()
    touched = set(torch.nonzero(net.embedding.weight.grad.abs().sum(1)).flatten().tolist())
    kept = PICKS.gather(1, WORD_IDS) & MASK.bool()
    assert touched <= {*IDS[kept].tolist(), 0}  # 0 is the padding behind the shorter pick
    assert touched >= set(IDS[kept].tolist())


@torch.no_grad()
def test_the_decision_is_the_readers_on_the_words_that_the_tape_shows() -> None:
    net = hard_net()
    for seed in (None, 1, 2):
        with record(net) as tape:
            logits = net(**INPUT, seed=seed)
        shown = torch.from_numpy(np.stack([tape.example(i)["picker.picks"].dense() for i in range(2)])).bool()
        assert torch.equal(net.read(**INPUT, picks=shown), logits)
        assert [(m.layer, m.kind, m.norm, m.axes) for m in tape] == [
            ("picker.odds", "hard", "sigmoid", ("word",)),
            ("picker.picks", "hard", "binary", ("word",)),
            ("reader.attention", "soft", "softmax", ("key picked",)),
        ]


@torch.no_grad()
def test_a_sentence_of_which_nothing_is_picked_gets_the_same_decision_as_any_other() -> None:
    net = hard_net()
    nothing = net(**INPUT, picks=torch.zeros(2, 5, dtype=torch.bool))
    assert torch.isfinite(nothing).all()
    torch.testing.assert_close(nothing[0], nothing[1])


@torch.no_grad()
def test_the_same_seed_picks_the_same_words_and_seeds_differ() -> None:
    net = hard_net()
    net.selector.score.weight.data.mul_(0.1)  # odds near one half

    def picks(seed: int) -> list[float]:
        with record(net) as tape:
            net(**INPUT, seed=seed)
        return tape["picker.picks"].dense().tolist()

    assert picks(7) == picks(7)
    assert len({tuple(picks(seed)) for seed in range(8)}) > 1


@torch.no_grad()
def test_the_mean_of_seeded_samples_tends_to_the_odds() -> None:
    net = hard_net()
    scores, words = net.scores(**one(3, 9, 14, 22, 30))
    picks, odds = net.picker.draws(range(3000), scores, words)
    spread = (odds * (1 - odds) / 3000).sqrt()
    assert ((picks.float().mean(0) - odds[0]).abs() <= 4 * spread[0] + 1e-6).all()


@torch.no_grad()
def test_a_word_is_scored_by_the_mean_over_its_tokens_and_padding_is_no_word() -> None:
    net = hard_net()
    scores, words = net.scores(**INPUT)
    assert words.tolist() == [[True] * 5, [True, True, True, False, False]]
    states = net.selector.encoder.lstm(torch.tanh(net.selector.narrow(net.embedding(IDS[1, :4]))))[0]
    expected = net.selector.score(torch.tanh(net.selector.hidden(states[1:3].mean(0))))
    torch.testing.assert_close(scores[1, 1:2], expected)


@pytest.mark.parametrize("kept", list(itertools.product((False, True), repeat=3)))
def test_kept_tokens_move_together_in_their_order(kept: tuple[bool, ...]) -> None:
    ids = torch.tensor([[4, 5, 6], [7, 8, 9]])
    mask = torch.tensor([kept, (True, False, True)])
    moved, lengths = together(ids, mask)
    expected = [i for i, keep in zip((4, 5, 6), kept, strict=True) if keep]
    assert moved[0].tolist() == expected + [0] * (moved.shape[1] - len(expected))
    assert moved[1, :2].tolist() == [7, 9]
    assert lengths.tolist() == [sum(kept), 2]
