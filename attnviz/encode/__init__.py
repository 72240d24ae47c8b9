"""Borders: raw input -> tensors, what to call their positions, and what was changed on the way in."""

from typing import TYPE_CHECKING

from attnviz.extras import lazily

if TYPE_CHECKING:
    from attnviz.encode.encoded import Encoded
    from attnviz.encode.image import EncodedImage, encode_image
    from attnviz.encode.patches import Patches, Point
    from attnviz.encode.series import EncodedSeries, encode_series
    from attnviz.encode.table import Table, read_table
    from attnviz.encode.text import EncodedText, Word, clean, encode_text, read_text_file

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

# Photos need pillow, which the explanations and mechanisms that import words and patches from here do not; and what decodes photos,
# in a process of its own, needs neither torch nor the rest.
NAMES = {
    "Encoded": "attnviz.encode.encoded:Encoded",
    "EncodedImage": "attnviz.encode.image:EncodedImage",
    "EncodedSeries": "attnviz.encode.series:EncodedSeries",
    "EncodedText": "attnviz.encode.text:EncodedText",
    "Patches": "attnviz.encode.patches:Patches",
    "Point": "attnviz.encode.patches:Point",
    "Table": "attnviz.encode.table:Table",
    "Word": "attnviz.encode.text:Word",
    "clean": "attnviz.encode.text:clean",
    "encode_image": "attnviz.encode.image:encode_image",
    "encode_series": "attnviz.encode.series:encode_series",
    "encode_text": "attnviz.encode.text:encode_text",
    "read_table": "attnviz.encode.table:read_table",
    "read_text_file": "attnviz.encode.text:read_text_file",
}
__getattr__ = lazily(globals(), NAMES)
