"""Photos as other programs save them: whatever the profile, depth and mode, the picture is the plain one."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from attnviz.encode.decode import decoded
from attnviz.paths import ASSETS
from tests import hostile

PLAIN = Image.open(ASSETS / "photos" / "chelsea.jpg").convert("RGB").resize((96, 64))
PIXELS = np.asarray(PLAIN)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
XYZ_OF_SRGB = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])  # of D50, columns r, g, b
# Columns r, g, b of others, adapted to D50: Adobe RGB (1998), Display P3, ProPhoto.
WIDE = {
    "Adobe RGB": ([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]], 2.2),
    "Display P3": ([[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]], 2.2),
    "ProPhoto": ([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]], 1.8),
    "swapped": ([[0.3851, 0.4360, 0.1431], [0.7169, 0.2225, 0.0606], [0.0971, 0.0139, 0.7141]], 2.2),
    "linear": (XYZ_OF_SRGB.tolist(), 1.0),
}


def profile(columns: list[list[float]], gamma: float) -> bytes:
    """An ICC profile of three primaries and a gamma, written by hand (ICC.1:2001-04)."""

    def s15(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    tags = {
        b"wtpt": b"XYZ \0\0\0\0" + s15(0.9642) + s15(1.0) + s15(0.8249),
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"mine\0" + bytes(78),
    }
    for place, name in enumerate((b"r", b"g", b"b")):
        tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + b"".join(s15(row[place]) for row in columns)
        tags[name + b"TRC"] = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    start, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + s15(0.9642) + s15(1.0) + s15(0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def shown(raw: bytes) -> tuple[np.ndarray, list[str]]:
    image, _, notes = decoded(raw, 1024)
    assert image.mode == "RGB"
    return np.asarray(image).astype(int), notes


def stored(columns: list[list[float]], gamma: float) -> Image.Image:
    """The numbers that stand for the plain photo's colours under other primaries, by hand."""
    value = PIXELS / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    other = linear @ XYZ_OF_SRGB.T @ np.linalg.inv(np.array(columns)).T
    return Image.fromarray(np.rint(255 * other.clip(0, 1) ** (1 / gamma)).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("name", WIDE)
def test_colours_are_those_of_the_files_profile(name: str, kind: str) -> None:
    columns, gamma = WIDE[name]
    options = {"lossless": True} if kind == "WEBP" else {}
    found, notes = shown(file(stored(columns, gamma), kind, icc_profile=profile(columns, gamma), **options))
    assert np.abs(found - PIXELS).mean() < (3 if gamma == 1 else 1.5)
    assert notes == ["The colours were converted from the profile “mine” of the file to sRGB."]


def test_the_profile_that_all_expect_changes_nothing_and_a_broken_one_is_passed_over() -> None:
    for raw in (SRGB.tobytes(), b"no profile at all", SRGB.tobytes()[:200]):
        found, notes = shown(file(PLAIN, icc_profile=raw))
        np.testing.assert_array_equal(found, PIXELS)
        assert notes == []


def test_a_profile_for_other_colours_is_passed_over() -> None:
    grey = PLAIN.convert("L")
    assert (
        np.abs(
            shown(file(PLAIN, icc_profile=profile(*WIDE["linear"])[:16] + b"CMYK" + profile(*WIDE["linear"])[20:]))[0] - PIXELS
        ).max()
        == 0
    )
    found, _ = shown(file(grey, icc_profile=profile(*WIDE["linear"])))
    assert found.mean() > np.asarray(grey).mean() + 20  # a grey photo in a linear RGB space is brighter than its numbers


def test_transparency_and_a_profile_go_together() -> None:
    columns, gamma = WIDE["swapped"]
    image = stored(columns, gamma).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 255).point(lambda _: 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    found, notes = shown(file(image, icc_profile=profile(columns, gamma)))
    assert found[0, 0].tolist() == [255, 255, 255]
    assert np.abs(found - PIXELS)[1:].mean() < 1.5
    assert len(notes) == 2


def test_lab_and_print_colours_are_converted() -> None:
    lab = ImageCms.applyTransform(
        PLAIN, ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    )
    assert lab is not None
    found, notes = shown(file(lab, "TIFF"))
    assert np.abs(found - PIXELS).mean() < 4
    assert notes == ["The Lab colours were converted to RGB."]
    assert np.abs(shown(file(PLAIN.convert("CMYK"), "TIFF"))[0] - PIXELS).max() <= 2


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_greys_of_every_depth_in_sixteen_bits_are_the_same_photo(bits: int, kind: str) -> None:
    grey = np.asarray(PLAIN.convert("L"))
    deep = np.rint(grey / grey.max() * (2**bits - 1)).astype(np.uint16)
    found, notes = shown(file(Image.fromarray(deep), kind))
    np.testing.assert_allclose(found[..., 0], grey / grey.max() * 255, atol=1)
    assert len(notes) == 1
    assert (f"read as {bits} bits" in notes[0]) == (bits < 16)


@pytest.mark.parametrize("top", [1, 255])
def test_decimal_greys_are_read(top: int) -> None:
    grey = np.asarray(PLAIN.convert("L"))
    found, notes = shown(file(Image.fromarray((grey / 255 * top).astype(np.float32)), "TIFF"))
    np.testing.assert_allclose(found[..., 0], grey, atol=1)
    assert notes == [f"The decimal numbers were read as greys from 0 to {top}."]


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGBA", "RGBX", "RGBa", "La", "YCbCr", "HSV", "CMYK", "I", "I;16", "F"]
)
def test_a_pillow_image_of_any_mode_becomes_rgb(mode: str) -> None:
    plain = PLAIN.convert("RGBA") if mode == "RGBa" else PLAIN.convert("LA") if mode == "La" else PLAIN
    image = Image.fromarray(np.asarray(PLAIN.convert("L")).astype(np.uint16) * 257) if mode == "I;16" else plain.convert(mode)
    found = np.asarray(decoded(image, 1024)[0])
    assert found.shape == PIXELS.shape
    if mode != "1":
        assert abs(float(found.mean()) - float(PIXELS.mean())) < 8


