"""Draws ship.jpg and airplane.jpg beside this file: python assets/photos/draw.py. Needs NumPy and Pillow."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 512, 384
FINE = 4  # drawn four times as large and scaled down, which smooths the edges

Colour = tuple[int, int, int]
Points = list[tuple[float, float]]


def gradient(stops: list[tuple[float, Colour]]) -> NDArray[np.float64]:
    """(row, column, channel): colours from top to bottom, a stop at each share of the height."""
    rows = np.linspace(0, 1, HEIGHT * FINE)
    places = [place for place, _ in stops]
    columns = [np.interp(rows, places, [colour[c] for _, colour in stops]) for c in range(3)]
    return np.repeat(np.stack(columns, -1)[:, None], WIDTH * FINE, axis=1)


def clouds(seed: int, scales: tuple[tuple[int, int, float], ...]) -> NDArray[np.float64]:
    """(row, column) from 0 to 1: smooth noise, the sum of random grids of (rows, columns) enlarged by splines."""
    random = np.random.default_rng(seed)
    total = np.zeros((HEIGHT * FINE, WIDTH * FINE))
    for rows, columns, weight in scales:
        grid = Image.fromarray(random.random((rows, columns)).astype(np.float32))
        total += weight * np.asarray(grid.resize((WIDTH * FINE, HEIGHT * FINE), Image.Resampling.BICUBIC))
    return np.asarray((total - total.min()) / (total.max() - total.min()))


def mix(base: NDArray[np.float64], colour: Colour, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The base painted over with a colour; `share`, (row, column), says how much."""
    return base + share[..., None] * (np.array(colour, float) - base)


class Canvas:
    """Polygons in pixels of the finished picture, laid over a background, made smaller around `centre`."""

    def __init__(self, background: NDArray[np.float64], scale: float, centre: tuple[float, float]) -> None:
        self.image = Image.fromarray(background.clip(0, 255).astype(np.uint8))
        self.scale = scale
        self.centre = centre

    def shape(
        self,
        points: Points,
        top: Colour,
        bottom: Colour | None = None,
        soft: float = 0,
        alpha: float = 1,
    ) -> None:
        """A polygon, shaded from `top` to `bottom`; `soft` blurs its edge by so many pixels."""
        across, down = self.centre
        points = [(across + self.scale * (x - across), down + self.scale * (y - down)) for x, y in points]
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in points], fill=round(255 * alpha))
        if soft:
            mask = mask.filter(ImageFilter.GaussianBlur(soft * FINE))
        low, high = min(y for _, y in points) / HEIGHT, max(y for _, y in points) / HEIGHT
        paint = gradient([(low, top), (high, bottom or top)])
        self.image.paste(Image.fromarray(paint.astype(np.uint8)), mask=mask)

    def save(self, name: str) -> None:
        """Scales down, adds the faint grain of a camera, and writes a JPEG."""
        small = np.asarray(self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS), dtype=float)
        grain = np.random.default_rng(0).normal(0, 2.2, (HEIGHT, WIDTH, 1))
        picture = Image.fromarray((small + grain).clip(0, 255).astype(np.uint8))
        picture.save(Path(__file__).with_name(name), quality=88)


def curve(*points: tuple[float, float], steps: int = 40) -> Points:
    """A Bezier curve through the first and the last point, drawn to the ones between."""
    shares = np.linspace(0, 1, steps)
    line = [np.outer(1 - shares, a) + np.outer(shares, b) for a, b in pairwise(points)]
    while len(line) > 1:
        line = [(1 - shares)[:, None] * a + shares[:, None] * b for a, b in pairwise(line)]
    return [(float(x), float(y)) for x, y in line[0]]


