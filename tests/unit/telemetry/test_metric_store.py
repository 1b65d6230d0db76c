"""Azure Monitor's metrics, out of counted exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange_records import ACCOUNT, NOON, make_exchange, make_mixed_load, make_refused

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.metric import Condition, Measurement, MetricQuestion, MetricSeries
from ingate.domain.metric_definitions import METRIC_DEFINITIONS
from ingate.domain.usage import TokenUsage
from ingate.telemetry.metric_store import DIMENSION_VALUES, SOURCES, MetricRollups
from ingate.telemetry.rollup_store import RollupStore
from ingate.telemetry.rollups import sum_minutes

MINUTE = int(NOON // 60)


class Kept:
    def __init__(self, path: Path) -> None:
        self._store = RollupStore(path)
        self._metrics = MetricRollups(path)

    def add(self, *records: ExchangeRecord) -> None:
        self._store.add(minutes=sum_minutes(records), costs={}, cursors={})

    def close(self) -> None:
        self._store.close()

    def ask(self, *metrics: str, **options: Any) -> Sequence[MetricSeries]:
        known: dict[str, Any] = {
            "resource_ids": (ACCOUNT,),
            "from_minute": MINUTE,
            "to_minute": MINUTE + 60,
            "grain": 60,
        }
        return self._metrics.list_series(MetricQuestion(metrics=metrics, **(known | options)))

    def get_whole(self, metric: str) -> Measurement:
        series = self.ask(metric)
        assert len(series) <= 1
        return series[0].whole if series else Measurement(0, 0.0, None, None)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "telemetry.db")
    yield kept
    kept.close()


def test_every_definition_has_a_source_and_every_dimension_a_value() -> None:
    assert {definition.name for definition in METRIC_DEFINITIONS} == set(SOURCES)
    assert {name.lower() for definition in METRIC_DEFINITIONS for name in definition.dimensions} == set(
        DIMENSION_VALUES
    )


def test_tokens_by_class_leave_those_of_the_cache_out_of_the_input(kept: Kept) -> None:
    usage = TokenUsage(
        input_tokens=1,
        output_tokens=20,
        cache_read_input_tokens=300,
        cache_creation_5m_input_tokens=4000,
        cache_creation_1h_input_tokens=50000,
    )
    kept.add(make_exchange(usage=usage), make_exchange(usage=usage))
    totals = {name: kept.get_whole(name).total for name in SOURCES if "Tokens" in name and name != "TokensPerSecond"}
    assert totals == {
        "InputTokens": 2,
        "OutputTokens": 40,
        "TotalTokens": 42,
        "cacheReadInputTokens": 600,
        "ephemeral5mInputTokens": 8000,
        "ephemeral1hInputTokens": 100000,
        "NormalizedTimeBetweenTokens": 0,
    }


def test_requests_are_counted_by_how_they_ended(kept: Kept) -> None:
    statuses = [200, 200, 400, 429, 500, 529]
    kept.add(
        *(make_exchange(status=status) for status in statuses), make_exchange(operation="files_list", usage=None)
    )
    counts = {name: kept.get_whole(name).total for name in SOURCES if name.endswith(("Calls", "Errors", "Requests"))}
    assert counts == {
        "ModelRequests": 6,
        "TotalCalls": 7,
        "SuccessfulCalls": 3,
        "TotalErrors": 4,
        "BlockedCalls": 1,
        "ClientErrors": 2,
        "ServerErrors": 2,
    }
    assert kept.get_whole("ModelAvailabilityRate").get("Average") == pytest.approx(400 / 6)
    assert kept.get_whole("ModelAvailabilityRate").get("Minimum") == 0
    assert kept.get_whole("SuccessRate").get("Average") == pytest.approx(500 / 7)


def test_latencies_have_an_average_a_least_and_a_greatest(kept: Kept) -> None:
    kept.add(
        make_exchange(duration_ms=100.0),
        make_exchange(duration_ms=300.0, streaming=True, first_token_ms=20.0),
        make_exchange(duration_ms=9000.0, status=500),
        make_refused(duration_ms=0.5),
    )
    last_byte, response = kept.get_whole("TimeToLastByte"), kept.get_whole("TimeToResponse")
    assert last_byte == Measurement(2, 400.0, 100.0, 300.0)
    assert response == Measurement(3, 9120.0, 20.0, 9000.0)
    assert kept.get_whole("Latency").count == 4


def test_bytes_are_those_of_bodies(kept: Kept) -> None:
    kept.add(make_exchange(), make_exchange())
    assert (kept.get_whole("DataIn").total, kept.get_whole("DataOut").total) == (2000, 1000)


def test_points_begin_with_the_question_and_follow_its_grain(kept: Kept) -> None:
    kept.add(*(make_exchange(time=NOON + seconds) for seconds in (0, 59, 61, 320, 3599, 3601)))
    (series,) = kept.ask("ModelRequests", grain=5)
    assert {number: point.total for number, point in series.points.items()} == {0: 3, 1: 1, 11: 1}


def test_series_are_split_by_dimensions(kept: Kept) -> None:
    kept.add(make_exchange(), make_exchange(deployment="haiku"), make_exchange(deployment="haiku", status=500))
    series = kept.ask("ModelRequests", split_by=("ModelDeploymentName", "StatusCode"))
    assert {entry.values: entry.whole.total for entry in series} == {
        ("opus", "200"): 1,
        ("haiku", "200"): 1,
        ("haiku", "500"): 1,
    }


def test_a_filter_takes_groups_of_alternatives(kept: Kept) -> None:
    kept.add(*(make_exchange(status=status, streaming=bool(status % 2)) for status in (200, 400, 401, 429, 500)))
    either = (
        Condition(dimension="StatusCode", comparison="eq", value="400"),
        Condition(dimension="StatusCode", comparison="sw", value="42"),
    )
    (series,) = kept.ask("ModelRequests", filter=(either,))
    assert series.whole.total == 2
    narrowed = (either, (Condition(dimension="StreamType", comparison="ne", value="streaming"),))
    (series,) = kept.ask("ModelRequests", filter=narrowed)
    assert series.whole.total == 1


def test_resources_are_answered_each_for_itself_whatever_the_case_of_their_ids(kept: Kept) -> None:
    other = ACCOUNT.replace("r1", "r2")
    kept.add(make_exchange(), make_exchange(resource_id=other), make_exchange(resource_id=other))
    series = kept.ask("TotalCalls", resource_ids=(ACCOUNT.upper(), other, ACCOUNT + "x"))
    assert [(entry.resource_id, entry.whole.total) for entry in series] == [(ACCOUNT.upper(), 1), (other, 2)]


def test_any_split_adds_up_to_the_whole(kept: Kept) -> None:
    load = make_mixed_load(500)
    kept.add(*load)
    span = {"to_minute": MINUTE + 4 * 1440, "grain": 1440}
    expected = sum(record.usage.output_tokens for record in load if record.usage)
    for split_by in ((), ("ModelDeploymentName",), ("Region", "ModelName", "ModelVersion")):
        series = kept.ask("OutputTokens", split_by=split_by, **span)
        assert sum(entry.whole.total for entry in series) == expected
