"""Every decoder on whatever hypothesis thinks of: a sentence, or a right answer."""

from datetime import datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from attnviz.encode import clean, encode_image, read_table, read_text_file
from attnviz.encode.containers import check_container
from attnviz.encode.dates import clock_of, read_dates
from attnviz.encode.even import even
from attnviz.encode.numbers import conventions, numbers
from attnviz.encode.stamps import read_stamps
from attnviz.errors import CardError, InputError
from tests import hostile

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)

HEADS = (
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"II+\0\x08\0\0\0",
    b"RIFF\xff\0\0\0WEBPVP8X",
    b"BM",
)
ODD = ["", "nan", "-", "1,5", "1.234,5", "e5", "5e", "%", "(1)", "12:30", "24:61", "Total", "2024Q5", "31.02.2024", "$", "1-"]
CELLS = st.one_of(
    st.text(max_size=12), st.floats().map(str), st.integers().map(str), st.datetimes().map(str), st.dates().map(str),
    st.sampled_from(ODD),
)  # fmt: skip
WRITTEN = ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d %B %Y %H:%M:%S", "%Y%m%d%H%M%S"]
STEPS = [1, 60, 3600, 86_400, 7 * 86_400]


@quick
@given(st.sampled_from(HEADS), st.binary(max_size=400))
def test_bytes_that_may_be_a_photo(head: bytes, body: bytes) -> None:
    try:
        found = encode_image(head + body, size=8, mean=(0, 0, 0), std=(1, 1, 1))
    except InputError:
        return
    assert found.tensors["image"].shape == (1, 3, 8, 8)


@quick
@given(
    st.sampled_from(hostile.KINDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=9),
)
def test_photos_with_changed_bytes(kind: str, changes: list[tuple[float, int]]) -> None:
    content = bytearray(hostile.photo(kind))
    for place, value in changes:
        content[int(place * len(content))] = value
    try:
        encode_image(bytes(content), size=8, mean=(0, 0, 0), std=(1, 1, 1))
    except InputError:
        return


@quick
@given(
    st.integers(8, 40),
    st.integers(8, 40),
    st.sampled_from(["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"]),
    st.sampled_from(["PNG", "TIFF"]),
)
def test_sound_photos_of_any_size_and_mode_are_taken(width: int, height: int, mode: str, kind: str) -> None:
    grey = Image.linear_gradient("L").resize((width, height))
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert("RGB").convert(mode)
    target = BytesIO()
    image.save(target, "TIFF" if mode == "CMYK" else kind)
    check_container(target.getvalue())
    assert encode_image(target.getvalue(), size=8, mean=(0, 0, 0), std=(1, 1, 1)).photo.shape == (height, width, 3)


@quick
@given(st.text(max_size=300))
def test_any_text_is_cleaned_once_and_for_all(text: str) -> None:
    try:
        found, _ = clean(text)
    except InputError:
        return
    assert clean(found) == (found, ())


@quick
@given(st.binary(max_size=300))
def test_bytes_that_may_be_text_or_a_table(raw: bytes) -> None:
    for read in (read_text_file, read_table):
        try:
            read(raw)
        except InputError:
            continue


@quick
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=2, max_size=12), st.sampled_from(",;\t| "))
def test_tables_of_any_cells(rows: list[list[str]], mark: str) -> None:
    raw = "\n".join(mark.join(cell.replace("\n", " ") for cell in row) for row in rows).encode("utf-8", "replace")
    try:
        table = read_table(raw)
    except InputError:
        return
    assert len({len(values) for values in [*table.numbers.values(), *table.dates.values()]}) == 1
    for name in table.numbers:
        try:
            assert np.isfinite(even(table, name).values).all()
        except InputError:
            continue


@quick
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_columns_of_any_cells_are_dates_numbers_or_neither(cells: list[str]) -> None:
    for read in (read_dates, lambda cells: read_stamps(cells, "date")):
        if (found := read(cells)) is not None:
            assert found[0].dtype == "datetime64[us]"
            assert [np.isnat(moment) for moment in found[0]] == [not cell for cell in cells]
    assert clock_of(cells) is None or len(clock_of(cells)) == len(cells)  # type: ignore[arg-type]
    try:
        assert len(numbers(cells, conventions(cells), None, False, "a", [], range(len(cells)))) == len(cells)
    except InputError:
        return


@quick
@given(st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1)), st.sampled_from(STEPS), st.sampled_from(WRITTEN))
def test_dates_come_back_as_they_were_written(first: datetime, step: int, how: str) -> None:
    moments = [first.replace(microsecond=0) + i * timedelta(seconds=step) for i in range(9)]
    cells = [moment.strftime(how) for moment in moments]
    found = read_dates(cells) or read_stamps(cells, "date")
    assert found is not None
    assert found[0].astype("datetime64[us]").tolist() == moments


@quick
@given(st.text(alphabet=st.sampled_from("[]{}=\"'.,#\n a1\\"), max_size=80))
def test_cards_of_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    from attnviz.cards import CARD, read_card

    folder = tmp_path_factory.mktemp("card")
    (folder / CARD).write_text(text)
    with pytest.raises(CardError):
        read_card(folder)