def sea(sky: NDArray[np.float64], horizon: float) -> NDArray[np.float64]:
    """Water below the horizon, its waves finer the farther they are."""
    water = gradient([(horizon, (116, 160, 186)), (horizon + 0.12, (58, 112, 150)), (1, (20, 62, 98))])
    rows, columns = np.mgrid[0 : HEIGHT * FINE, 0 : WIDTH * FINE]
    near = ((rows / (HEIGHT * FINE) - horizon) / (1 - horizon)).clip(0.02, 1)
    drift = clouds(3, ((9, 9, 1.0), (24, 20, 0.6)))
    depth = 26 / near
    waves = np.sin(depth * 4 + 9 * drift + columns / (60 * FINE) / near * 0.8) * np.sin(depth * 2.3 - 14 * drift)
    ripple = clouds(8, ((220, 60, 1.0), (130, 34, 1.0), (70, 18, 0.8)))
    light = (0.55 * (ripple - 0.5) + 0.12 * waves) * (0.25 + near)
    water = mix(water, (205, 226, 236), light.clip(0, 1))
    water = mix(water, (8, 36, 66), (-light).clip(0, 1))
    below = rows / (HEIGHT * FINE) > horizon
    return np.where(below[..., None], water, sky)


def ship() -> None:
    """A cargo ship with stacked containers, from the side, on a calm sea."""
    sky = gradient([(0, (84, 146, 204)), (0.5, (190, 216, 232)), (0.6, (226, 232, 232)), (1, (226, 232, 232))])
    veil = clouds(5, ((3, 4, 1.0), (7, 6, 0.7), (16, 12, 0.35)))
    canvas = Canvas(sea(mix(sky, (250, 250, 250), ((veil - 0.5) * 1.7).clip(0, 0.85)), 0.6), 0.84, (260, 280))
    canvas.shape([(40, 286), (470, 286), (440, 330), (90, 330)], (18, 44, 66), (30, 70, 104), soft=7, alpha=0.65)
    hull = [(38, 232), (60, 236), (424, 236), (482, 222), *curve((482, 222), (470, 256), (456, 288)), (58, 288)]
    canvas.shape([*hull, *curve((58, 288), (44, 280), (38, 232))], (34, 62, 104), (18, 34, 62))
    canvas.shape([(47, 272), (463, 272), (456, 290), (57, 290)], (150, 44, 38), (98, 26, 26))
    rail: Points = [(38, 232), (60, 236), (424, 236), (482, 222), (481, 226), (424, 240), (60, 240), (39, 236)]
    canvas.shape(rail, (226, 230, 232))
    _containers(canvas)
    _bridge(canvas)
    _foam(canvas)
    canvas.save("ship.jpg")


def _foam(canvas: Canvas) -> None:
    """Broken white water along the hull, thickest at the bow, and a wake behind the stern."""
    random = np.random.default_rng(4)
    for x in np.linspace(-10, 462, 60):
        wide, high = random.uniform(8, 20), random.uniform(0.8, 2.2) + 2.4 * max(0, (x - 400) / 62) ** 2
        y = 289 + random.uniform(-0.8, 1.6)
        upper = curve((x - wide, y), (x, y - 2 * high), (x + wide * 0.6, y))
        canvas.shape([*upper, *curve(upper[-1], (x, y + high), upper[0])], (236, 243, 246), soft=0.5, alpha=0.6)


