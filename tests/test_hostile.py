"""Inputs that mean harm: each is refused in a sentence or rightly taken, and nothing is crashed, fetched or used up.

A watchdog ends a try after PATIENCE seconds and one that asks for more than MEMORY; nothing asserts on how long one took.
"""

import hashlib
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import numpy as np
import pytest

from attnviz.cards import CARD, ModelCard, all_cards, read_card
from attnviz.encode import encode_image, encode_series, encode_text, read_text_file
from attnviz.encode.text import text_tokenizer
from attnviz.errors import AttnvizError, CardError, InputError, WeightsError
from attnviz.load import load
from attnviz.state import Choice, OneOf, OnOff, Places, Real, SomeOf, Text, Whole, Window, settled
from attnviz.ui import say
from tests import hostile, tiny

# One choice of each kind that an address or a session can hold.
CHOICES = [
    Choice("one", "One", OneOf(("mean", 0, 1)), "mean"), Choice("whole", "Whole", Whole(1, 24), 1),
    Choice("real", "Real", Real(0, 1, 0.05), 0.5), Choice("on", "On", OnOff(), True),
    Choice("some", "Some", SomeOf(("a", "b"), most=2), ()), Choice("cells", "Cells", Places(axes=2, rows=(2, 30)), ()),
    Choice("text", "Text", Text(80), ""), Choice("window", "Window", Window(500), (range(64), range(64))),
]  # fmt: skip
PATIENCE = 30
MEMORY = 1_000_000  # kilobytes
PHOTO: dict[str, Any] = {"size": 32, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
SERIES: dict[str, Any] = {"past": 168, "ahead": 24, "least": 4}
T = TypeVar("T")


class Watchdog(BaseException):
    """Raised in the middle of a try that does not end; no border may take it for damage."""


@contextmanager
def watched() -> Iterator[None]:
    def bark(number: int, where: FrameType | None) -> None:
        raise Watchdog

    before, handler = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, signal.signal(signal.SIGALRM, bark)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


def tried(work: Callable[[], T]) -> T | None:
    """What the work gives; None after it was refused, which takes a sentence."""
    with watched():
        try:
            return work()
        except AttnvizError as error:
            refused = error
    assert a_sentence(refused)
    return None


def a_sentence(error: AttnvizError) -> bool:
    """One that a visitor can read: not empty, not endless, on one line, and without what Markdown would make of it."""
    text = str(error)
    return 10 < len(text) < 1_000 and text.endswith(".") and "Traceback" not in text and "\n" not in say.literal(text)


def test_there_are_three_hundred_of_them() -> None:
    assert len(list(hostile.everything())) >= 300


@pytest.mark.parametrize("name", hostile.photos())
def test_photos(name: str) -> None:
    raw = hostile.photos()[name]()
    found = tried(lambda: encode_image(raw, **PHOTO))
    if found is not None:
        assert found.tensors["image"].shape == (1, 3, 32, 32)
        assert bool(found.tensors["image"].isfinite().all())


@pytest.mark.parametrize(
    "name", ["scans", "empty chunks", "a comment of a GIF", "tiles of 26,000", "packed runs", "three million pages"]
)
def test_bombs_are_refused_before_they_are_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = hostile.photos()[name]()
    monkeypatch.setattr("PIL.Image.open", lambda *_, **__: pytest.fail("a decoder saw it"))
    with pytest.raises(InputError, match=r"which no photo needs|more than the limit|too large to unpack"):
        encode_image(raw, **PHOTO)


@pytest.mark.parametrize("name", hostile.texts())
def test_texts(name: str, text_model: Path) -> None:
    text = hostile.texts()[name]()
    tokenizer = text_tokenizer(text_model / "tokenizer.json", 64)
    found = tried(lambda: encode_text(text, tokenizer=tokenizer))
    if found is not None:
        assert 0 < found.tensors["input_ids"].shape[1] <= 64
        assert len(found.tokens) == found.tensors["input_ids"].shape[1]
        assert sum(len(word.positions) for word in found.words) == len(found.tokens)


@pytest.mark.parametrize("name", {**hostile.tables(), **hostile.photos()})
def test_files_of_text(name: str) -> None:
    raw = {**hostile.tables(), **hostile.photos()}[name]()
    assert "\0" not in (tried(lambda: read_text_file(raw)) or "")


@pytest.mark.parametrize("name", hostile.tables())
def test_tables(name: str) -> None:
    raw = hostile.tables()[name]()
    found = tried(lambda: encode_series(raw, **SERIES))
    if found is not None:
        assert bool(found.tensors["past"].isfinite().all())
        assert np.isfinite(found.values).all()
        assert found.name.isprintable()
        assert len(found.name) <= 66
        assert len(found.ahead_names) == 24


@pytest.mark.parametrize("name", hostile.photos())
def test_photos_are_no_tables(name: str) -> None:
    with watched(), pytest.raises(InputError):
        encode_series(hostile.photos()[name](), **SERIES)


@pytest.mark.parametrize("name", hostile.cards())
def test_cards(name: str, tmp_path: Path) -> None:
    for folder in ("bad", "good"):
        (tmp_path / folder).mkdir()
    (tmp_path / "good" / CARD).write_text(hostile.GOOD.replace("[x]\n", ""))
    (tmp_path / "bad" / CARD).write_bytes(hostile.cards()[name]())
    with watched():
        cards, errors = all_cards(tmp_path)
    assert "good" in {card.name for card in cards}
    for error in errors:
        assert isinstance(error, CardError)
        assert a_sentence(error)
    for card in cards:
        with pytest.raises(AttnvizError) as refused:
            load(card)
        assert a_sentence(refused.value)


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "..", "a/../../secret", "link"])
def test_files_outside_of_the_folder_are_not_read_and_nothing_is_said_of_them(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / CARD).write_text(hostile.GOOD.replace("[x]\n", "").replace("weights.safetensors", place))
    with pytest.raises((CardError, WeightsError)) as refused:
        read_card(folder).file(place)
    assert "outside" in str(refused.value)
    assert "sha256" not in str(refused.value)


@pytest.mark.parametrize("name", hostile.weights())
def test_weights(name: str, tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "made")
    raw = hostile.weights()[name]()
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "weights.safetensors").write_bytes(raw)
    card: ModelCard = read_card(other)
    card.files["weights.safetensors"] = hashlib.sha256(raw).hexdigest()
    with watched(), pytest.raises(WeightsError) as refused:
        load(card)
    assert a_sentence(refused.value)


@pytest.mark.parametrize("text", hostile.MARKUP)
def test_markup_stays_text_wherever_it_is_said(text: str) -> None:
    told = say.literal(text)
    assert "\n" not in told
    for mark in ("](", "<", "$", "`", "{{"):
        assert mark not in told.replace("\\" + mark[0], "")


@pytest.mark.parametrize("name", hostile.links())
def test_what_an_address_asks_for_is_allowed_or_is_a_sentence(name: str) -> None:
    text = hostile.links()[name]
    with watched():
        values, refused = settled(CHOICES, {choice.name: text for choice in CHOICES} | {text[:50]: text})
    for choice in CHOICES:
        written = choice.allowed.write(values[choice.name])
        assert len(written) <= max(100, len(text))
        assert choice.allowed.read(written) == values[choice.name]
        if choice.name in refused:
            assert values[choice.name] == choice.default
            assert len(refused[choice.name]) < 500
            assert refused[choice.name].endswith(".")
    assert set(refused) <= {choice.name for choice in CHOICES}
