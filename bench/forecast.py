"""Back-tests the forecast of costs: `python -m bench.forecast`, with `ingate[forecast]` installed.

Seven kinds of invented spending, from a fixed seed, are cut at several days; what comes after each cut is forecast
and compared with what came. Beside it stands the forecast that repeats the last week, with an interval from how much
weeks differed. MASE below 1 is better than the average step from one week to the next within the history; an interval
of 80 % should cover 80 % of the days.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingate.management.costs.forecast_model import INTERVAL, SEASON, forecast

DAYS = 150
HORIZON = 14
CUTS = (10, 18, 28, 56, 90, 120)
REPETITIONS = 2
SEED = 7
WEEK = (1.0, 1.05, 1.1, 1.05, 0.95, 0.3, 0.25)
NORMAL_QUANTILE = statistics.NormalDist().inv_cdf((1 + INTERVAL) / 2)

Days = list[tuple[float, float, float]]
Model = Callable[[Sequence[float], int], Days]


class Score(NamedTuple):
    mase: float
    coverage: float
    total_error: float
    """Of the two weeks' sum, as a share of it."""


def make_series(kind: str, chance: random.Random) -> list[float]:
    return [_make_day(kind, day, chance) for day in range(DAYS)]


def _make_day(kind: str, day: int, chance: random.Random) -> float:
    noise = math.exp(chance.gauss(0, 0.2))
    weekly = WEEK[day % SEASON] * noise
    match kind:
        case "steady week":
            return 50 * weekly
        case "growing":
            return 20 * math.exp(day * 0.012) * weekly
        case "ramp":
            return 80 / (1 + math.exp(-(day - 60) / 12)) * weekly + 0.2
        case "bursts":
            return 30 * weekly + (chance.lognormvariate(4, 0.7) if chance.random() < 0.06 else 0)
        case "step":
            return (20 if day < 80 else 55) * weekly
        case "sporadic":
            return chance.lognormvariate(2, 1) if chance.random() < 0.4 else 0
        case _:
            return 40 * noise


KINDS = ("steady week", "growing", "ramp", "bursts", "step", "sporadic", "no week")


def repeat_last_week(history: Sequence[float], horizon: int) -> Days:
    steps = _list_steps(history)
    spread = statistics.pstdev(steps)
    days: Days = []
    for ahead in range(horizon):
        expected = history[len(history) - SEASON + ahead % SEASON]
        width = NORMAL_QUANTILE * spread * math.sqrt(ahead // SEASON + 1)
        days.append((expected, max(0.0, expected - width), expected + width))
    return days


def _list_steps(history: Sequence[float]) -> list[float]:
    """From one week to the next; of a short history from day to day."""
    lag = SEASON if len(history) > 2 * SEASON else 1
    return [now - before for before, now in zip(history, history[lag:], strict=False)]


def score(model: Model, series: Sequence[float], cut: int) -> Score:
    history, actual = series[:cut], series[cut : cut + HORIZON]
    days = model(history, HORIZON)
    scale = statistics.fmean(abs(step) for step in _list_steps(history))
    errors = [abs(expected - came) for (expected, _, _), came in zip(days, actual, strict=True)]
    covered = [lower <= came <= upper for (_, lower, upper), came in zip(days, actual, strict=True)]
    total = sum(expected for expected, _, _ in days)
    return Score(
        mase=statistics.fmean(errors) / max(scale, 1e-9),
        coverage=statistics.fmean(covered),
        total_error=abs(total - sum(actual)) / max(sum(actual), 1.0),
    )


def back_test(name: str, model: Model) -> None:
    chance = random.Random(SEED)  # noqa: S311 - invented spending, the same every time
    began, all_scores = time.perf_counter(), list[Score]()
    print(f"\n{name}\n{'':14}{'MASE':>8}{'coverage':>10}{'error of the sum':>18}")
    for kind in KINDS:
        scores = [
            score(model, series, cut)
            for series in (make_series(kind, chance) for _ in range(REPETITIONS))
            for cut in CUTS
        ]
        all_scores += scores
        _print_scores(kind, scores)
    _print_scores("all", all_scores)
    median = statistics.median(entry.total_error for entry in all_scores)
    each = (time.perf_counter() - began) / len(all_scores)
    print(f"{'':14}median error of the sum {median:.1%}; {each * 1000:.0f} ms a forecast")


def _print_scores(label: str, scores: Sequence[Score]) -> None:
    mase, coverage, total = (statistics.fmean(values) for values in zip(*scores, strict=True))
    print(f"{label:14}{mase:8.2f}{coverage:10.1%}{total:18.1%}")


def main() -> None:
    try:
        forecast([1.0] * 30, 1)
    except ImportError:
        raise SystemExit("Forecasts are not installed: pip install 'ingate[forecast]'") from None
    print(
        f"{len(KINDS)} kinds, {REPETITIONS} of each, cut at {CUTS}, {HORIZON} days ahead, intervals of {INTERVAL:.0%}"
    )
    back_test("repeat last week", repeat_last_week)
    back_test("ingate", forecast)


if __name__ == "__main__":
    main()
