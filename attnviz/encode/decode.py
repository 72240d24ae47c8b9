"""A file, a Pillow image or an array -> an upright RGB image; checked and limited before any pixel is decoded."""

from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from attnviz.damage import damage
from attnviz.encode.colour import in_rgb, lifted
from attnviz.encode.containers import check_container, check_pixels
from attnviz.errors import InputError
from attnviz.limits import LIMITS

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MIN_SIDE = 8
BLOCKS = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB")  # modes whose pixels may be averaged
DAMAGED = ("the image is cut off or damaged and could not be decoded", "save or download it again")

ORIENTATION = 0x0112  # the Exif tag; 1 is upright, what the others ask for is in Exif 2.3, section 4.6.4
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Decoded(NamedTuple):
    """A file that was decoded before, elsewhere: the image in RGB, (width, height) as given, and what was changed."""

    image: Image.Image
    given: tuple[int, int]
    notes: tuple[str, ...]


def decoded(raw: object, enough: int) -> tuple[Image.Image, tuple[int, int], list[str]]:
    """The image in RGB, its (width, height) as given, and sentences on what was changed.

    A large photo may come back at a half, a third and so on, its shorter side not below `enough`; a caller's own Pillow
    image stays as it is. InputError if `raw` is no image, is damaged, or is too large or too small.
    """
    if isinstance(raw, Decoded):
        return raw.image, raw.given, list(raw.notes)
    notes: list[str] = []
    with damage(*DAMAGED):
        image = _opened(raw)
        given = image.size
        if isinstance(raw, bytes):
            _decode_smaller(image, enough)
        return in_rgb(_upright(image, notes, enough if isinstance(raw, bytes) else 0), notes), given, notes


def upright_size(raw: bytes) -> tuple[int, int]:
    """(width, height) of a file's image once it is upright; no pixel is decoded. InputError as in `decoded`."""
    with damage(*DAMAGED):
        image = _opened(raw)
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)


def _opened(raw: object) -> Image.Image:
    """An image whose size is known and within the limits, its pixels not decoded yet."""
    if isinstance(raw, np.ndarray):
        return _from_array(raw)
    if isinstance(raw, Image.Image):
        _check_size(*raw.size)
        return raw
    if not isinstance(raw, bytes):
        raise InputError(f"a {type(raw).__name__} is not an image", "pass a file's bytes, a Pillow image or an array")
    if not raw:
        raise InputError("the file is empty: it has 0 bytes", "choose another file")
    if len(raw) > LIMITS.photo_bytes:
        finding = f"the file has {len(raw):,} bytes, more than the limit of {LIMITS.photo_bytes / 1e6:g} MB"
        raise InputError(finding, "save it smaller and try again")
    image = _from_bytes(raw)
    _check_size(*image.size)
    return image


def _decode_smaller(image: Image.Image, enough: int) -> None:
    """Asks the JPEG reader for a half, quarter or eighth, its shorter side not below `enough`; others ignore it."""
    share = min(1.0, enough / min(image.size))
    image.draft(None, (round(image.width * share), round(image.height * share)))


def _from_bytes(raw: bytes) -> Image.Image:
    check_container(raw)
    try:
        return Image.open(BytesIO(raw), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        finding = f"the image has more than the limit of {LIMITS.photo_megapixels} megapixels"
        raise InputError(finding, "scale it down and try again") from error
    except UnidentifiedImageError as error:
        finding = "the file is not an image of a known kind"
        raise InputError(finding, "use a JPEG, PNG, WebP, GIF, BMP or TIFF file") from error


def _from_array(array: NDArray[Any]) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        finding = f"an array of shape {array.shape} and type {array.dtype} is not an image"
        raise InputError(finding, "pass uint8 of shape (row, column, 3) or (row, column)")
    _check_size(array.shape[1], array.shape[0])
    return Image.fromarray(array)


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        finding = f"the image is {width:,} x {height:,} pixels, less than the least of {MIN_SIDE} x {MIN_SIDE}"
        raise InputError(finding, "choose a larger one")
    check_pixels(width, height)


def _upright(image: Image.Image, notes: list[str], enough: int) -> Image.Image:
    """Decoded, one frame of it, turned the way its Exif asks; whole blocks are averaged down to `enough`, 0 for none."""
    several = getattr(image, "is_animated", False) and image.format != "MPO"
    by_reader = _orientation(image) if image.format == "TIFF" else 1  # Pillow turns a TIFF when it loads it
    deep = ";16" in str(image.tile) if isinstance(image, ImageFile.ImageFile) else False
    image.load()
    if deep and image.mode in ("RGB", "RGBA"):
        image = lifted(image, notes)
    if several:
        notes.append(f"The image holds several frames: only frame {image.tell() + 1} is used.")
    turn = TURNS.get(_orientation(image))
    if enough and image.mode in BLOCKS and (factor := min(image.size) // enough) > 1:
        image = image.reduce(factor)
    if turn is not None or by_reader in TURNS:
        notes.append("The photo was turned upright, as its camera noted in it.")
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """The Exif orientation, 1 to 8; 1 if there is none or the Exif block cannot be read."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # a photo is not refused for a broken Exif block
        return 1
