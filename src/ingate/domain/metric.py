"""Metrics as Azure Monitor names them, and the port through which they are read.

A metric measures requests: how many values there were, their sum, the least and the greatest. The minute is the
finest grain. `metric_definitions.py` says which metrics there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Aggregation: TypeAlias = Literal["Average", "Count", "Maximum", "Minimum", "Total"]
Unit: TypeAlias = Literal["Count", "Bytes", "MilliSeconds", "Percent"]
Comparison: TypeAlias = Literal["eq", "ne", "sw"]

METRIC_NAMESPACE = "Microsoft.CognitiveServices/accounts"
ANYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    name: str
    display_name: str
    description: str
    category: str
    unit: Unit
    primary_aggregation: Aggregation
    aggregations: tuple[Aggregation, ...]
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Of values that have something in common."""

    count: int
    total: float
    minimum: float | None
    """None when it is not known, as where only the sum was kept."""
    maximum: float | None

    def __add__(self, other: Measurement) -> Measurement:
        return Measurement(
            self.count + other.count,
            self.total + other.total,
            _choose(min, self.minimum, other.minimum),
            _choose(max, self.maximum, other.maximum),
        )

    def get(self, aggregation: Aggregation) -> float | None:
        match aggregation:
            case "Average":
                return self.total / self.count if self.count else None
            case "Count":
                return self.count
            case "Maximum":
                return self.maximum
            case "Minimum":
                return self.minimum
            case "Total":
                return self.total


def _choose(how: Callable[[float, float], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return right if left is None else left
    return how(left, right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of a dimension's values. Compared without regard to case."""

    dimension: str
    comparison: Comparison
    value: str
    """ANYTHING fits every value."""

    def fits(self, value: str) -> bool:
        if self.value == ANYTHING and self.comparison == "eq":
            return True
        given, wanted = value.casefold(), self.value.casefold()
        match self.comparison:
            case "eq":
                return given == wanted
            case "ne":
                return given != wanted
            case "sw":
                return given.startswith(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuestion:
    metrics: tuple[str, ...]
    """Names of definitions."""
    resource_ids: tuple[str, ...]
    """Of accounts; answered for each of them. Compared without regard to case."""
    from_minute: int
    """Since 1970, UTC."""
    to_minute: int
    """Exclusive."""
    grain: int
    """Minutes. Points begin at `from_minute`, and every grain after it."""
    filter: tuple[tuple[Condition, ...], ...] = ()
    """Every group has to fit; a group fits with any of its conditions."""
    split_by: tuple[str, ...] = ()
    """Dimensions. Without, everything is one series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries:
    metric: str
    resource_id: str
    """As the question has it."""
    values: tuple[str, ...]
    """Of the dimensions that the question splits by, in its order."""
    points: Mapping[int, Measurement] = field(default_factory=lambda: {})
    """By the number of the grain, the first is 0. Where nothing happened there is none."""

    @property
    def whole(self) -> Measurement:
        """All points together."""
        return sum(self.points.values(), Measurement(0, 0.0, None, None))


class MetricsExposition(Protocol):
    """All metrics since they are counted, for a scraper."""

    def render(self, accept: str) -> tuple[bytes, str]:
        """In the format that `accept`, a header, asks for, with its media type. Blocks, so it is called in a
        thread."""
        ...


class MetricStore(Protocol):
    """Where measurements are kept. Blocks, so it is called in a thread."""

    def list_series(self, question: MetricQuestion) -> Sequence[MetricSeries]:
        """Those in which something happened."""
        ...
