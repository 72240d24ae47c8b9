"""Whether probabilities mean what they say, and the one number that mends them (Guo et al., 2017, arXiv:1706.04599)."""

import torch
from torch import Tensor

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0
HALVINGS = 60


def calibration_error(odds: Tensor, labels: Tensor, bins: int = BINS) -> float:
    """(example, label) probabilities, (example,) -> the expected calibration error of the chosen label's probability.

    In equal-width bins from 0 to 1, each with its upper end: the mean over examples of how far the mean probability of their bin is
    from its share of right choices.
    """
    sure, chosen = odds.double().max(-1)
    right = (chosen == labels).double()
    place = (sure * bins).ceil().long().clamp(1, bins) - 1
    off = torch.zeros(bins, dtype=torch.float64).index_add(0, place, sure - right)
    return float(off.abs().sum() / len(labels))


def fitted_temperature(logits: Tensor, labels: Tensor) -> float:
    """(example, label), (example,) -> the temperature by which softmax(logits / temperature) makes the labels most likely.

    The likelihood has one peak in 1 / temperature, so its slope is halved down to 0, from COLDEST to HOTTEST.
    """
    logits = logits.double()
    of_label = logits.gather(1, labels[:, None]).mean()
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = ((middle * logits).softmax(-1) * logits).sum(-1).mean() - of_label
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 2 / (low + high)
