"""Files as people save them: which column is the series, which its dates, and what is no data at all."""

import datetime as dt

import numpy as np
import pytest

from attnviz.encode import EncodedSeries, encode_series
from attnviz.errors import InputError

N = 200
VALUES = [round(float(x), 2) for x in 50 + 10 * np.sin(np.arange(N) / 4) + np.random.default_rng(0).normal(0, 1, N)]
DAYS = [dt.date(2023, 1, 1) + dt.timedelta(days=i) for i in range(N)]
HOURS = [dt.datetime(2024, 3, 1) + dt.timedelta(hours=i) for i in range(N)]
HOUR = dt.timedelta(hours=1)
MONTHS = [(2001 + i // 12, i % 12 + 1) for i in range(N)]
FRENCH = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]


def table(head: str, rows: list[str]) -> str:
    return "\n".join([head, *rows]) + "\n"


def rows(dates: list[str], mark: str = ",") -> list[str]:
    return [f"{date}{mark}{value}" for date, value in zip(dates, VALUES, strict=True)]


def taken(text: str | bytes, **options: str | None) -> EncodedSeries:
    raw = text if isinstance(text, bytes) else text.encode()
    return encode_series(raw, past=168, ahead=24, least=48, **options)  # type: ignore[arg-type]


def since_1970(moment: dt.date) -> int:
    assert isinstance(moment, dt.datetime)
    return int((moment - dt.datetime(1970, 1, 1)).total_seconds())


# By the day, the hour, the month: how dates are written, and what the first step behind them is called.
WRITTEN = {
    "%Y-%m-%d": (DAYS, "Thu 2023-07-20"),
    "%Y/%m/%d": (DAYS, "Thu 2023-07-20"),
    "%Y.%m.%d": (DAYS, "Thu 2023-07-20"),
    "%d.%m.%Y": (DAYS, "Thu 2023-07-20"),
    "%d-%m-%Y": (DAYS, "Thu 2023-07-20"),
    "%m/%d/%Y": (DAYS, "Thu 2023-07-20"),
    "%d/%m/%y": (DAYS, "Thu 2023-07-20"),
    "%m/%d/%y": (DAYS, "Thu 2023-07-20"),
    "%Y%m%d": (DAYS, "Thu 2023-07-20"),
    "%d %b %Y": (DAYS, "Thu 2023-07-20"),
    "%d-%b-%y": (DAYS, "Thu 2023-07-20"),
    "%b %d %Y": (DAYS, "Thu 2023-07-20"),
    "%A %d %B %Y": (DAYS, "Thu 2023-07-20"),
    "%Y-%j": (DAYS, "Thu 2023-07-20"),
    "%a, %d %b %Y %H:%M:%S GMT": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y-%m-%dT%H:%M:%SZ": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y-%m-%d %H:%M:%S.000": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y-%m-%d %H": (HOURS, "Sat 2024-03-09 08:00"),
    "%d/%m/%Y %H:%M": (HOURS, "Sat 2024-03-09 08:00"),
    "%m/%d/%Y %I:%M:%S %p": (HOURS, "Sat 2024-03-09 08:00"),
    "%d.%m.%Y %H.%M.%S": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y%m%dT%H%M%S": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y%m%d%H": (HOURS, "Sat 2024-03-09 08:00"),
    "%Y%m%d%H%M%S": (HOURS, "Sat 2024-03-09 08:00"),
    "%s": (HOURS, "Sat 2024-03-09 08:00"),
    "%s000": (HOURS, "Sat 2024-03-09 08:00"),
    "%b %d %H:%M:%S %Y": (HOURS, "Sat 2024-03-09 08:00"),
}


@pytest.mark.parametrize("head", ["date", "x"])
@pytest.mark.parametrize("how", WRITTEN)
def test_dates_are_read_however_they_are_written(how: str, head: str) -> None:
    dates, ahead = WRITTEN[how]
    written = [str(since_1970(date)) + how[2:] if how.startswith("%s") else date.strftime(how) for date in dates]
    found = taken(table(f"{head};value", rows(written, ";")))
    assert (found.name, found.values.tolist(), found.ahead_names[0]) == ("value", VALUES, ahead)
    assert found.notes[0] == f"The column “value” was taken, at the dates of “{head}”."


MONTHLY = {
    "year-month": [f"{y}-{m:02d}" for y, m in MONTHS],
    "a number": [f"{y}{m:02d}" for y, m in MONTHS],
    "statistics": [f"{y}M{m:02d}" for y, m in MONTHS],
    "month/year": [f"{m:02d}/{y}" for y, m in MONTHS],
    "words": [f"{dt.date(y, m, 1):%B %Y}" for y, m in MONTHS],
    "short words": [f"{dt.date(y, m, 1):%b-%y}" for y, m in MONTHS],
    "French": [f"{FRENCH[m - 1]} {y}" for y, m in MONTHS],
    "firsts, day first": [f"01/{m:02d}/{y}" for y, m in MONTHS],
    "firsts, month first": [f"{m}/1/{y}" for y, m in MONTHS],
    "last days": [f"{dt.date(y + m // 12, m % 12 + 1, 1) - dt.timedelta(days=1):%d/%m/%Y}" for y, m in MONTHS],
    "parts of years": [f"{y + (m - 1) / 12:.3f}" for y, m in MONTHS],
    "middles of parts of years": [f"{y + (m - 0.5) / 12:.3f}" for y, m in MONTHS],
}


@pytest.mark.parametrize("dates", MONTHLY.values(), ids=MONTHLY)
def test_months_are_read_however_they_are_written(dates: list[str]) -> None:
    found = taken(table("period,value", rows(dates)))
    assert (found.name, found.values.tolist(), found.ahead_names[0]) == ("value", VALUES, "2017-09")


def test_quarters_in_a_column_of_their_own_are_joined_with_their_years() -> None:
    found = taken(table("year,quarter,value", rows([f"{1960 + i // 4},Q{i % 4 + 1}" for i in range(N)])))
    assert (found.name, found.values.tolist(), found.ahead_names[0]) == ("value", VALUES, "2010-01")


def test_years_go_far_back_under_a_name_for_them() -> None:
    found = taken(table("year,value", rows([str(1800 + i) for i in range(N)])))
    assert (found.values.tolist(), found.ahead_names[0]) == (VALUES, "2000")


PARTS = {
    "date and time": ("Date,Time,Value", [f"{t:%Y-%m-%d},{t:%H:%M:%S}" for t in HOURS]),
    "with points": ("Date;Time;Value", [f"{t:%d/%m/%Y};{t:%H.%M.%S}" for t in HOURS]),
    "twelve hours": ("Date,Time,Value", [f"{t:%m/%d/%Y},{t:%I:%M %p}" for t in HOURS]),
    "time before date": ("Time,Date,Value", [f"{t:%H:%M},{t:%Y-%m-%d}" for t in HOURS]),
    "hours": ("date,hour,Value", [f"{t:%Y-%m-%d},{t.hour}" for t in HOURS]),
    "hours from 1 to 24": ("date,hour,Value", [f"{t - HOUR:%Y-%m-%d},{(t - HOUR).hour + 1}" for t in HOURS]),
    "four digits": ("date,time,Value", [f"{t:%Y%m%d},{t:%H%M}" for t in HOURS]),
    "year to hour": ("No,year,month,day,hour,Value", [f"{i},{t.year},{t.month},{t.day},{t.hour}" for i, t in enumerate(HOURS, 1)]),
    "parted by spaces": ("date time Value", [f"{t:%Y-%m-%d} {t:%H:%M:%S}" for t in HOURS]),
}  # fmt: skip


@pytest.mark.parametrize(("head", "dates"), PARTS.values(), ids=PARTS)
def test_dates_in_several_columns_are_joined(head: str, dates: list[str]) -> None:
    mark = ";" if ";" in head else "," if "," in head else " "
    found = taken(table(head, rows(dates, mark)))
    assert (found.name, found.values.tolist(), found.ahead_names[0]) == ("Value", VALUES, "Sat 2024-03-09 08:00")


NUMBERED = {
    "no name": (",date,value", [f"{i},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "pandas": ("Unnamed: 0,date,value", [f"{i},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "some are missing": (",date,value", [f"{3 * i + i % 2},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "an id behind": ("date,id,value", [f"{d},{1000 + i},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "backwards": ("row,date,value", [f"{N - i},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "shuffled": ("key,date,value", [f"{i * 77 % N},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "in quotes": ('"","date","value"', [f'"{i}","{d}",{x}' for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]),
    "R": ("date,value", [f'"{i}",{d},{x}' for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True), 1)]),
    "a constant": ("store,date,value", [f"7,{d},{x}" for d, x in zip(DAYS, VALUES, strict=True)]),
    "no dates": ("step,value", [f"{i},{x}" for i, x in enumerate(VALUES)]),
    "elapsed seconds": ("time,value", [f"{i * 0.02 + i % 3 / 1000:.3f},{x}" for i, x in enumerate(VALUES)]),
}  # fmt: skip


@pytest.mark.parametrize(("head", "lines"), NUMBERED.values(), ids=NUMBERED)
def test_numbers_of_rows_are_not_gone_on_with(head: str, lines: list[str]) -> None:
    found = taken(table(head, lines))
    assert (found.name, found.values.tolist()) == ("value", VALUES)
    assert found.notes[0].startswith("The column “value” was taken, ")


def test_a_straight_line_is_gone_on_with_where_there_is_nothing_else_or_it_is_asked_for() -> None:
    assert taken(table("value", [str(i) for i in range(60)])).name == "value"
    raw = table("id,date,value", [f"{i},{d},{x}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))])
    assert taken(raw, column="id").values[:3].tolist() == [0, 1, 2]


FOREIGN = {
    "a total": ("Date,Sales", [], [f"Total,{sum(VALUES):.2f}"]),
    "a total before": ("Date,Sales", [f"Total,{sum(VALUES):.2f}"], []),
    "a mean and a sum": ("Date,Sales", [], [f"Mean,{np.mean(VALUES):.2f}", f"Grand Total:,{sum(VALUES):.2f}"]),
    "a sum without a name": ("Date,Sales", [], [f",{sum(VALUES):.2f}"]),
    "a source": ("Date,Sales", [], ["", "Source: Statistics office,", "* provisional,"]),
    "German": ("Datum,Sales", [], [f"Gesamtsumme,{sum(VALUES):.2f}"]),
    "titles": ("Sales report,\nCreated 2024-05-01,\n,\nDate,Sales", [], []),
    "one title": ("Sales report\nDate,Sales", [], []),
    "units": ("Date,Sales\n(day),(EUR)", [], []),
    "remarks": ("# a logger\n# 3 Hz\nDate,Sales", [], []),
}  # fmt: skip


@pytest.mark.parametrize(("head", "before", "behind"), FOREIGN.values(), ids=FOREIGN)
def test_titles_totals_and_remarks_are_no_data(head: str, before: list[str], behind: list[str]) -> None:
    found = taken(table(head, [*before, *rows([str(day) for day in DAYS]), *behind]))
    assert (found.name, found.values.tolist(), found.ahead_names[0]) == ("Sales", VALUES, "Thu 2023-07-20")
    assert len(found.notes) > 1 or head.startswith("#")


def test_a_total_without_dates_is_no_data() -> None:
    total = f"{sum(VALUES):.2f}"
    assert taken(table("value", [*map(str, VALUES), total])).values.tolist() == VALUES
    numbered = [f"{i},{x}" for i, x in enumerate(VALUES)]
    assert taken(table("n,value", [*numbered, f"total,{total}"])).values.tolist() == VALUES


DECIMAL = {
    "commas": lambda x: f"{x:.2f}".replace(".", ","),
    "thousands": lambda x: f"{x + 5000:,.2f}".replace(",", " ").replace(".", ","),
    "points": lambda x: f"{x + 5000:,.2f}".replace(",", "_").replace(".", ",").replace("_", "."),
    "euros": lambda x: f"{x:.2f} €".replace(".", ","),
    "dollars": lambda x: f"${x:.2f}",
    "percent": lambda x: f"{x:.2f}%",
    "brackets": lambda x: f"({x:.2f})",
    "minus behind": lambda x: f"{x:.2f}-",
    "quoted": lambda x: f'"{x:.2f}"',
}  # fmt: skip


@pytest.mark.parametrize("how", DECIMAL)
def test_numbers_are_read_however_they_are_written(how: str) -> None:
    found = taken(table("day;value", [f"{d};{DECIMAL[how](x)}" for d, x in zip(DAYS, VALUES, strict=True)]))
    shift = 5000 if how in ("thousands", "points") else 0
    sign = -1 if how in ("brackets", "minus behind") else 1
    np.testing.assert_allclose(found.values, [sign * x + shift for x in VALUES], rtol=1e-12)


def test_one_column_of_decimal_commas_needs_no_delimiter() -> None:
    assert taken(table("Wert", [f"{x}".replace(".", ",") for x in VALUES])).values.tolist() == VALUES


def test_decimal_commas_between_commas_are_refused() -> None:
    with pytest.raises(InputError, match="Row 1 names 2 columns, but the rows have 3 cells"):
        taken(table("date,value", [f"{d},{int(x)},{i % 9}" for i, (d, x) in enumerate(zip(DAYS, VALUES, strict=True))]))


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("cp1252", "Tag;Größe"), ("utf-8", "日;値"), ("utf-16", "日;値"), ("utf-16-be", "Tag;Größe"), ("utf-32", "Tag;Größe"),
        ("cp1251", "Дата;Температура воздуха в городе"), ("shift_jis", "日付;東京の平均気温のデータ"),
        ("gb18030", "日期;上海的平均温度数据"),
        ("utf-8-sig", "Tag;Größe"),
    ],
)  # fmt: skip
def test_encodings_are_told_apart(encoding: str, head: str) -> None:
    found = taken(table(head, rows([str(day) for day in DAYS], ";")).encode(encoding))
    assert (found.values.tolist(), found.ahead_names[0]) == (VALUES, "Thu 2023-07-20")
    assert found.name == head.split(";")[1]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " ", "^", "~"])
def test_delimiters_are_told_apart(mark: str) -> None:
    assert taken(table(f"day{mark}value", rows([str(day) for day in DAYS], mark))).values.tolist() == VALUES


def test_parts_of_seconds_are_steps() -> None:
    fifty = [(dt.datetime(2024, 1, 1) + dt.timedelta(milliseconds=20 * i)).isoformat(timespec="milliseconds") for i in range(N)]
    found = taken(table("time,value", rows(fifty)))
    assert (found.ahead_names[0], found.calendar.step) == ("Mon 2024-01-01 00:00:04.000", "20 milliseconds")  # type: ignore[union-attr]
    thirty = [(dt.datetime(2024, 1, 1) + dt.timedelta(seconds=i / 30)).isoformat(timespec="milliseconds") for i in range(N)]
    found = taken(table("time,value", rows(thirty)))
    assert len(found.values) == N
    assert found.ahead_names[0].startswith("Mon 2024-01-01 00:00:06.66")


def test_what_can_be_read_in_two_ways_is_said() -> None:
    found = taken(table("date,value", rows([f"{i % 12 + 1:02d}/{i % 12 + 1:02d}/2020" for i in range(N)])), dates=None)
    assert "each row being a step" in found.notes[0]
    twelve = "\n".join(["date,value", *(f"{m:02d}/01/2020,{m * m % 7}" for m in range(1, 13))])
    notes = encode_series(twelve.encode(), past=8, ahead=3, least=4).notes
    assert any("though the other way would be as even" in note for note in notes)
