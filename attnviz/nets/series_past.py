"""What a forecaster is told of a past beside its values: seasons, levels, slopes, and how far simple forecasts erred."""

from typing import NamedTuple

import torch
from torch import Tensor

LEAST = 1e-3  # deviations of the window: an error below counts as this one
STEP_FEATURES, AHEAD_FEATURES, RELATIONS = 13, 16, 10
READINGS = ("as it was (1)", "as it was (2)", "at today's level", "in proportion", "with the trend", "with the last trend")
COUNTED = (1, 2, 3, 4, 6, 9, 13, 18)  # steps ahead at which simple forecasts are counted, and for those before them
FARTHEST_RATIO = 4.0


class Past(NamedTuple):
    """`steps` (batch, past, feature); `coming` (batch, ahead, feature); `relations` (batch, ahead, past, relation).

    `readings` (batch, reading, past) and `shifts` (batch, reading, ahead): a past value as one of READINGS is their sum.
    `error` (batch, ahead): the mean absolute error that the best of the simple forecasts had so far; `level` (batch, 1).
    """

    steps: Tensor
    coming: Tensor
    relations: Tensor
    readings: Tensor
    shifts: Tensor
    error: Tensor
    level: Tensor


@torch.no_grad()
def described(past: Tensor, seasons: Tensor, zero: Tensor, ahead: int) -> Past:
    """(batch, past) of mean 0 and deviation 1, (batch, 2) lags or 0, (batch,) what 0 is on that scale -> all of it."""
    length, lag = past.shape[1], seasons.clamp(max=past.shape[1]).expand(len(past), -1)
    zero = zero.expand(len(past))
    main = torch.where(lag[:, 0] > 1, lag[:, 0], 1)
    level = trailing(past, main)
    now = level[:, -1:]
    rest = past - level
    loud = rest.pow(2).mean(1, keepdim=True).sqrt().clamp(min=LEAST)
    back, known = lagged(past, main)
    change = torch.where(known & (lag[:, :1] > 1), past - back, 0.0)
    step = torch.diff(past, dim=1, prepend=past[:, :1])
    jitter = step.abs().mean(1, keepdim=True).clamp(min=LEAST)
    slope, recent = slopes(level, main)
    errors = simple_errors(past, level, main, lag[:, 0] > 1, ahead)
    error = errors.amin(2).clamp(min=LEAST)
    ages = torch.arange(length - 1, -1, -1, device=past.device, dtype=past.dtype)
    to_come = torch.arange(1, ahead + 1, device=past.device, dtype=past.dtype)
    has = (lag > 1).to(past.dtype)
    base = error.mean(1, keepdim=True)
    steps = torch.stack([
        past, rest / loud, (level - now) / loud, change / base, step / jitter, (past - past[:, -1:]) / base,
        *_angles(-ages, lag, has), *(each[:, None].expand(-1, length) for each in has.T), ((1 + ages).log() / 6).expand_as(past),
    ], 2)  # fmt: skip
    facts = torch.cat([
        has, lag.clamp(min=1).log() / 5, base.log(), loud.log(), (jitter / loud).log(), slope / base * ahead, recent / base * ahead,
        past.new_full((len(past), 1), length).log() / 6,
    ], 1).clamp(-8, 8)  # fmt: skip
    told = torch.cat([torch.stack(_angles(to_come, lag, has)[:2], 2), (errors.clamp(min=LEAST) / error[:, :, None]).log()], 2)
    coming = torch.cat([told, facts[:, None].expand(-1, ahead, -1)], 2)
    readings, shifts = _readings(past, level, zero, slope, recent, ages, to_come)
    return Past(steps.clamp(-8, 8), coming, _relations(ages, to_come, lag, has), readings, shifts, error, now)


def trailing(past: Tensor, lag: Tensor) -> Tensor:
    """(batch, past), (batch,) -> (batch, past): the mean of the last `lag` steps; before there are so many, of the first ones."""
    sums = torch.nn.functional.pad(past.double().cumsum(1), (1, 0))
    end = torch.maximum(torch.arange(1, past.shape[1] + 1, device=past.device)[None], lag[:, None])
    return ((sums.gather(1, end) - sums.gather(1, end - lag[:, None])) / lag[:, None]).to(past.dtype)


def lagged(past: Tensor, lag: Tensor) -> tuple[Tensor, Tensor]:
    """(batch, past), (batch,) -> the value so many steps before each, and where there is one."""
    place = torch.arange(past.shape[1], device=past.device)[None] - lag[:, None]
    return past.gather(1, place.clamp(min=0)), place >= 0


