"""Folders of photos and masks, and boxes as masks: what goes with what, and what is refused."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attnviz.data import masked, photos
from attnviz.data.masked import boxes, folder, pairs, read_mask
from attnviz.encode import encode_image
from attnviz.errors import DataError, InputError
from tests import tiny

SIZE = (12, 9)  # width, height


def png(values: np.ndarray, mode: str | None = None) -> bytes:
    made = BytesIO()
    image = Image.fromarray(values)
    (image if mode is None else image.convert(mode)).save(made, "PNG")
    return made.getvalue()


def half(value: int = 255) -> np.ndarray:
    """The left third of 9 rows of 12 columns is the object."""
    values = np.zeros(SIZE[::-1], np.uint8)
    values[:, :4] = value
    return values


def write(path: Path, *names: str) -> Path:
    for name in names:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        is_mask = "mask" in name or (file.suffix == ".png" and name.startswith("both"))
        file.write_bytes(png(half()) if is_mask else tiny.jpeg(np.zeros(SIZE[::-1], np.uint8)))
    return path


LAYOUTS = {
    "two folders": (("images/a.jpg", "images/b.png", "masks/a.png", "masks/b.png"), [("a.jpg", "a.png"), ("b.png", "b.png")]),
    "masks beside": (("a.JPG", "b.webp", "masks/a.png", "masks/b_mask.png"), [("a.JPG", "a.png"), ("b.webp", "b_mask.png")]),
    "marked": (("a.jpg", "a_mask.png", "b.png", "b_mask.png"), [("a.jpg", "a_mask.png"), ("b.png", "b_mask.png")]),
    "by ending": (("both.jpg", "both.png", "both2.jpeg", "both2.png"), [("both.jpg", "both.png"), ("both2.jpeg", "both2.png")]),
}  # fmt: skip


@pytest.mark.parametrize(("names", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_photos_find_their_masks(tmp_path: Path, names: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    write(tmp_path, *names, ".hidden.jpg")
    assert [(photo.name, mask.name) for photo, mask in pairs(tmp_path)] == expected
    for one in folder(tmp_path):
        assert np.array_equal(one.mask, half() > 0)


UNPAIRED = {
    "nothing": ((), "No photos with masks"),
    "a photo without": (("a.jpg", "b.jpg", "b_mask.png"), "1 photos in .* have no mask, a for example. Name them images/NAME.jpg"),
    "a mask without": (("images/a.jpg", "masks/a.png", "masks/b.png"), "1 masks in .* have no photo, b for example"),
    "photos alone": (("a.jpg", "b.jpg"), "2 photos in .* have no mask"),
    "two of a name": (("images/a.jpg", "images/a.webp", "masks/a.png"), "more than one photo called a"),
    "masks alone": (("masks/a.png",), "1 masks in .* have no photo"),
}


@pytest.mark.parametrize(("names", "said"), UNPAIRED.values(), ids=UNPAIRED)
def test_what_has_no_partner_is_refused(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        pairs(write(tmp_path, *names))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--masks"):
        list(folder(tmp_path / "nowhere"))


KINDS = {
    "0 and 255": png(half()),
    "0 and 1": png(half(1)),
    "one bit": png(half() > 0),
    "colours alike": png(np.repeat(half()[..., None], 3, axis=2)),
    "opaque": png(half(), "RGBA"),
    "opaque grey": png(half(), "LA"),
    "16 bit": png(half(1).astype(np.uint16)),
}


@pytest.mark.parametrize("raw", KINDS.values(), ids=KINDS)
def test_a_mask_is_read_whatever_its_kind(raw: bytes) -> None:
    assert np.array_equal(read_mask(raw, SIZE, "a.png"), half() > 0)


def palette() -> bytes:
    image = Image.fromarray(half(1)).convert("P")
    image = Image.fromarray(half(1), mode="L")
    image = image.convert("P")
    image.putpalette([0, 0, 0, 128, 0, 0])
    made = BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def test_a_palette_counts_by_its_numbers() -> None:
    assert np.array_equal(read_mask(palette(), SIZE, "a.png"), half() > 0)


see_through = np.dstack([half(), half(), half(), half()])
coloured = np.dstack([half(), half() // 255, half()])
BROKEN = {
    "another size": (png(half().T), r"the mask a.png is 9 x 12 pixels, its photo 12 x 9\. draw the mask over the upright photo"),
    "greys": (png(half(128)), "2 values between 0 and 128"),
    "1 and 255": (png(np.where(half() > 0, 255, 1).astype(np.uint8)), "2 values between 1 and 255"),
    "colours": (png(coloured), "is coloured"),
    "transparent": (png(see_through), "is transparent in places"),
    "a jpeg": (tiny.jpeg(half()), "no PNG that can be read"),
    "cut off": (png(np.random.default_rng(0).integers(0, 2, SIZE[::-1]).astype(bool))[:60], "no PNG that can be read"),
    "nothing": (b"", "no PNG that can be read"),
}


@pytest.mark.parametrize(("raw", "said"), BROKEN.values(), ids=BROKEN)
def test_a_mask_of_another_kind_is_refused_by_name(raw: bytes, said: str) -> None:
    with pytest.raises(DataError, match=f"(?i){said}"):
        read_mask(raw, SIZE, "a.png")


def test_a_photo_that_is_none_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a_mask.png")
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    with pytest.raises((InputError, DataError), match="not an image"):
        list(folder(tmp_path))


def test_a_photo_that_its_camera_turned_wants_its_mask_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter
    Image.new("RGB", SIZE).save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "a_mask.png").write_bytes(png(half()))
    with pytest.raises(DataError, match="12 x 9 pixels, its photo 9 x 12"):
        list(folder(tmp_path))
    (tmp_path / "a_mask.png").write_bytes(png(half().T))
    (one,) = folder(tmp_path)
    assert encode_image(one.photo, size=8, mean=[0] * 3, std=[1] * 3).photo.shape[:2] == one.mask.shape == (12, 9)


def test_boxes_are_given_in_pixels_of_the_photo_before_it_was_made_smaller(tmp_path: Path) -> None:
    tiny.write_photos(tmp_path, {"airplanes": 20, "wrench": 5}, {"roses": 5})
    held_out = [photo for photo in photos.split(tmp_path)["test"] if photo.label == "airplane"]
    in_training = next(photo for photo in photos.split(tmp_path)["train"] if photo.label == "airplane")
    names = [f"{photo.stem}.jpg" for photo in (*held_out[:2], in_training)]  # as the larger files are called
    numbers = dict.fromkeys(names, (32, 24, 320, 120, 640, 240))  # the photos here are 32 x 24
    found = list(boxes(tiny.write_boxes(tmp_path, numbers)))
    assert [one.name for one in found] == [photo.path for photo in held_out[:2]]  # what was trained on is not scored
    rows, columns = np.nonzero(found[0].mask)
    assert found[0].mask.shape == (24, 32)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (2, 12, 2, 16)
    assert found[0].mask.sum() == 10 * 14


def test_a_box_that_reaches_beyond_its_photo_ends_with_it(tmp_path: Path) -> None:
    mask = masked._filled(
        {"file": "a", "x0": "-9", "y0": "5", "x1": "99", "y1": "99", "orig_w": "10", "orig_h": "10"}, (10, 10), tmp_path
    )
    assert mask[5:].all()
    assert not mask[:5].any()


def test_a_line_without_numbers_is_refused(tmp_path: Path) -> None:
    tiny.write_photos(tmp_path, {"airplanes": 5}, {"roses": 5})
    held_out = next(photo.path for photo in photos.split(tmp_path)["test"] if photo.label == "airplane")
    tiny.write_boxes(tmp_path, {held_out: (1, 2)})
    with pytest.raises(DataError, match="without six numbers"):
        list(boxes(tmp_path))
