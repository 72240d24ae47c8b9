"""The files that photos come in, walked through before a decoder sees them: how many parts, scans, remarks and pixels they hold.

Formats as in ITU T.81 (JPEG), the PNG and GIF89a specifications, TIFF 6.0, and the WebP container of RFC 9649.
"""

import re
import struct
from collections.abc import Callable, Iterator

from attnviz.errors import InputError
from attnviz.limits import LIMITS

FRAMES = 1_000
SUB_BLOCKS = 200_000
FILL = 10_000  # bytes between the parts of a JPEG's head
GIF_REMARKS = 1_000_000
TILE = 4_194_304  # pixels that a tile may always have
RLE = 4_000_000  # pixels that are decoded one run after the other

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


def check_container(raw: bytes) -> None:
    """InputError where a file of a known kind holds more than the limits; what is cut off or unknown is left to the decoder."""
    for mark, check in _CHECKS:
        if raw.startswith(mark):
            check(raw)
            return


def check_pixels(width: int, height: int) -> None:
    """InputError beyond the limit of megapixels."""
    if width * height > LIMITS.photo_megapixels * 1_000_000:
        finding = f"the image is {width:,} x {height:,} pixels, more than the limit of {LIMITS.photo_megapixels} megapixels"
        raise InputError(finding, "scale it down and try again")


def _too_many(what: str) -> InputError:
    return InputError(f"the image holds {what}, which no photo needs", "save it again with another program")


def _parts(count: int, remarks: int = 0, most: int = 0) -> None:
    if count > LIMITS.photo_parts:
        raise _too_many(f"more than {LIMITS.photo_parts:,} parts")
    if remarks > (most or LIMITS.photo_remarks):
        raise _too_many(f"{remarks:,} bytes beside its pixels")


def _jpeg(raw: bytes) -> None:
    place = parts = remarks = scans = pixels = 0
    while place < len(raw):
        found = _MARKER.search(raw, place)
        gap = (found.start() if found else len(raw)) - place
        if not scans and gap > FILL:
            raise _too_many(f"{gap:,} bytes of nothing")
        if found is None:
            break
        marker, place = raw[found.end() - 1], found.end()
        if marker == 0xD9:
            break
        if marker in (0xD8, 0x01):
            continue
        length = int.from_bytes(raw[place : place + 2], "big")
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", raw[place + 3 : place + 7].ljust(4, b"\0"))
            check_pixels(width, height)
            pixels = width * height
        scans += marker == 0xDA
        remarks += length if marker == 0xFE or marker >= 0xE0 else 0
        parts += 1
        _parts(parts, remarks)
        place += length
    if scans * pixels > LIMITS.photo_scans * 1_000_000:
        raise _too_many(f"{scans:,} scans of {pixels / 1e6:.0f} megapixels")


def _png(raw: bytes) -> None:
    place, parts, remarks = 8, 0, 0
    while place + 8 <= len(raw):
        length, kind = int.from_bytes(raw[place : place + 4], "big"), raw[place + 4 : place + 8]
        if kind == b"IEND":
            break
        if kind == b"IHDR":
            check_pixels(*struct.unpack(">II", raw[place + 8 : place + 16].ljust(8, b"\0")))
        parts += 1
        remarks += length if kind not in (b"IDAT", b"fdAT") else 0
        _parts(parts, remarks)
        place += 12 + length


def _gif(raw: bytes) -> None:
    """Up to the second frame, which is as far as anything is read."""
    place = 13 + (3 << (raw[10] & 7) + 1 if len(raw) > 10 and raw[10] & 0x80 else 0)
    frames = remarks = blocks = 0
    while place < len(raw) and frames < 2:
        kind = raw[place]
        if kind == 0x2C and place + 10 <= len(raw):
            left, top, width, height, packed = struct.unpack("<HHHHB", raw[place + 1 : place + 10])
            check_pixels(left + width, top + height)
            place += 11 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
            frames += 1
        elif kind == 0x21:
            place += 2
        else:
            break
        start = place
        while place < len(raw) and raw[place]:
            place += 1 + raw[place]
            blocks += 1
            if blocks > SUB_BLOCKS:
                raise _too_many(f"more than {SUB_BLOCKS:,} parts")
        remarks += place - start if kind == 0x21 else 0
        _parts(frames, remarks, GIF_REMARKS)
        place += 1


