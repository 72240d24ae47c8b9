"""Any colours -> RGB of 8 bits without transparency: profiles, depths, print colours and palettes."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from attnviz.errors import InputError

DEPTHS = (8, 10, 12, 14, 16)
ALIKE = 2  # of 255: what a profile may change without being told from sRGB
SRGB_GAMMA = 0.45455
PROFILE_NAME = 40


def in_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """InputError where the colours cannot be shown; `notes` hears what was changed."""
    profile = image.info.get("icc_profile")
    gamma = image.info.get("gamma") if "srgb" not in image.info and not profile else None
    if image.mode in ("La", "RGBa"):  # colours that were multiplied by their transparency
        image = image.convert(image.mode.upper())
    transparent = bool(image.has_transparency_data)
    if image.mode == "F" or image.mode.startswith("I"):
        image, transparent = _eight_bit(image, notes), False
    alpha = (image if image.mode in ("LA", "RGBA") else image.convert("RGBA")).getchannel("A") if transparent else None
    colours = _converted(image, profile, notes)
    if gamma:
        colours = _with_gamma(colours, float(gamma), notes)
    return colours if alpha is None else _over_white(colours, alpha, notes)


def _converted(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """In RGB by the file's profile, or plainly where it has none that fits."""
    if image.mode == "LAB":
        notes.append("The Lab colours were converted to RGB.")
        return _through(ImageCms.createProfile("LAB"), image)
    if profile and (found := _by_profile(image, profile, notes)) is not None:
        return found
    if image.mode == "CMYK":
        notes.append("The print colours (CMYK) were converted to RGB.")
    return image if image.mode == "RGB" else image.convert("RGB")


def _by_profile(image: Image.Image, raw: bytes, notes: list[str]) -> Image.Image | None:
    """None where the profile is broken, is for other colours, or changes nothing that is seen."""
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(raw))
        mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(profile.profile.xcolor_space)
        base = {"L": "L", "LA": "L", "1": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")
        if mode is None or (mode != base and (mode, base) != ("RGB", "L")):
            return None
        if mode == "RGB" and _changes_nothing(profile):
            return None
        plain = image if image.mode == mode else image.convert(mode)
        found = _through(profile, plain)
        name = "".join(filter(str.isprintable, str(profile.profile.profile_description or "")))[:PROFILE_NAME].strip()
    except Exception:  # a photo is not refused for a broken profile
        return None
    notes.append(f"The colours were converted from the profile “{name or 'without a name'}” of the file to sRGB.")
    return found


def _through(profile: Any, image: Image.Image) -> Image.Image:
    found = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if found is None:
        raise InputError("the colours of the image cannot be shown", "save the image as RGB")
    return found


def _changes_nothing(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether colours all over the cube stay as they are, whatever the profile is called."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(27, 27, 3)
    found = np.asarray(_through(profile, Image.fromarray(cube))).astype(int)
    return bool(np.abs(found - cube).max() <= ALIKE)


def _with_gamma(image: Image.Image, gamma: float, notes: list[str]) -> Image.Image:
    """By the gamma that a PNG notes for its numbers, where it is not that of sRGB."""
    if not 0.05 < gamma < 20 or abs(gamma - SRGB_GAMMA) < 0.02:
        return image
    linear = (np.arange(256) / 255) ** (1 / gamma)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    notes.append(f"The brightness was converted by the gamma of the file, {gamma:.4g}.")
    return image.point([round(255 * float(value)) for value in shown] * 3)


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    """Greys of more than 8 bits, or decimal numbers from 0 to 1 or 255 -> greys from 0 to 255.

    Cameras and microscopes put 10, 12 or 14 bits into 16: the largest grey tells how many there are, but where 8 bits were
    spread over 16, which makes multiples of 257.
    """
    greys = np.asarray(image)
    low, high = float(greys.min()), float(greys.max())
    if image.mode == "F":
        if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
            raise InputError("the image stores decimal numbers, not colours", "save it as an 8-bit or 16-bit image")
        notes.append(f"The decimal numbers were read as greys from 0 to {1 if high <= 1 else 255}.")
        return _scaled(greys.astype(np.float32), 1.0 if high <= 1 else 255.0)
    if low < 0 or high > 65535:
        finding = f"the greys of the image go from {int(low):,} to {int(high):,}, beyond the 16 bits from 0 to 65,535"
        raise InputError(finding, "save it as an 8-bit or 16-bit image")
    spread = high > 255 and not (greys % 257).any()
    bits = 16 if spread else next(bits for bits in DEPTHS if high < 2**bits)
    if bits < 16:
        notes.append(f"The greys go up to {int(high):,}: they were read as {bits} bits, and scaled to 8.")
    else:
        notes.append("The 16-bit greys were scaled to 8 bits.")
    return _scaled(greys.astype(np.float32), float(2**bits - 1))


def lifted(image: Image.Image, notes: list[str]) -> Image.Image:
    """Colours of 10, 12 or 14 bits in 16, of which Pillow keeps the upper 8: brightened to the whole scale, as greys are."""
    high = int(np.asarray(image)[..., :3].max())
    bits = next(bits for bits in DEPTHS if high < 2 ** (bits - 8))
    if bits == 16 or high == 0:
        return image
    notes.append(f"The colours fill {bits} of 16 bits: they were read as {bits} bits, of which {bits - 8} are left.")
    scale = [min(255, round((value + 0.5) * 2 ** (16 - bits))) if value else 0 for value in range(256)]
    return image.point(scale * 3 + (list(range(256)) if image.mode == "RGBA" else []))


def _scaled(greys: NDArray[np.float32], top: float) -> Image.Image:
    return Image.fromarray(np.rint(greys * np.float32(255 / top)).clip(0, 255).astype(np.uint8))


def _over_white(image: Image.Image, alpha: Image.Image, notes: list[str]) -> Image.Image:
    if alpha.getextrema()[0] == 255:
        return image
    notes.append("Transparent parts were laid over white.")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=alpha)
    return white
