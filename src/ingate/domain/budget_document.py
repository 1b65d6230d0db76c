"""Budgets as JSON: what an owner may write, and what of it is wrong.

https://learn.microsoft.com/rest/api/consumption/budgets/create-or-update; `properties.ingate` is ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast
from urllib.parse import urlsplit

from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.times import parse_time

from .budget import (
    LARGEST_THRESHOLD,
    MOST_NOTIFICATIONS,
    OPERATORS,
    THRESHOLD_TYPES,
    TIME_GRAINS,
    BudgetNotification,
    Operator,
    ThresholdType,
    TimeGrain,
)
from .cost_filter import CostFilter, parse_cost_filter
from .price_document import parse_number

LARGEST_AMOUNT = Decimal(10) ** 15
DEFAULT_YEARS = 10
"""How long a budget lasts whose owner does not say."""
LONGEST_WEBHOOK = 2048

_INGATE = frozenset({"webhook", "enforce", "closed"})
"""`closed` is read only; accepted so that what GET answers can be sent back."""
_GRAINS: dict[str, TimeGrain] = {name: name for name in TIME_GRAINS}
_OPERATORS: dict[str, Operator] = {name: name for name in OPERATORS}
_THRESHOLD_TYPES: dict[str, ThresholdType] = {name: name for name in THRESHOLD_TYPES}
_KEY = re.compile(r"[A-Za-z0-9_ ./%-]{1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetInvalid:
    """`reason` never repeats a value."""

    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTerms:
    """What a document says, decided."""

    amount: Decimal
    time_grain: TimeGrain
    start: date
    end: date
    filter: CostFilter | None
    notifications: tuple[BudgetNotification, ...]
    webhook: str | None
    is_enforced: bool


def parse_budget(properties: JsonObject) -> BudgetTerms | BudgetInvalid:
    """Or the first thing that is wrong."""
    if properties.get("category", "Cost") != "Cost":
        return BudgetInvalid(member="category", reason="must be Cost; usage is limited by a deployment's capacity")
    amount = parse_number(properties.get("amount"))
    if amount is None or not 0 < amount <= LARGEST_AMOUNT:
        return BudgetInvalid(member="amount", reason="must be a number greater than 0")
    grain = _GRAINS.get(str(properties.get("timeGrain")))
    if grain is None:
        return BudgetInvalid(member="timeGrain", reason=f"must be one of {', '.join(TIME_GRAINS)}")
    days = _parse_period(get_object(properties, "timePeriod"))
    if isinstance(days, BudgetInvalid):
        return days
    chosen = properties.get("filter")
    filter_ = parse_cost_filter(cast("JsonObject", chosen) if isinstance(chosen, dict) else None)
    if isinstance(filter_, str):
        return BudgetInvalid(member="filter", reason=f"is not valid: {filter_}")
    notifications = _parse_notifications(get_object(properties, "notifications"))
    if isinstance(notifications, BudgetInvalid):
        return notifications
    ours = _parse_ours(get_object(properties, "ingate"), filter_)
    if isinstance(ours, BudgetInvalid):
        return ours
    return BudgetTerms(
        amount=amount,
        time_grain=grain,
        start=days[0],
        end=days[1],
        filter=filter_,
        notifications=notifications,
        webhook=ours[0],
        is_enforced=ours[1],
    )


def _parse_period(given: JsonObject) -> tuple[date, date] | BudgetInvalid:
    start = _parse_day(given.get("startDate"))
    if start is None or start.day != 1:
        return BudgetInvalid(member="timePeriod.startDate", reason="must be the first day of a month")
    if given.get("endDate") is None:
        return start, start.replace(year=start.year + DEFAULT_YEARS)
    end = _parse_day(given["endDate"])
    if end is None or end <= start:
        return BudgetInvalid(member="timePeriod.endDate", reason="must be a day after startDate")
    return start, end


def _parse_day(given: object) -> date | None:
    moment = parse_time(given) if isinstance(given, str) else None
    return moment.date() if moment is not None and 2000 <= moment.year <= 9000 else None


def _parse_notifications(given: JsonObject) -> tuple[BudgetNotification, ...] | BudgetInvalid:
    if len(given) > MOST_NOTIFICATIONS:
        return BudgetInvalid(member="notifications", reason=f"must not have more than {MOST_NOTIFICATIONS} members")
    parsed: list[BudgetNotification] = []
    for key in given:
        if not _KEY.fullmatch(key):
            return BudgetInvalid(member="notifications", reason="has a key with characters that none may have")
        notification = _parse_notification(key, get_object(given, key))
        if isinstance(notification, BudgetInvalid):
            return notification
        parsed.append(notification)
    return tuple(parsed)


def _parse_notification(key: str, given: JsonObject) -> BudgetNotification | BudgetInvalid:
    member = f"notifications.{key}"
    operator = _OPERATORS.get(str(given.get("operator")))
    if operator is None:
        return BudgetInvalid(member=f"{member}.operator", reason=f"must be one of {', '.join(OPERATORS)}")
    threshold = parse_number(given.get("threshold"))
    if threshold is None or not 0 < threshold <= LARGEST_THRESHOLD:
        reason = f"must be a number of percent, greater than 0 and at most {LARGEST_THRESHOLD}"
        return BudgetInvalid(member=f"{member}.threshold", reason=reason)
    type_ = _THRESHOLD_TYPES.get(str(given.get("thresholdType", "Actual")))
    if type_ is None:
        reason = f"must be one of {', '.join(THRESHOLD_TYPES)}"
        return BudgetInvalid(member=f"{member}.thresholdType", reason=reason)
    if not isinstance(given.get("enabled", True), bool):
        return BudgetInvalid(member=f"{member}.enabled", reason="must be true or false")
    return BudgetNotification(
        key=key,
        enabled=given.get("enabled") is not False,
        operator=operator,
        threshold=threshold,
        threshold_type=type_,
    )


def _parse_ours(given: JsonObject, filter_: CostFilter | None) -> tuple[str | None, bool] | BudgetInvalid:
    unknown = sorted(set(given) - _INGATE)
    if unknown:
        return BudgetInvalid(member=f"ingate.{unknown[0][:40]}", reason="is not known")
    webhook, enforce = given.get("webhook"), given.get("enforce", False)
    if webhook is not None and not (isinstance(webhook, str) and _is_webhook(webhook)):
        reason = "must be an http or https URL without a user name, a password or a fragment"
        return BudgetInvalid(member="ingate.webhook", reason=reason)
    if not isinstance(enforce, bool):
        return BudgetInvalid(member="ingate.enforce", reason="must be true or false")
    if enforce and filter_ is not None and not filter_.tells_deployments_apart:
        reason = "needs a filter over resources, deployments, models or tags: a deployment is closed as a whole"
        return BudgetInvalid(member="ingate.enforce", reason=reason)
    return webhook, enforce


def _is_webhook(url: str) -> bool:
    if len(url) > LONGEST_WEBHOOK or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and has_host and "@" not in parts.netloc and not parts.fragment