def _tiff(raw: bytes) -> None:
    """Pages are few, what they point to lies in the file once, and tiles are not much larger than the image."""
    end = "<" if raw[:2] == b"II" else ">"
    big = raw[2:4] in (b"\x2b\x00", b"\x00\x2b")
    seen: set[int] = set()
    place = _number(raw, 8 if big else 4, end, 8 if big else 4)
    while place and place not in seen:
        seen.add(place)
        if len(seen) > FRAMES:
            raise _too_many(f"more than {FRAMES:,} pages")
        place, tags, pointed = _page(raw, place, end, big)
        if pointed > 2 * len(raw):
            raise _too_many(f"{pointed:,} bytes of remarks in a file of {len(raw):,}")
        if len(seen) == 1:
            _check_page(raw, tags)


def _page(raw: bytes, place: int, end: str, big: bool) -> tuple[int, dict[int, int], int]:
    """Where the next page begins, or 0; the first value of the tags that are numbers; and how many bytes all of them have."""
    wide, entry = (8, 20) if big else (2, 12)
    count = min(_number(raw, place, end, wide), 70_000)
    tags: dict[int, int] = {}
    pointed = 0
    for start in range(place + wide, min(place + wide + entry * count, len(raw)), entry):
        tag, kind = _number(raw, start, end, 2), _number(raw, start + 2, end, 2)
        length = _number(raw, start + 4, end, 8 if big else 4)
        pointed += length * _SIZES.get(kind, 1)
        tags[tag] = _number(raw, start + (12 if big else 8), end, min(_SIZES.get(kind, 4), 8 if big else 4))
    return _number(raw, place + wide + entry * count, end, 8 if big else 4), tags, pointed


def _check_page(raw: bytes, tags: dict[int, int]) -> None:
    width, height = tags.get(256, 0), tags.get(257, 0)
    check_pixels(width, height)
    tile = tags.get(322, 0) * tags.get(323, 0)
    if tile > max(TILE, 4 * width * height):
        raise _too_many(f"tiles of {tags[322]:,} x {tags[323]:,} pixels")
    if tags.get(277, 1) > 16:
        raise _too_many(f"{tags[277]:,} colours a pixel")
    if tags.get(259) in (6, 7) and raw.count(b"\xff\xda") > 20_000:
        raise _too_many("more than 20,000 scans")


def _number(raw: bytes, place: int, end: str, size: int) -> int:
    return int.from_bytes(raw[place : place + size], "little" if end == "<" else "big")


def _webp(raw: bytes) -> None:
    for parts, (kind, start) in enumerate(_chunks(raw), 1):
        _parts(parts)
        body = raw[start : start + 10].ljust(10, b"\0")
        if kind == b"VP8X":
            check_pixels(1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
        if kind == b"VP8 ":
            check_pixels(int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF)
        if kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            check_pixels(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))


def _chunks(raw: bytes) -> Iterator[tuple[bytes, int]]:
    place = 12
    while place + 8 <= len(raw):
        length = int.from_bytes(raw[place + 4 : place + 8], "little")
        yield raw[place : place + 4], place + 8
        place += 8 + length + length % 2


def _bmp(raw: bytes) -> None:
    if len(raw) < 34 or int.from_bytes(raw[14:18], "little") < 40:
        return
    width, height, _, _, packed = struct.unpack("<iiHHI", raw[18:34])
    check_pixels(abs(width), abs(height))
    if packed in (1, 2) and abs(width * height) > RLE:
        raise InputError("the image is a BMP of packed runs, too large to unpack", "save it as PNG and try again")


_CHECKS: tuple[tuple[bytes, Callable[[bytes], None]], ...] = (
    (b"\xff\xd8", _jpeg), (b"\x89PNG\r\n\x1a\n", _png), (b"GIF8", _gif), (b"II", _tiff), (b"MM", _tiff), (b"RIFF", _webp),
    (b"BM", _bmp),
)  # fmt: skip
