"""Photos of 105 things: 100 classes of Caltech-101 (Li et al., 2004) and the five of the TensorFlow flowers.

Expects `<data>/caltech101/images_224.zip` with `class/name.webp` and `<data>/flowers5/flowers_224.zip` with
`part/class/name.webp`. A fifth of every class is held out as the test split, some of the rest to watch a training; which ones
follows from their names alone, whatever the size and the format of the files.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from attnviz.errors import DataError

ARCHIVES = ("caltech101/images_224.zip", "flowers5/flowers_224.zip")
ENTRY = re.compile(r"(?:[\w-]+/)?(?P<folder>[\w-]+)/[\w.-]+\.webp")
# Folders whose names do not read as one thing; the sunflowers of the two sources are classes of their own.
LABELS = {
    "Faces": "face", "Leopards": "leopard", "Motorbikes": "motorbike", "airplanes": "airplane", "water_lilly": "water lily",
    "roses": "rose", "tulips": "tulip",
}  # fmt: skip
SEED = "attnviz 2"
TEST = 0.2
WATCHED = 0.04
MAX_ENTRIES = 50_000
MAX_BYTES = 1_000_000
MAX_SIDE = 1024


@dataclass(frozen=True)
class Photo:
    """One photo: the archive it is in, its path there, and its label."""

    archive: str
    path: str
    label: str

    @property
    def name(self) -> str:
        """Archive and path."""
        return f"{self.archive}/{self.path}"

    @property
    def identity(self) -> str:
        """Data set, class and file without its ending: the same for the same photo at another size."""
        return f"{self.archive.split('/')[0]}/{self.stem}"

    @property
    def stem(self) -> str:
        """The path in the archive without the ending."""
        return self.path.rpartition(".")[0]


def split(data: Path) -> dict[str, list[Photo]]:
    """The photos of "train", "watch" and "test", by class; the same ones wherever this runs."""
    classes: dict[str, list[Photo]] = {}
    for photo in listed(data):
        classes.setdefault(photo.label, []).append(photo)
    parts: dict[str, list[Photo]] = {"train": [], "watch": [], "test": []}
    for photos in classes.values():
        mixed = sorted(photos, key=lambda photo: hashlib.sha256(f"{SEED}/{photo.identity}".encode()).digest())
        held, watched = round(TEST * len(mixed)), max(1, round(WATCHED * len(mixed)))
        for name, part in zip(parts, (mixed[held + watched :], mixed[held : held + watched], mixed[:held]), strict=True):
            parts[name] += part
    return parts


def listed(data: Path) -> list[Photo]:
    """All photos of both archives, in the order of their names."""
    return [photo for archive in ARCHIVES for photo in _entries(Path(data), archive)]


def _entries(data: Path, archive: str) -> list[Photo]:
    with _opened(data, archive) as file:
        entries = [entry for entry in file.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        raise DataError(f"{archive} has {len(entries):,} entries, more than the limit of {MAX_ENTRIES:,}", "fetch it again")
    photos = []
    for entry in sorted(entries, key=lambda entry: entry.filename):
        match = ENTRY.fullmatch(entry.filename)
        if match is None or entry.file_size > MAX_BYTES:
            raise DataError(f"{archive} holds {entry.filename!r}, which is no small photo of a class", "fetch it again")
        folder = match["folder"]
        photos.append(Photo(archive, entry.filename, LABELS.get(folder, folder.replace("_", " "))))
    return photos


def read(data: Path, photos: Iterable[Photo]) -> Iterator[NDArray[np.uint8]]:
    """(row, column, 3) of each photo at its own size; DataError where one cannot be decoded."""
    chosen = list(photos)
    return (_decoded(file, photo) for file, photo in zip(raw(data, chosen), chosen, strict=True))


def raw(data: Path, photos: Iterable[Photo]) -> Iterator[bytes]:
    """The file of each photo."""
    files = {archive: _opened(Path(data), archive) for archive in ARCHIVES}
    try:
        for photo in photos:
            yield files[photo.archive].read(photo.path)
    finally:
        for file in files.values():
            file.close()


def _decoded(raw: bytes, photo: Photo) -> NDArray[np.uint8]:
    try:
        image = Image.open(BytesIO(raw), formats=("WEBP",))
        if max(image.size) > MAX_SIDE:
            raise DataError(f"{photo.name} is {image.width:,} x {image.height:,} pixels", f"the limit is {MAX_SIDE:,} a side")
        return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise DataError(f"{photo.name} cannot be decoded: {error}", "fetch the data set again") from error


def _opened(data: Path, archive: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(data / archive)
    except (OSError, zipfile.BadZipFile):
        raise DataError(f"no archive of photos at {data / archive}", "pass the folder that holds caltech101/ with --data") from None