def slopes(level: Tensor, lag: Tensor) -> tuple[Tensor, Tensor]:
    """(batch, 1) change a step of the level: by least squares over all of it, and over the last two seasons, at least 12 steps."""
    length = level.shape[1]
    place = torch.arange(length, device=level.device)[None]
    known = place >= lag[:, None] - 1
    last = known & (place >= length - torch.clamp(2 * lag[:, None], min=12))
    return _slope(level, known), _slope(level, last)


def _slope(level: Tensor, where: Tensor) -> Tensor:
    weight = where.to(level.dtype)
    count = weight.sum(1, keepdim=True).clamp(min=1)
    time = torch.arange(level.shape[1], device=level.device, dtype=level.dtype)[None]
    time = (time - (time * weight).sum(1, keepdim=True) / count) * weight
    return (time * level).sum(1, keepdim=True) / time.pow(2).sum(1, keepdim=True).clamp(min=1)


def simple_errors(past: Tensor, level: Tensor, lag: Tensor, has: Tensor, ahead: int) -> Tensor:
    """(batch, ahead, 4): mean errors of the last value, the season again, the same at the level of then, and the level.

    Counted over every step of the past that each could have been forecast for; a season that there is not errs as the last value.
    """
    length = past.shape[1]
    errors = []
    counted = [distance for distance in COUNTED if distance < ahead] + [ahead]
    for distance in counted:
        reach = min(distance, length - 1)
        truth, last, then = past[:, reach:], past[:, : length - reach], level[:, : length - reach]
        back = lag * (-(-distance // lag))
        (again, known), (of_then, _) = lagged(past, back), lagged(level, back)
        known = known[:, reach:] & has[:, None]
        flat = (truth - last).abs().mean(1)
        season = _mean((truth - again[:, reach:]).abs(), known, flat)
        moved = _mean((truth - (again[:, reach:] - of_then[:, reach:] + then)).abs(), known, flat)
        errors.append(torch.stack([flat, season, moved, (truth - then).abs().mean(1)], 1))
    nearest = [next(i for i, distance in enumerate(counted) if distance >= step) for step in range(1, ahead + 1)]
    return torch.stack(errors, 1)[:, nearest]


def _mean(values: Tensor, where: Tensor, otherwise: Tensor) -> Tensor:
    count = where.sum(1)
    return torch.where(count > 0, (values * where).sum(1) / count.clamp(min=1), otherwise)


def _angles(time: Tensor, lag: Tensor, has: Tensor) -> list[Tensor]:
    """Sines and cosines of places in both seasons, (batch, time) each."""
    angles = 2 * torch.pi * time[None, None] / lag.clamp(min=1)[:, :, None]
    return [wave(angles[:, i]) * has[:, i, None] for i in range(2) for wave in (torch.sin, torch.cos)]


def _relations(ages: Tensor, to_come: Tensor, lag: Tensor, has: Tensor) -> Tensor:
    """(batch, ahead, past, relation): what a past step is to one ahead: so near, of the same place in a season, of the last one."""
    apart = (ages[None] + to_come[:, None])[None]
    found = [(apart.log() / 3).expand(len(lag), -1, -1), (-ages / 3).exp().expand(len(lag), len(to_come), -1)]
    for i in range(2):
        length, there = lag[:, i].clamp(min=1)[:, None, None].to(ages.dtype), has[:, i, None, None]
        off = torch.remainder(apart + length / 2, length) - length / 2
        found += [there * (-0.5 * (off / width).pow(2)).exp() for width in (0.4, 1.5)]
        found.append(there * torch.cos(2 * torch.pi * off / length))
        found.append(there * (ages < length).to(ages.dtype).expand_as(off))
    return torch.stack(found, 3)


def _readings(
    past: Tensor, level: Tensor, zero: Tensor, slope: Tensor, recent: Tensor, ages: Tensor, to_come: Tensor
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Past values as each of READINGS takes them, and what is added for the step ahead."""
    now, floor = level[:, -1:], zero[:, None]
    moved = past - level + now
    positive = (past.amin(1, keepdim=True) >= floor) & (level.amin(1, keepdim=True) > floor + LEAST)
    ratio = ((now - floor) / (level - floor).clamp(min=LEAST)).clamp(1 / FARTHEST_RATIO, FARTHEST_RATIO)
    scaled = torch.where(positive, (past - floor) * ratio + floor, moved)
    readings = torch.stack([past, past, moved, scaled, past + slope * ages, moved], 1)
    still = torch.zeros_like(to_come).expand(len(past), -1)
    return readings, torch.stack([still, still, still, still, slope * to_come, recent * to_come], 1)
