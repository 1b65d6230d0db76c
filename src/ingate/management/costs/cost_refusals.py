"""Why a request about costs is refused. Values that know no HTTP, like those in `refusals.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQueryInvalid:
    """`reason` never repeats more than a name."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastUnavailable:
    """There is too little to forecast from."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastNotInstalled:
    """The optional dependencies are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastFailed:
    """The process that forecasts ended without an answer."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsUnavailable:
    """This process keeps no costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInForce:
    """What was in force is never changed: costs were computed with it."""

    name: str
    effective_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotAllowed:
    """A webhook makes this machine send requests, so only whoever owns the tenant may set one."""


CostRefusal: TypeAlias = (
    CostQueryInvalid
    | ForecastUnavailable
    | ForecastNotInstalled
    | ForecastFailed
    | CostsUnavailable
    | PriceInForce
    | WebhookNotAllowed
)
