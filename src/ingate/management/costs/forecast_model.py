"""The model that forecasts: exponential smoothing by statsmodels, averaged with what the same weekdays cost lately.

Both are taken over the logarithm of a day's cost, because spending grows by shares rather than by amounts and is
never below zero. Averaging two unlike models is a cheap way to be wrong less often; whether it is, and how often a
day lies within the interval, is measured by `bench/forecast.py` against repeating last week. This module does its
work only in the process that forecasts: statsmodels takes seconds to load and more than 100 MB.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

from ingate.domain.forecast import INTERVAL_PERCENT

INTERVAL = INTERVAL_PERCENT / 100
SEASON = 7
"""Days."""
FEWEST_OF_TREND = 14
FEWEST_OF_SEASON = 21
"""Days of history below which a trend, or a weekly season, would be chance mistaken for a pattern."""
RECENT = 3
"""Of the same weekday."""
WIDEST = 20.0
"""A bound is never further up than this many times the largest day."""
_LARGEST_EXPONENT = 50.0


class _Smoothing(NamedTuple):
    middle: list[float]
    half_widths: list[float]


def forecast(history: Sequence[float], horizon: int) -> list[tuple[float, float, float]]:
    """Expected cost and its bounds for each day after `history`, which has at least seven days. Raises ImportError
    when statsmodels is not installed."""
    # A cent is nothing; without this the logarithm would make much of it.
    shift = max(0.01, sum(history) / len(history) * 0.05)
    logs = [math.log(value + shift) for value in history]
    smoothed = _smooth(logs, horizon)
    cap = max(history) * WIDEST
    days: list[tuple[float, float, float]] = []
    for ahead, (middle, half_width) in enumerate(zip(smoothed.middle, smoothed.half_widths, strict=True)):
        center = (middle + _mean_of_weekday(logs, ahead)) / 2
        expected, lower, upper = (
            min(max(0.0, math.exp(min(value, _LARGEST_EXPONENT)) - shift), cap)
            for value in (center, center - half_width, center + half_width)
        )
        days.append((expected, lower, upper))
    return days


def _mean_of_weekday(logs: Sequence[float], ahead: int) -> float:
    """Of the last days that are a whole number of weeks before the day `ahead` of the history's end."""
    same = [logs[index] for index in range(len(logs) - 1, -1, -1) if (len(logs) + ahead - index) % SEASON == 0]
    return sum(same[:RECENT]) / len(same[:RECENT])


def _smooth(logs: Sequence[float], horizon: int) -> _Smoothing:
    # None of these has types, and none is there unless somebody asked for forecasts.
    pandas: Any = import_module("pandas")
    statistics: Any = import_module("scipy.stats")
    smoothing: Any = import_module("statsmodels.tsa.exponential_smoothing.ets")

    has_trend, has_season = len(logs) >= FEWEST_OF_TREND, len(logs) >= FEWEST_OF_SEASON
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimizers that stop early: what comes of it is bounded by the caller
        model = smoothing.ETSModel(
            pandas.Series(logs),
            error="add",
            trend="add" if has_trend else None,
            damped_trend=has_trend,
            seasonal="add" if has_season else None,
            seasonal_periods=SEASON if has_season else None,
        )
        predicted = model.fit(disp=False).get_prediction(start=len(logs), end=len(logs) + horizon - 1)
        bounds = predicted.pred_int(alpha=1 - INTERVAL).to_numpy().tolist()
        middle: list[float] = predicted.predicted_mean.tolist()
    parameters = 2 + 2 * has_trend + SEASON * has_season
    freedom = max(3, len(logs) - parameters)
    # The library takes the error's variance for known; of a short history it is not, and intervals come out narrow.
    quantile = (1 + INTERVAL) / 2
    wider = math.sqrt(len(logs) / freedom) * statistics.t.ppf(quantile, freedom) / statistics.norm.ppf(quantile)
    return _Smoothing(middle, [float((upper - lower) / 2 * wider) for lower, upper in bounds])