def _containers(canvas: Canvas) -> None:
    bright = [(188, 66, 48), (40, 104, 150), (222, 164, 60), (70, 130, 92)]
    colours = [*bright, (206, 208, 204), (132, 58, 70), (86, 140, 176)]
    random = np.random.default_rng(11)
    for stack in range(10):
        left, tiers = 136 + stack * 28, (3, 4, 4, 5, 4, 5, 4, 4, 3, 2)[stack]
        for tier in range(tiers):
            r, g, b = colours[random.integers(len(colours))]
            top = 222 - 14 * tier
            dark = (r * 7 // 10, g * 7 // 10, b * 7 // 10)
            canvas.shape([(left, top), (left + 27, top), (left + 27, top + 13), (left, top + 13)], (r, g, b), dark)
            for rib in range(1, 6):
                x = left + rib * 4.5
                canvas.shape([(x, top + 1), (x + 0.8, top + 1), (x + 0.8, top + 12), (x, top + 12)], dark, alpha=0.6)


def _bridge(canvas: Canvas) -> None:
    canvas.shape([(70, 150), (122, 150), (124, 236), (66, 236)], (246, 247, 245), (204, 210, 214))
    canvas.shape([(110, 150), (122, 150), (124, 236), (112, 236)], (170, 180, 188), (140, 152, 162))
    canvas.shape([(62, 138), (130, 138), (128, 152), (64, 152)], (250, 250, 248), (214, 219, 222))
    canvas.shape([(66, 142), (126, 142), (125, 148), (67, 148)], (38, 58, 78), (70, 96, 118))
    for row in range(5):
        for column in range(4):
            x, y = 74 + 9 * column, 160 + 14 * row
            canvas.shape([(x, y), (x + 5, y), (x + 5, y + 5), (x, y + 5)], (52, 74, 94))
    canvas.shape([(76, 112), (96, 112), (98, 138), (74, 138)], (206, 92, 48), (160, 62, 34))
    canvas.shape([(75, 117), (97, 117), (97, 123), (75, 123)], (246, 244, 238))
    canvas.shape([(110, 96), (112, 96), (113, 138), (109, 138)], (120, 130, 138))
    canvas.shape([(103, 106), (119, 106), (119, 108), (103, 108)], (120, 130, 138))
    canvas.shape([(446, 186), (448, 186), (449, 228), (445, 228)], (120, 130, 138))


def airplane() -> None:
    """An airliner from the side and a little below, under a few fair-weather clouds."""
    sky = gradient([(0, (38, 104, 184)), (0.55, (104, 166, 222)), (1, (186, 216, 238))])
    puffs = clouds(21, ((4, 4, 1.0), (9, 8, 0.6), (20, 18, 0.35), (48, 40, 0.16)))
    heights = np.linspace(0.25, 1.1, HEIGHT * FINE)[:, None]
    share = ((puffs - 0.66 + 0.16 * heights) * 4).clip(0, 0.9)
    sky = mix(mix(sky, (246, 249, 252), share), (176, 196, 216), (share - 0.6).clip(0, 1) * 0.6)
    canvas = Canvas(sky, 0.88, (256, 196))
    canvas.shape([(250, 168), (286, 168), (226, 92), (212, 92)], (150, 164, 180), (186, 196, 206))  # far wing
    canvas.shape([(92, 184), (120, 182), (92, 150), (80, 150)], (150, 164, 180))  # far tailplane
    body = [*curve((60, 190), (110, 166), (200, 164)), *curve((200, 164), (340, 158), (400, 166))]
    nose = curve((400, 166), (444, 171), (462, 181), (462, 190))
    nose += curve((462, 190), (462, 200), (440, 209), (390, 212))
    belly = [*curve((390, 212), (260, 220), (180, 214)), *curve((180, 214), (120, 208), (60, 190))]
    canvas.shape([(66, 190), (112, 174), (84, 112), (54, 108)], (26, 74, 140), (34, 96, 170))  # fin
    canvas.shape([*body, *nose, *belly], (252, 253, 254), (150, 164, 182))
    canvas.shape([*curve((72, 192), (250, 190), (462, 192)), *curve((461, 195), (250, 199), (84, 196))], (26, 74, 140))
    for window in range(30):
        x = 142 + 8.6 * window
        canvas.shape([(x, 178), (x + 3.6, 178), (x + 3.6, 184), (x, 184)], (54, 78, 108))
    canvas.shape([(428, 174), (446, 180), (450, 184), (430, 182)], (34, 50, 70))
    for x in (130, 404):
        canvas.shape([(x, 174), (x + 6, 174), (x + 6, 194), (x, 194)], (120, 136, 156), alpha=0.5)
    _near_wing(canvas)
    canvas.save("airplane.jpg")


def _near_wing(canvas: Canvas) -> None:
    cowl = [*curve((236, 236), (268, 226), (292, 232), (296, 244)), *curve((296, 244), (288, 258), (240, 250))]
    canvas.shape(cowl, (222, 228, 234), (112, 126, 144))
    canvas.shape([*curve((288, 232), (300, 238), (297, 252)), (288, 254)], (60, 72, 88))
    canvas.shape([(222, 200), (318, 202), (196, 300), (168, 304)], (214, 222, 230), (150, 164, 180))
    canvas.shape([(222, 200), (235, 200), (178, 303), (168, 304)], (186, 196, 206), (122, 138, 156))
    canvas.shape([(235, 200), (236, 200), (179, 303), (178, 303)], (96, 112, 132))
    canvas.shape([(168, 304), (196, 300), (178, 288), (160, 286)], (26, 74, 140))
    canvas.shape([(72, 194), (112, 196), (72, 226), (58, 228)], (206, 214, 224), (150, 164, 180))


if __name__ == "__main__":
    ship()
    airplane()
