"""Forecasts of spending: daily history in, expected days with an interval out. The port; the model is an adapter's.

A forecast is an estimate, so it is in binary floating point until it is shown; what was spent never is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol, TypeAlias

FEWEST_DAYS = 7
"""Of history, with spending on some of them: with less there is nothing to tell a trend from chance."""
LONGEST_HORIZON = 366
LONGEST_HISTORY = 366
INTERVAL_PERCENT = 80
"""Of days that are expected to lie within a forecast's bounds."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastDay:
    """US dollars, rounded to cents: an estimate has no more."""

    day: date
    expected: Decimal
    lower: Decimal
    upper: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLittleHistory:
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryMissing:
    """The optional packages are not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastBroken:
    reason: str


ForecastRefusal: TypeAlias = TooLittleHistory | LibraryMissing | ForecastBroken


class Forecaster(Protocol):
    async def forecast(
        self, history: Sequence[Decimal], horizon: int
    ) -> Sequence[tuple[float, float, float]] | ForecastRefusal:
        """`history` is US dollars of consecutive whole days, the oldest first. For each of the `horizon` days after
        it: what is expected, and the bounds of INTERVAL_PERCENT."""
        ...


def collect_history(days: Mapping[date, Decimal], today: date) -> list[Decimal] | TooLittleHistory:
    """Every whole day from the first with spending to yesterday; days without any are zeros. Today is not over."""
    past = [day for day, cost in days.items() if day < today and cost > 0]
    if not past:
        return TooLittleHistory(days=0)
    first = max(min(past), today - timedelta(days=LONGEST_HISTORY))
    count = (today - first).days
    if count < FEWEST_DAYS or len(past) < 3:
        return TooLittleHistory(days=count)
    return [days.get(first + timedelta(days=index), Decimal(0)) for index in range(count)]


def label_days(today: date, estimates: Sequence[tuple[float, float, float]]) -> list[ForecastDay]:
    """The first estimate is of today. Spending is never below zero."""
    return [
        ForecastDay(
            day=today + timedelta(days=index), expected=_round(expected), lower=_round(lower), upper=_round(upper)
        )
        for index, (expected, lower, upper) in enumerate(estimates)
    ]


def _round(value: float) -> Decimal:
    return Decimal(max(0.0, value)).quantize(_CENT)
