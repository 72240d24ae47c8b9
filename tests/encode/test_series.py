"""The border of series: what people save as CSV, worked out by hand, and what is refused in words that help."""

import numpy as np
import pytest

from attnviz.encode import encode_series, read_table, table
from attnviz.encode.even import even
from attnviz.encode.seasons import best_season, seasonal
from attnviz.encode.series import normalised
from attnviz.errors import InputError

OPTIONS = {"past": 8, "ahead": 3, "least": 4}
DAYS = [f"2024-02-{day:02d}" for day in range(26, 30)] + [f"2024-03-{day:02d}" for day in range(1, 5)]
VALUES = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]


def csv(values: list[object] = VALUES, dates: list[str] = DAYS, delimiter: str = ",", head: str = "day,level") -> str:
    lines = [delimiter.join([date, str(value)]) for date, value in zip(dates, values, strict=True)]
    return "\n".join([head.replace(",", delimiter), *lines]) + "\n"


def read(text: str | bytes) -> np.ndarray:
    return even(text.encode() if isinstance(text, str) else text).values


GOOD = {
    "plain": csv(),
    "no head": csv().split("\n", 1)[1],
    "semicolons": csv(delimiter=";"),
    "tabs": csv(delimiter="\t"),
    "bars": csv(delimiter="|"),
    "a line that names the delimiter": "sep=;\n" + csv(delimiter=";"),
    "the line ends of Windows": csv().replace("\n", "\r\n"),
    "the line ends of old Macs": csv().replace("\n", "\r"),
    "quotes and spaces": "\n".join(f'"{line.replace(",", chr(34) + " ,  " + chr(34))}"' for line in csv().splitlines()),
    "blank lines and remarks": "# made by a logger\n\n" + csv().replace("\n", "\n\n"),
    "a mark of UTF-8": "\ufeff" + csv(),
    "more columns": "\n".join(f"x{i},{line},," for i, line in enumerate(csv().splitlines())),
    "decimal commas": csv([f"{value:.1f}".replace(".", ",") for value in VALUES], delimiter=";"),
    "exponents and signs": csv([f"+{value:.3e}" for value in VALUES]),
    "German dates": csv(dates=[f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in DAYS]),
    "American dates": csv(dates=[f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in DAYS]),
    "months in words": csv(dates=[f"{day[8:]} {('Feb', 'Mar')[day[6] == '3']} {day[:4]}" for day in DAYS]),
    "seconds since 1970": csv(dates=[str(1_700_000_000 + 60 * i) for i in range(8)], head="timestamp,level"),
    "times with a zone": csv(dates=[f"2024-03-30T{hour:02d}:00:00+01:00" for hour in range(8)]),
    "years": csv(dates=[str(2000 + i) for i in range(8)], head="year,level"),
    "quarters": csv(dates=[f"{2020 + i // 4} Q{i % 4 + 1}" for i in range(8)]),
    "no dates": "\n".join(map(str, VALUES)),
    "backwards": "\n".join([csv().splitlines()[0], *csv().splitlines()[:0:-1]]),
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_the_same_numbers_come_out_of_every_way_of_writing_them(text: str) -> None:
    np.testing.assert_allclose(read(text), VALUES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_usual_encodings_are_read(encoding: str) -> None:
    found = even(csv(head="Tag,Größe").encode(encoding))
    assert (found.name, found.values.tolist()) == ("Größe", VALUES)
    assert any("Windows-1252" in note for note in found.notes) == (encoding == "cp1252")


def test_every_number_column_is_offered_and_the_others_say_why_not() -> None:
    found = read_table(b"when,a,b,b,note\n2024-01-01,1,2,3,fine\n2024-01-02,4,,6,bad\n")
    assert list(found.dates) == ["when"]
    assert {name: values.tolist() for name, values in found.numbers.items() if name != "b"} == {"a": [1, 4], "b (2)": [3, 6]}
    assert np.isnan(found.numbers["b"][1])
    assert found.left_out == {"note": "row 2 of “note” holds text, “fine”"}


def test_thousands_go_by_what_else_the_table_holds() -> None:
    assert read_table(b'a\n"1,234,567.5"\n"2,000.0"\n').numbers["a"].tolist() == [1234567.5, 2000]
    assert read_table(b"a;b\n1.234,5;1.000\n2.000,0;2.000\n").numbers["b"].tolist() == [1000, 2000]
    assert read_table("a;b\n1 234,5;0\n1\u202f000\u202f000,0;0\n".encode()).numbers["a"].tolist() == [1234.5, 1e6]
    open_case = read_table(b'a,b\n"1,234",0\n"5,678",0\n')
    assert open_case.numbers["a"].tolist() == [1234, 5678]
    assert open_case.notes == ("In “a”, 1,234 was read as 1234.",)
    assert read_table(b"a;b\n1,234;0\n5,678;0\n").numbers["a"].tolist() == [1.234, 5.678]


@pytest.mark.parametrize("how", ["{day:02d}/03/2024", "03/{day:02d}/2024"])
def test_day_and_month_are_told_by_even_steps(how: str) -> None:
    found = even(csv(dates=[how.format(day=day) for day in range(5, 13)]).encode())
    assert str(found.calendar.first)[:10] == "2024-03-05"  # type: ignore[union-attr]
    assert found.notes == (
        f"The dates were read as day and month so that “{how.format(day=5)}” is 2024-03-05, which gives the most even steps.",
    )


def test_gaps_are_filled_with_the_line_between_their_neighbours_and_said() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 15) if day != 5]
    found = even(csv(["3", "NA", "5", "1", "9", *[2, 3] * 3, 4, "-"], days).encode())
    np.testing.assert_allclose(found.values, [3, 4, 5, 1, 5, 9, 2, 3, 2, 3, 2, 3, 4])
    assert np.flatnonzero(found.filled).tolist() == [1, 4]
    assert found.notes == (
        "1 empty step at the ends left out.",
        "2 missing of 13 steps were filled with the line between their neighbours.",
    )


