"""Borders: raw input -> tensors, what to call their positions, and what was changed on the way in."""

from attnviz.encode.image import EncodedImage, encode_image
from attnviz.encode.patches import Patches, Point
from attnviz.encode.text import EncodedText, Word, clean, encode_text, read_text_file

Encoded = EncodedText | EncodedImage

__all__ = [
    "Encoded",
    "EncodedImage",
    "EncodedText",
    "Patches",
    "Point",
    "Word",
    "clean",
    "encode_image",
    "encode_text",
    "read_text_file",
]
