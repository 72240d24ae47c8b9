"""Draws the invented sample series anew: `python assets/series/draw.py`. They are nobody's: CC0. taxi.csv is not one of them."""

import csv
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def bicycles(random: np.random.Generator) -> list[list[str]]:
    """Half-hourly counts of a bridge: two rush hours on working days, one hump at weekends, days of any weather, and a storm."""
    rows = [["time", "bicycles"]]
    first, storm, weather = datetime(2024, 4, 8), datetime(2024, 5, 22).date(), 0.0
    for half in range(48 * 7 * 7):
        now = first + timedelta(minutes=30 * half)
        clock = now.hour + now.minute / 60
        if clock == 0:
            weather = 0.5 * weather + random.normal(0, 0.2)
        hump = math.exp(-((clock - 14) ** 2) / 18)
        rush = math.exp(-((clock - 8) ** 2) / 2) + 1.1 * math.exp(-((clock - 17.5) ** 2) / 4)
        level = (15 + 220 * hump) if now.weekday() > 4 else (10 + 270 * rush + 60 * hump)
        storming = 0.2 if now.date() == storm else 1.0
        rows.append([now.isoformat(" ", "minutes"), str(random.poisson(level * storming * math.exp(weather)))])
    return rows


def power(random: np.random.Generator) -> list[list[str]]:
    """Half-hourly kilowatts of a street, with semicolons, decimal commas, days before months, and a few readings missing."""
    rows = [["Zeit", "Leistung (kW)"]]
    first, drift = datetime(2024, 1, 8), 0.0
    for half in range(48 * 7 * 5):
        now = first + timedelta(minutes=30 * half)
        clock = now.hour + now.minute / 60
        drift = 0.97 * drift + random.normal(0, 0.5)
        morning, evening = math.exp(-((clock - 7.5) ** 2) / 3), math.exp(-((clock - 19) ** 2) / 6)
        weekend = now.weekday() > 4
        level = (
            21
            + (9 if weekend else 16) * morning
            + (30 if weekend else 26) * evening
            + (8 if weekend else 0) * math.sin(math.pi * clock / 24)
        )
        missing = random.random() < 0.004
        rows.append([now.strftime("%d.%m.%Y %H:%M"), "" if missing else f"{level + drift:.2f}".replace(".", ",")])
    return rows


def ice_cream(random: np.random.Generator) -> list[list[str]]:
    """Twelve years of monthly sales: a summer each year, a slow rise, and one cold summer."""
    rows = [["month", "tonnes"]]
    for month in range(12 * 12):
        year, number = 2012 + month // 12, month % 12
        summer = math.exp(-((number - 6.2) ** 2) / 5) * (0.55 if year == 2021 else 1.0)
        rows.append([f"{year}-{number + 1:02d}", f"{(18 + 60 * summer) * (1 + month / 250) + random.normal(0, 2):.1f}"])
    return rows


def rhythm(random: np.random.Generator) -> list[list[str]]:
    """Numbers without dates: a beat of 25 steps that grows and shrinks."""
    beat = [math.exp(-((step % 25 - 6) ** 2) / 6) - 0.4 * math.exp(-((step % 25 - 13) ** 2) / 9) for step in range(600)]
    return [[f"{(1 + 0.3 * math.sin(step / 60)) * value + random.normal(0, 0.03):.4f}"] for step, value in enumerate(beat)]


SAMPLES = {"bicycles": (bicycles, ","), "power": (power, ";"), "ice-cream": (ice_cream, ","), "rhythm": (rhythm, ",")}

if __name__ == "__main__":
    for number, (name, (made, delimiter)) in enumerate(SAMPLES.items()):
        with (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(made(np.random.default_rng(number)))
