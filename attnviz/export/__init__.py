"""Exhibits, maps and figures as files: numbers as .csv, .json and .npz, pictures as .html, .png and .svg."""

from attnviz.export.numbers import CSV_LIMIT, NUMBERS, as_csv, as_json, as_npz, count
from attnviz.export.pages import as_html, page
from attnviz.export.pictures import as_picture, pictured

PICTURES = ("html", "png", "svg")

__all__ = [
    "CSV_LIMIT", "NUMBERS", "PICTURES", "as_csv", "as_html", "as_json", "as_npz", "as_picture", "count", "page", "pictured",
]  # fmt: skip
