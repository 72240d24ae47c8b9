"""encode_image: what comes out of a photo, and what is refused before it is decoded."""

import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from attnviz.encode.image import EncodedImage, encode_image
from attnviz.errors import InputError

PLAIN = {"size": 32, "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def encoded(raw: Any, **changes: Any) -> EncodedImage:
    return encode_image(raw, **{**PLAIN, **changes})


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """A black 1-bit PNG written by hand: 20,000 x 20,000 pixels take 50 kB and no canvas."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((1 + (width + 7) // 8) * (height if rows is None else rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def halves(height: int, width: int) -> np.ndarray:
    """The left half black, the right half white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    return pixels


def test_an_image_of_the_models_size_goes_in_pixel_by_pixel() -> None:
    pixels = noise(32, 32)
    result = encoded(pixels)
    image = result.tensors["image"]
    assert image.shape == (1, 3, 32, 32)
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    assert torch.equal(image[0].permute(1, 2, 0) * 255, torch.from_numpy(pixels).float())
    assert np.array_equal(result.photo, pixels)
    assert np.array_equal(result.seen, pixels)
    assert result.box == (0, 0, 32, 32)
    assert result.notes == ()


def test_normalisation_subtracts_the_mean_and_divides_by_the_deviation_of_each_channel() -> None:
    pixels = np.full((32, 32, 3), (255, 51, 0), np.uint8)
    image = encoded(pixels, mean=(0.5, 0.1, 0.25), std=(0.25, 0.2, 0.5)).tensors["image"]
    # (1 - 0.5) / 0.25 = 2; (0.2 - 0.1) / 0.2 = 0.5; (0 - 0.25) / 0.5 = -0.5
    expected = torch.tensor([2.0, 0.5, -0.5]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    torch.testing.assert_close(image, expected)


def test_cropping_a_wide_photo_keeps_the_middle_columns() -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 20:40], pixels[:, 40:60], pixels[:, 60:] = RED, BLUE, WHITE
    result = encoded(pixels, size=40)
    assert result.box == (0, 20, 40, 60)
    assert np.array_equal(result.seen, pixels[:, 20:60])
    assert result.tensors["image"][0, :, 0, 19].tolist() == [1, 0, 0]
    assert result.tensors["image"][0, :, 0, 20].tolist() == [0, 0, 1]
    assert result.notes == ("The photo was cropped to its middle square: 40 of 80 columns are used.",)


def test_cropping_a_tall_photo_keeps_the_middle_rows() -> None:
    result = encoded(noise(451, 300))
    assert result.box == (75, 0, 375, 300)
    assert np.array_equal(result.seen, noise(451, 300)[75:375])
    assert result.notes == (
        "The photo was cropped to its middle square: 300 of 451 rows are used.",
        "The model sees only 32 x 32 pixels.",
    )


def test_a_letterbox_puts_bars_in_the_mean_colour_above_and_below() -> None:
    result = encoded(halves(20, 40), size=40, fit="letterbox", mean=(0.4, 0.6, 0.2))
    assert result.box == (-10, 0, 30, 40)
    assert result.seen.shape == (40, 40, 3)
    assert result.seen[[9, 10, 29, 30], 0].tolist() == [[102, 153, 51], [0, 0, 0], [0, 0, 0], [102, 153, 51]]
    assert result.seen[10, [19, 20]].tolist() == [[0, 0, 0], [255, 255, 255]]
    assert result.photo.shape == (20, 40, 3)
    torch.testing.assert_close(result.tensors["image"][0, :, 0, 0], torch.zeros(3))
    [note] = result.notes
    assert "20 of 40 rows show the photo" in note


def test_a_letterbox_around_a_tall_photo_reaches_beyond_it_on_both_sides() -> None:
    result = encoded(noise(41, 20), fit="letterbox")
    assert result.box == (0, -10, 41, 31)
    assert "20 of 41 columns show the photo" in result.notes[0]


def test_scaling_down_leaves_halves_as_halves() -> None:
    image = encoded(halves(320, 320)).tensors["image"]
    assert image[0, :, :, :12].max() == 0
    assert image[0, :, :, 20:].min() == 1


def test_scaling_down_averages_over_all_pixels_of_a_fine_pattern() -> None:
    board = (np.indices((640, 640)).sum(0) % 2 * 255).astype(np.uint8)
    assert (encoded(board).tensors["image"] * 255 - 127.5).abs().max() <= 1


def test_a_small_photo_is_enlarged_for_the_model_but_not_for_display() -> None:
    result = encoded(np.full((8, 8, 3), 51, np.uint8))
    torch.testing.assert_close(result.tensors["image"], torch.full((1, 3, 32, 32), 0.2))
    assert result.seen.shape == (8, 8, 3)
    assert result.notes == ("The model sees 32 x 32 pixels.",)


def test_a_large_photo_is_shown_at_1024_and_its_box_counts_those_pixels() -> None:
    result = encoded(Image.new("RGB", (4096, 2048), BLUE))
    assert result.photo.shape == (512, 1024, 3)
    assert result.seen.shape == (512, 512, 3)
    assert result.box == (0, 256, 512, 768)
    assert "2,048 of 4,096 columns are used" in result.notes[0]


def test_the_box_ends_at_the_edge_of_a_photo_whose_shrunk_height_was_rounded() -> None:
    result = encoded(Image.new("RGB", (3001, 2000), BLUE))
    assert result.photo.shape == (682, 1024, 3)  # 2000 * 1024 / 3001 = 682.4
    left = 500 * 1024 / 3001
    assert result.box == pytest.approx((0, left, 682, left + 2000 * 1024 / 3001))


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
@pytest.mark.parametrize(("width", "height"), [(100_000, 8), (8, 100_000)])
def test_a_very_long_strip_is_taken(fit: str, width: int, height: int) -> None:
    result = encoded(Image.new("L", (width, height), 255), fit=fit)
    assert result.photo.shape == ((1, 1024, 3) if width > height else (1024, 1, 3))
    assert result.seen.shape == ((8, 8, 3) if fit == "crop" else (512, 512, 3))
    assert "8 of 100,000" in result.notes[0]


def test_a_large_jpeg_decoded_at_a_quarter_gives_what_full_decoding_gives() -> None:
    columns = np.linspace(0, 255, 6000).round().astype(np.uint8)
    image = Image.fromarray(np.broadcast_to(columns, (4100, 6000)).copy())
    quick, slow = encoded(file(image, "JPEG", quality=95)), encoded(image)
    assert quick.notes == slow.notes
    assert "4,100 of 6,000 columns are used" in quick.notes[0]
    assert quick.box == pytest.approx(slow.box, abs=0.5)
    assert (quick.tensors["image"] - slow.tensors["image"]).abs().max() <= 2 / 255
    assert np.abs(quick.photo.astype(int) - slow.photo).max() <= 2


# Where the red corner lies in the file -> upright it is always at the top left (Exif 2.3, section 4.6.4).
CORNER = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (-1, 0), 7: (-1, -1), 8: (0, -1)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", CORNER)
def test_exif_orientation_brings_the_red_corner_to_the_top_left(orientation: int, kind: str) -> None:
    row, column = CORNER[orientation]
    stored = np.full((48, 64, 3), 255, np.uint8)
    stored[row * 16 % 48 : row * 16 % 48 + 16, column * 16 % 64 : column * 16 % 64 + 16] = RED
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = encoded(file(Image.fromarray(stored), kind, exif=exif))
    assert result.photo.shape == ((64, 48, 3) if orientation >= 5 else (48, 64, 3))
    top_left = result.photo[4:12, 4:12].astype(int)
    assert np.abs(top_left - RED).max() < 12
    assert result.photo[-16:].min() > 240
    assert result.photo[:, -16:].min() > 240
    assert ("The photo was turned upright, as its camera noted in it." in result.notes) == (orientation > 1)
    assert ("rows are used" in " ".join(result.notes)) == (orientation >= 5)


def test_the_fifth_and_the_sixth_orientation_differ_in_the_second_corner() -> None:
    stored = np.full((40, 40, 3), 255, np.uint8)
    stored[:8, -8:] = BLUE  # top right in the file; 5 mirrors at the falling diagonal, 6 turns a quarter clockwise
    for orientation, (row, column) in {5: (-1, 0), 6: (-1, -1), 7: (0, -1), 8: (0, 0)}.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        assert encoded(file(Image.fromarray(stored), exif=exif)).photo[row, column].tolist() == list(BLUE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_exif_block_does_not_cost_the_photo() -> None:
    result = encoded(file(Image.new("RGB", (32, 32)), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff\xff"))
    assert result.notes == ()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_laid_over_white(mode: str) -> None:
    image = Image.new(mode, (32, 32), (0, 102) if mode == "LA" else (0, 0, 0, 102))
    result = encoded(file(image))
    assert (result.photo == 153).all()  # 255 * (1 - 102 / 255)
    assert result.notes == ("Transparent parts were laid over white.",)


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (32, 32), 1)
    image.putpalette([*RED, *BLUE])
    image.paste(0, (0, 0, 16, 32))
    result = encoded(file(image, transparency=1))
    assert result.photo[0, [15, 16]].tolist() == [list(RED), list(WHITE)]
    assert result.notes == ("Transparent parts were laid over white.",)


def test_an_alpha_channel_that_hides_nothing_is_not_mentioned() -> None:
    assert encoded(file(Image.new("RGBA", (32, 32), (*RED, 255)))).notes == ()


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_sixteen_bit_greys_are_scaled_and_not_clipped(mode: str) -> None:
    ramp = np.arange(1024, dtype=np.uint16).reshape(32, 32) * 64  # 0 to 65472
    image = Image.fromarray(ramp if mode == "I;16" else ramp.astype(np.int32))
    assert image.mode == mode
    result = encoded(file(image, "TIFF"))
    assert result.photo[0, 0].tolist() == [0, 0, 0]
    assert result.photo[0, 2].tolist() == [0, 0, 0]  # 128 / 257 = 0.498
    assert result.photo[0, 3].tolist() == [1, 1, 1]  # 192 / 257 = 0.747
    assert result.photo[16, 0].tolist() == [128, 128, 128]  # 32768 / 257 = 127.502
    assert result.photo[31, 31].tolist() == [255, 255, 255]
    assert result.notes == ("The 16-bit greys were scaled to 8 bits.",)


def test_a_sixteen_bit_png_keeps_its_middle_grey() -> None:
    assert (encoded(file(Image.new("I;16", (32, 32), 51 * 257))).photo == 51).all()


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("1", (32, 32), 1), WHITE),
        (Image.new("L", (32, 32), 77), (77, 77, 77)),
        (Image.new("RGB", (32, 32), GREEN).quantize(4), GREEN),
        (Image.new("CMYK", (32, 32), (0, 255, 255, 0)), RED),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
@pytest.mark.parametrize("kind", ["TIFF", "as it is"])
def test_every_mode_becomes_rgb(image: Image.Image, colour: tuple[int, ...], kind: str) -> None:
    result = encoded(image if kind == "as it is" else file(image, kind))
    assert (result.photo == colour).all()
    assert result.notes == (("The print colours (CMYK) were converted to RGB.",) if image.mode == "CMYK" else ())


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    result = encoded(file(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95))
    assert np.abs(result.photo.astype(int) - RED).max() <= 3


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_is_used(kind: str) -> None:
    first, second = Image.new("RGB", (32, 32), RED), Image.new("RGB", (32, 32), BLUE)
    options = {"lossless": True} if kind == "WEBP" else {}
    result = encoded(file(first, kind, save_all=True, append_images=[second], **options))
    assert (result.photo == RED).all()
    assert result.notes == ("The image holds several frames: only frame 1 is used.",)


def test_an_mpo_of_a_phone_counts_as_a_still_photo() -> None:
    first, second = Image.new("RGB", (32, 32), RED), Image.new("RGB", (32, 32), BLUE)
    result = encoded(file(first, "MPO", save_all=True, append_images=[second]))
    assert np.abs(result.photo.astype(int) - RED).max() <= 3
    assert result.notes == ()


def test_an_array_of_greys_gets_three_equal_channels() -> None:
    pixels = noise(32, 32)[..., 0]
    assert np.array_equal(encoded(pixels).photo, np.stack([pixels] * 3, axis=-1))


def test_an_array_that_is_not_contiguous_keeps_its_pixels() -> None:
    pixels = noise(64, 32)[::2, ::-1]
    assert np.array_equal(encoded(pixels).photo, pixels)


def test_a_callers_image_and_array_are_left_as_they_were() -> None:
    opened = Image.open(BytesIO(file(Image.new("RGB", (4096, 4096), RED), "JPEG")))
    encoded(opened)
    assert opened.size == (4096, 4096)
    pixels = noise(32, 32)
    result = encoded(pixels)
    result.photo[:] = 0
    assert np.array_equal(pixels, noise(32, 32))
    assert np.array_equal(result.seen, pixels)


# What is refused, and the words with the number or the limit that the visitor reads.
REFUSED = {
    "empty": (b"", "0 bytes"),
    "21 MB": (bytes(21_000_000), "21,000,000 bytes, more than the limit of 20 MB"),
    "not an image": (b"Dear Sir or Madam, " * 100, "not an image of a known kind"),
    "an svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "JPEG, PNG, WebP, GIF, BMP or TIFF"),
    "a format off the list": (file(Image.new("RGB", (32, 32)), "ICO"), "JPEG, PNG, WebP, GIF, BMP or TIFF"),
    "a path": ("photo.jpg", "str is not an image"),
    "nothing": (None, "NoneType is not an image"),
    "20,000 x 20,000": (png(20_000, 20_000), "limit of 50 megapixels"),
    "a bomb": (png(2_000_000, 2_000_000, rows=1), "limit of 50 megapixels"),
    "8,000 x 8,000": (png(8_000, 8_000, rows=1), "8,000 x 8,000 pixels, more than the limit of 50 megapixels"),
    "a wide image": (Image.new("1", (50_000, 1_001)), "50,000 x 1,001 pixels, more than the limit of 50 megapixels"),
    "a wide array": (np.broadcast_to(np.uint8(0), (1_001, 50_000)), "50,000 x 1,001"),
    "no pixel": (Image.new("RGB", (0, 0)), "0 x 0 pixels, less than the least of 8 x 8"),
    "no row": (np.zeros((0, 32, 3), np.uint8), "32 x 0 pixels"),
    "one pixel": (file(Image.new("RGB", (1, 1))), "1 x 1 pixels, less than the least of 8 x 8"),
    "seven columns": (file(Image.new("RGB", (7, 100))), "7 x 100 pixels, less than the least of 8 x 8"),
    "decimal numbers": (file(Image.new("F", (32, 32), -0.5), "TIFF"), "decimal numbers"),
    "32-bit greys": (Image.new("I", (32, 32), 70_000), "from 70,000 to 70,000, beyond the 16 bits from 0 to 65,535"),
    "negative greys": (Image.new("I", (32, 32), -1), "from -1 to -1"),
    "a float array": (np.zeros((32, 32, 3)), "shape (32, 32, 3) and type float64"),
    "four channels": (np.zeros((32, 32, 4), np.uint8), "shape (32, 32, 4)"),
    "channels first": (np.zeros((3, 32, 32), np.uint8), "pass uint8 of shape (row, column, 3)"),
    "a row": (np.zeros(32, np.uint8), "shape (32,)"),
    "a batch": (np.zeros((1, 32, 32, 3), np.uint8), "shape (1, 32, 32, 3)"),
}


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
@pytest.mark.parametrize(("raw", "words"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_in_words_that_name_the_limit(raw: Any, words: str, fit: str) -> None:
    with pytest.raises(InputError) as refusal:
        encoded(raw, fit=fit)
    assert words.lower() in str(refusal.value).lower()
    assert refusal.value.cure


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(kind: str, share: float) -> None:
    whole = file(Image.fromarray(noise(64, 64)), kind)
    with pytest.raises(InputError, match="cut off or damaged"):
        encoded(whole[: int(len(whole) * share)])


def test_a_file_cut_within_its_header_is_refused() -> None:
    whole = file(Image.fromarray(noise(64, 64)), "JPEG")
    for length in range(1, 200):
        with pytest.raises(InputError):
            encoded(whole[:length])


@pytest.mark.parametrize("action", ["error", "ignore", "always"])
def test_100_megapixels_are_refused_whatever_the_warnings_filter_says(action: Any) -> None:
    with warnings.catch_warnings(record=True):
        warnings.simplefilter(action)
        with pytest.raises(InputError, match="limit of 50 megapixels"):
            encoded(png(10_000, 10_000, rows=1))


def test_the_limits_themselves_are_taken() -> None:
    assert encoded(png(8, 8)).photo.shape == (8, 8, 3)
    assert encoded(png(10_000, 5_000)).photo.shape == (512, 1024, 3)


def test_eight_threads_each_get_their_own_image() -> None:
    files = [file(Image.new("RGB", (64 + k, 64), (30 * k, 255 - 30 * k, k)), "PNG") for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(encoded, files * 8))
    for index, result in enumerate(results):
        k = index % 8
        assert result.photo.shape == (64, 64 + k, 3)
        assert (result.photo == (30 * k, 255 - 30 * k, k)).all()
        assert (result.tensors["image"][0, 2] * 255).round().unique().tolist() == [k]