def test_the_gamma_of_a_png_is_heeded() -> None:
    value = PIXELS / 255
    linear = Image.fromarray(
        np.rint(255 * np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)).astype(np.uint8)
    )
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", struct.pack(">I", 100_000))
    found, notes = shown(file(linear, pnginfo=info))
    assert np.abs(found - PIXELS).mean() < 3
    assert notes == ["The brightness was converted by the gamma of the file, 1."]


def deep_png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits a colour, by hand: Pillow writes none."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    height, width = values.shape[:2]
    return hostile.png(hostile.chunk(b"IDAT", zlib.compress(rows)), width=width, height=height, depth=16)


@pytest.mark.parametrize("bits", [12, 14, 16])
def test_colours_of_every_depth_in_sixteen_bits_are_the_same_photo(bits: int) -> None:
    bright = PIXELS / PIXELS.max()
    found, notes = shown(deep_png(np.rint(bright * (2**bits - 1)).astype(np.uint16)))
    assert np.abs(found - 255 * bright).max() <= 2 ** (16 - bits)
    assert bool(notes) == (bits < 16)


def test_a_profile_of_greys_is_heeded() -> None:
    value = np.asarray(PLAIN.convert("L")) / 255
    linear = Image.fromarray(
        np.rint(255 * np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)).astype(np.uint8)
    )
    grey = bytearray(profile(*WIDE["linear"]))
    grey[16:20] = b"GRAY"
    place = grey.index(b"rTRC")
    grey[place : place + 4] = b"kTRC"
    found, notes = shown(file(linear, icc_profile=bytes(grey)))
    assert np.abs(found[..., 0] - 255 * value).mean() < 3
    assert len(notes) == 1
