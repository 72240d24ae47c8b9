"""Photos are decoded beside the server: the same pixels and sentences, and no photo ends more than the process that reads it."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from attnviz.encode.decode import decoded
from attnviz.encode.image import PHOTO_SIDE
from attnviz.errors import InputError
from attnviz.ui.decoding import Decoder


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder(2, 120)
    yield made
    made.close()


def photo(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (40, 30), seed: int = 0, turn: int = 1) -> bytes:
    shown = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = turn
    file = BytesIO()
    shown.save(file, kind, exif=exif)
    return file.getvalue()


def test_pixels_size_and_notes_are_those_of_the_border_itself(decoder: Decoder) -> None:
    for raw in (photo(), photo("JPEG", size=(1900, 1300)), photo("JPEG", turn=6), photo(mode="L"), photo(mode="P"), photo("WEBP")):
        image, given, notes = decoded(raw, PHOTO_SIDE)
        found = decoder.decode(raw)
        assert np.array_equal(found.image, image)
        assert (found.given, list(found.notes)) == (given, notes)


@pytest.mark.parametrize("raw", [b"", b"no photo", photo()[:-40], photo(size=(4, 4)), photo()[:30] + b"\0" * 300])
def test_what_is_refused_is_refused_in_the_same_sentence(decoder: Decoder, raw: bytes) -> None:
    with pytest.raises(InputError) as here:
        decoded(raw, PHOTO_SIDE)
    with pytest.raises(InputError) as there:
        decoder.decode(raw)
    assert str(there.value) == str(here.value)


def test_a_photo_that_takes_too_long_is_a_sentence_and_the_next_one_is_decoded(decoder: Decoder) -> None:
    decoder.seconds = 0.01  # less than Python takes to start
    for _ in range(3):
        with pytest.raises(InputError, match=r"^The photo took more than 0\.01 seconds to decode\. Save it smaller\.$"):
            decoder.decode(photo())
    decoder.seconds = 120
    assert decoder.decode(photo()).given == (40, 30)


def test_a_process_that_has_died_is_replaced(decoder: Decoder) -> None:
    for number in range(3):
        assert decoder.decode(photo(seed=number)).given == (40, 30)
        for process in list(decoder._idle.queue):
            if process is not None:
                process.kill()
                process.wait()


def test_photos_of_many_visitors_are_not_mixed(decoder: Decoder) -> None:
    raws = [photo(seed=seed, size=(20 + seed, 30)) for seed in range(12)]
    with ThreadPoolExecutor(12) as threads:
        for raw, found in zip(raws, threads.map(decoder.decode, raws), strict=True):
            assert np.array_equal(found.image, decoded(raw, PHOTO_SIDE)[0])


def in_worker(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_process_has_no_torch_and_no_server_in_it() -> None:
    code = "import attnviz.encode.worker, sys; print({'torch', 'streamlit', 'transformers', 'plotly'} & set(sys.modules))"
    assert in_worker(code) == "set()\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit on addresses")
def test_its_memory_is_limited() -> None:
    code = "from attnviz.encode.worker import limit_memory; limit_memory(); bytearray(2 << 30)"
    assert "MemoryError" in in_worker(code)