def test_a_date_that_comes_twice_counts_with_its_mean() -> None:
    found = even((csv() + "2024-03-04,8\n").encode())
    assert found.values[-1] == 7
    assert found.notes == ("1 date comes more than once: the mean of the values was taken.",)


def test_rows_out_of_order_are_put_in_order() -> None:
    first, *rows = csv().splitlines()
    found = even("\n".join([first, *rows[4:], *rows[:4]]).encode())
    assert found.values.tolist() == VALUES
    assert found.notes == ("The rows were put in the order of their dates.",)


def test_clocks_that_jitter_stand_at_even_steps() -> None:
    seconds = [0, 61, 119, 180, 242, 299, 361, 420]
    dates = [f"2024-01-01 00:{second // 60:02d}:{second % 60:02d}" for second in seconds]
    assert read(csv(dates=dates)).tolist() == VALUES


def test_working_days_have_no_weekends_to_fill() -> None:
    days = ["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12", "2024-01-15"]
    found = encode_series(csv(dates=days).encode(), **OPTIONS)
    assert not found.filled.any()
    assert found.ahead_names == ("Tue 2024-01-16", "Wed 2024-01-17", "Thu 2024-01-18")


def test_months_go_on_as_months_also_from_their_last_days() -> None:
    ends = [str(np.datetime64(f"2023-{month:02d}") + 1 - np.timedelta64(0, "M")) for month in range(5, 12)]
    last_days = [str((np.datetime64(month) + 0).astype("datetime64[D]") - 1) for month in ends]
    found = encode_series(csv(VALUES[:7], last_days).encode(), **OPTIONS)
    assert found.past_names == ("2023-05", "2023-06", "2023-07", "2023-08", "2023-09", "2023-10", "2023-11")
    assert found.ahead_names == ("2023-12", "2024-01", "2024-02")


def test_the_window_is_normalised_and_the_forecast_restored() -> None:
    found = encode_series([*[100.0] * 5, *VALUES], past=8, ahead=3, least=4)
    mean, deviation = np.mean(VALUES), np.std(VALUES)
    np.testing.assert_allclose(found.tensors["past"].numpy(), [(np.array(VALUES) - mean) / deviation], rtol=1e-6)
    np.testing.assert_allclose(found.restored(np.array([0.0, 1.0])), [mean, mean + deviation])
    assert found.past_names[0] == "step 6"
    assert found.ahead_names == ("step 14", "step 15", "step 16")


def test_windows_of_one_and_the_same_number_have_no_deviation_however_their_mean_rounds() -> None:
    windows = np.repeat(np.linspace(-7.3, 9.1, 200)[:, None], 168, axis=1)
    assert (windows.std(-1) > 0).any()
    found, centre, scale = normalised(windows)
    np.testing.assert_allclose(found, 0, atol=1e-12)
    np.testing.assert_allclose(centre, windows[:, 0])
    assert (scale == 1).all()


def test_steps_that_are_held_back_are_the_truth_and_are_not_seen() -> None:
    whole = encode_series(VALUES, **OPTIONS, hold_back=2)
    cut = encode_series(VALUES[:6], **OPTIONS)
    assert whole.truth.tolist() == [2, 6]
    assert whole.tensors["past"].equal(cut.tensors["past"])
    assert cut.truth.tolist() == []


def test_a_short_series_is_a_short_window() -> None:
    assert encode_series(VALUES[:5], **OPTIONS).tensors["past"].shape == (1, 5)


def test_large_numbers_keep_their_small_differences() -> None:
    found = encode_series([1e12 + value for value in VALUES], **OPTIONS)
    near = encode_series(VALUES, **OPTIONS)
    np.testing.assert_allclose(found.tensors["past"], near.tensors["past"], atol=1e-3)


