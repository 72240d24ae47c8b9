"""What any border gives."""

from attnviz.encode.image import EncodedImage
from attnviz.encode.series import EncodedSeries
from attnviz.encode.text import EncodedText

Encoded = EncodedText | EncodedImage | EncodedSeries
