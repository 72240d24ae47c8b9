"""Archives of photos: what is read, how it is split, and what is refused."""

import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attnviz.data import photos
from attnviz.errors import DataError
from tests.tiny import webp, write_photos

CLASSES = {"Faces": 40, "grand_piano": 10, "wrench": 5}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_photos(tmp_path, CLASSES, {"roses": 7, "sunflowers": 6})


def test_labels_are_words(data: Path) -> None:
    assert Counter(photo.label for photo in photos.listed(data)) == {
        "face": 40, "grand piano": 10, "wrench": 5, "rose": 7, "sunflowers": 6,
    }  # fmt: skip


def test_a_fifth_of_every_class_is_held_out_and_no_photo_is_in_two_parts(data: Path) -> None:
    parts = photos.split(data)
    assert {name: Counter(photo.label for photo in part) for name, part in parts.items()} == {
        "train": {"face": 30, "grand piano": 7, "wrench": 3, "rose": 5, "sunflowers": 4},
        "watch": {"face": 2, "grand piano": 1, "wrench": 1, "rose": 1, "sunflowers": 1},
        "test": {"face": 8, "grand piano": 2, "wrench": 1, "rose": 1, "sunflowers": 1},
    }
    names = [photo.name for part in parts.values() for photo in part]
    assert len(names) == len(set(names)) == 68


def test_the_split_does_not_depend_on_the_order_in_the_archive(data: Path, tmp_path: Path) -> None:
    path = data / photos.ARCHIVES[0]
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    before = photos.split(data)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in reversed(entries.items()):
            file.writestr(name, content)
    assert photos.split(data) == before


def test_these_faces_are_held_out_now_and_ever(data: Path) -> None:
    faces = sorted(photo.path for photo in photos.split(data)["test"] if photo.label == "face")
    assert faces == [f"Faces/image_{i:04d}.webp" for i in HELD_OUT]


HELD_OUT = (5, 8, 14, 20, 22, 30, 33, 34)  # by sha256 of "attnviz 2/caltech101/Faces/image_...."


def test_photos_come_at_their_own_size_and_in_colour(data: Path) -> None:
    grey = next(photo for photo in photos.listed(data) if photo.path == "wrench/image_0000.webp")
    (found,) = photos.read(data, [grey])
    assert (found.shape, found.dtype) == ((24, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../evil.webp", b"", "holds '../evil.webp', which is no small photo"),
        ("a/b/c/d.webp", b"", "no small photo of a class"),
        ("Faces/notes.txt", b"", "no small photo of a class"),
        ("Faces/large.webp", b"\0" * 1_000_001, "no small photo of a class"),
    ],
)
def test_an_archive_with_anything_else_is_refused(data: Path, name: str, content: bytes, said: str) -> None:
    with zipfile.ZipFile(data / photos.ARCHIVES[0], "a") as file:
        file.writestr(name, content)
    with pytest.raises(DataError, match=said):
        photos.split(data)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no photo", "cannot be decoded"),
        (webp(np.zeros((40, 40, 3), np.uint8))[:-200], "cannot be decoded"),
        (webp(np.zeros((8, 1025, 3), np.uint8)), r"is 1,025 x 8 pixels\. The limit is 1,024"),
    ],
)
def test_a_broken_or_large_photo_is_refused_by_name(data: Path, content: bytes, said: str) -> None:
    with zipfile.ZipFile(data / photos.ARCHIVES[0], "a") as file:
        file.writestr("wrench/image_9999.webp", content)
    bad = next(photo for photo in photos.listed(data) if photo.path.endswith("9999.webp"))
    with pytest.raises(DataError, match=rf"wrench/image_9999\.webp.*{said}"):
        list(photos.read(data, [bad]))


def test_a_png_is_no_webp(data: Path) -> None:
    made = BytesIO()
    Image.new("RGB", (16, 16)).save(made, "PNG")
    with zipfile.ZipFile(data / photos.ARCHIVES[0], "a") as file:
        file.writestr("wrench/image_9999.webp", made.getvalue())
    with pytest.raises(DataError, match="cannot be decoded"):
        list(photos.read(data, [photo for photo in photos.listed(data) if photo.path.endswith("9999.webp")]))


def test_a_missing_archive_is_refused_with_what_to_pass(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--data"):
        photos.split(tmp_path)
