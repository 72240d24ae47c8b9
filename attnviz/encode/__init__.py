"""Borders: raw input -> tensors, what to call their positions, and what was changed on the way in."""

from attnviz.encode.image import EncodedImage, encode_image
from attnviz.encode.patches import Patches, Point
from attnviz.encode.series import EncodedSeries, encode_series
from attnviz.encode.table import Table, read_table
from attnviz.encode.text import EncodedText, Word, clean, encode_text, read_text_file

Encoded = EncodedText | EncodedImage | EncodedSeries

__all__ = [
    "Encoded",
    "EncodedImage",
    "EncodedSeries",
    "EncodedText",
    "Patches",
    "Point",
    "Table",
    "Word",
    "clean",
    "encode_image",
    "encode_series",
    "encode_text",
    "read_table",
    "read_text_file",
]