BAD = {
    "nothing": (b"", "The file is empty"),
    "blanks": (b" \n \n", "The file is empty"),
    "one row": (b"a,b\n", "one row or none"),
    "a spreadsheet": (b"PK\x03\x04" + b"x" * 99, "a spreadsheet or a zip archive.*Save it as CSV"),
    "bytes": (bytes(range(256)), "not text"),
    "zeros": (b"a\x00\x01,b\n1,2\n", "not text"),
    "text": (b"a,b\nx,y\nz,w\n", "no column of the file holds numbers alone.*“x”"),
    "only dates": (b"d\n2024-01-01\n2024-01-02\n", "there are only dates"),
    "a word among numbers": (csv([*VALUES[:7], "broken"]), "row 9 of “level” holds text, “broken”"),
    "infinity": (csv([*VALUES[:7], "-inf"]), "row 9 of “level” holds an infinite value, -inf"),
    "beyond single precision": (csv([*VALUES[:7], "1e300"]), "row 9 of “level” holds 1e300, beyond the limit"),
    "both decimal marks": (csv(['"1,5"', "2.5", *VALUES[:6]]), "mixes decimal points and decimal commas"),
    "one value": (csv([7] * 8), "one and the same value at every step, 7: there is nothing to forecast"),
    "nearly one value": (csv(["1.0000000000001", *[1] * 7]), "one and the same value"),
    "one date": (csv(dates=["2024-01-01"] * 8), "one and the same date"),
    "no even step": (csv(dates=[f"2024-01-{1 + i * i // 3:02d}" for i in range(2, 10)]), "no even step|missing"),
    "mostly gaps": (csv([1, "", "", "", 2, 3, "", 4]), "50% of “level” is missing, the limit is 20%"),
    "years apart": (csv(dates=[*DAYS[:7], "2034-01-01"]), "of the steps from 2024-02-26 to 2034-01-01 are missing, each one day"),
    "too many cells in a row": (csv() + "2024-03-05,1,2\n", "Row 10 has 3 cells, the others have 2"),
    "too short": (csv(VALUES[:3], DAYS[:3]), "has 3 steps, the least is 4"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "said"), BAD.values(), ids=BAD)
def test_what_is_no_series_is_refused_in_a_sentence(raw: bytes | str, said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        encode_series(raw.encode() if isinstance(raw, str) else raw, **OPTIONS)


def test_limits_are_checked_before_cells_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "read_dates", lambda *_: pytest.fail("a cell was read"))
    with pytest.raises(InputError, match=r"10,000,001 bytes, the limit is 10,000,000"):
        read_table(b"1\n" * 5_000_000 + b"1")
    with pytest.raises(InputError, match=r"the limits are 100,000 rows, 200 columns and 1,000,000 cells"):
        read_table(b"1\n" * 100_002)
    with pytest.raises(InputError, match="too large"):
        read_table(b"1," * 300 + b"\n" + b"1," * 300)


def test_unclosed_quotes_are_refused() -> None:
    with pytest.raises(InputError, match="a quote that is not closed"):
        read_table(b'a,b\n1,"2\n' + b"3,4\n" * 40_000)


def test_wrong_columns_and_numbers_are_refused_with_what_there_is() -> None:
    raw = b"when,a,note\n2024-01-01,1,x\n2024-01-02,4,y\n"
    with pytest.raises(InputError, match=r"no column “b” of numbers\. Columns of numbers are a"):
        encode_series(raw, **OPTIONS, column="b")
    with pytest.raises(InputError, match="holds text"):
        encode_series(raw, **OPTIONS, column="note")
    with pytest.raises(InputError, match=r"no column “a” of dates\. Columns of dates are when"):
        encode_series(raw, **OPTIONS, dates="a")
    with pytest.raises(InputError, match=r"9 steps cannot be held back: the net needs 4 of the 8.*Hold back 0 to 4"):
        encode_series(VALUES, **OPTIONS, hold_back=9)
    for numbers in ([[1.0, 2.0]], "text", [1.0, np.inf], []):
        with pytest.raises(InputError):
            encode_series(numbers, **OPTIONS)  # type: ignore[arg-type]


def test_a_window_of_one_value_is_refused_though_the_series_has_more() -> None:
    with pytest.raises(InputError, match="All 8 steps before the forecast have one and the same value, 2"):
        encode_series([1.0, *[2.0] * 9], **OPTIONS)


def test_the_naive_forecast_repeats_the_last_season() -> None:
    assert seasonal(np.array([9.0, 1, 2, 3]), 3, 5).tolist() == [1, 2, 3, 1, 2]
    with pytest.raises(ValueError, match="a season of 5 steps in a past of 4"):
        seasonal(np.arange(4.0), 5, 1)


def test_the_best_season_is_found_in_the_past_alone() -> None:
    beat = [0.0, 1, 5, 2] * 6
    assert best_season(encode_series(beat, past=16, ahead=4, least=4)).steps == 4
    assert best_season(encode_series([*beat, *[0.0] * 8], past=16, ahead=4, least=4, hold_back=8)).steps == 4


def test_a_calendar_names_its_seasons() -> None:
    hours = [str(np.datetime64("2024-01-01T00") + i).replace("T", " ") + ":00" for i in range(24 * 16)]
    level = [float(i % 24 + (9 if i // 24 % 7 > 4 else 0)) for i in range(len(hours))]
    season = best_season(encode_series(csv(level, hours).encode(), past=100, ahead=24, least=4))
    assert season == (168, "one week before")
