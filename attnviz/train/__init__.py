"""Recipes of the shipped models. Only the command line imports this, and the app never does."""

from collections.abc import Callable
from pathlib import Path

from attnviz.cards import ModelCard, find_card
from attnviz.errors import CardError
from attnviz.train import calibrate, cifar
from attnviz.train.cifar import CifarRun
from attnviz.train.cifar_hard import CifarHardRun
from attnviz.train.cifar_vit import VitRun
from attnviz.train.known import HELD, know
from attnviz.train.loop import Run, fit
from attnviz.train.photo_gates import GatesRun
from attnviz.train.photo_self import SelfRun
from attnviz.train.photo_soft import SoftRun as PhotoSoftRun
from attnviz.train.sentiment_hard import HardRun
from attnviz.train.sentiment_minilm import SentimentRun
from attnviz.train.sentiment_soft import SoftRun
from attnviz.train.series_attention import SeriesRun
from attnviz.train.ship import ship
from attnviz.train.translation import SCHEDULES, TranslationRun
from attnviz.train.words_masked import MaskedWordRun
from attnviz.train.words_next import NextWordRun

RECIPES: dict[str, Callable[[ModelCard, Path, str], Run]] = {
    **dict.fromkeys(cifar.SCHEDULES, CifarRun),
    "cifar-hard": CifarHardRun,
    "cifar-vit": VitRun,
    "photo-gates": GatesRun,
    "photo-self": SelfRun,
    "photo-soft": PhotoSoftRun,
    "sentiment-hard": HardRun,
    "sentiment-minilm": SentimentRun,
    "sentiment-soft": SoftRun,
    "series-attention": SeriesRun,
    **dict.fromkeys(SCHEDULES, TranslationRun),
    "words-masked": MaskedWordRun,
    "words-next": NextWordRun,
}

# What is fitted on held-out inputs when a training is over, by the task.
FITTED = {calibrate.TASK: calibrate.calibrate, **dict.fromkeys(HELD, know)}


def train(name: str, data: Path, out: Path, device: str = "cpu") -> None:
    """Trains a model by its recipe and leaves a folder that `load` takes; continues from a checkpoint in `out`."""
    if name not in RECIPES:
        raise CardError(f"there is no recipe for {name!r}", f"recipes are {', '.join(RECIPES)}")
    card = find_card(name)
    run = RECIPES[name](card, data, device)
    fit(run, out)
    run.settle()
    ship(run, card, out)
    if card.task in FITTED:
        FITTED[card.task](find_card(str(out)), data)
