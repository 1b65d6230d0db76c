"""What Prometheus scrapes, read by its own client library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from tests.support.exchange_records import make_exchange, make_mixed_load, make_refused

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.prometheus import OVERFLOW, Gauge, PrometheusExposition, read_lag
from ingate.telemetry.rollup_store import RollupStore
from ingate.telemetry.rollups import sum_minutes

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Kept:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = RollupStore(path)

    def add(self, *records: ExchangeRecord) -> None:
        self.store.add(minutes=sum_minutes(records), costs={}, cursors={})

    def scrape(self, most_series: int = 1000) -> Samples:
        content, media_type = PrometheusExposition(self.path, most_series=most_series).render("")
        assert media_type.startswith("text/plain")
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in parse_text(content.decode())
            for sample in family.samples
        }


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "telemetry.db")
    yield kept
    kept.store.close()


def sum_of(samples: Samples, name: str, **labels: str) -> float:
    return sum(
        value for (known, given), value in samples.items() if known == name and set(labels.items()) <= set(given)
    )


def test_requests_and_tokens_add_up(kept: Kept) -> None:
    load = make_mixed_load(200)
    kept.add(*load)
    samples = kept.scrape()
    assert sum_of(samples, "ingate_requests_total") == 200
    assert sum_of(samples, "ingate_requests_total", status="4xx") == sum(record.status >= 400 for record in load)
    assert sum_of(samples, "ingate_tokens_total", type="cache_read", deployment="opus") == sum(
        record.usage.cache_read_input_tokens for record in load if record.usage and record.deployment == "opus"
    )


def test_histograms_hold_every_request_once(kept: Kept) -> None:
    load = make_mixed_load(200)
    kept.add(*load)
    samples = kept.scrape()
    name = "ingate_request_duration_seconds"
    assert sum_of(samples, f"{name}_count") == sum_of(samples, f"{name}_bucket", le="+Inf") == 200
    assert sum_of(samples, f"{name}_sum") == pytest.approx(sum(record.duration_ms for record in load) / 1000)
    below = sum(record.duration_ms <= 1000 for record in load)
    assert sum_of(samples, f"{name}_bucket", le="1.0") == pytest.approx(below, abs=5)
    first = "ingate_time_to_first_token_seconds_count"
    assert sum_of(samples, first) == sum(record.first_token_ms is not None for record in load)


def test_counters_go_on_when_old_minutes_are_forgotten(kept: Kept) -> None:
    kept.add(make_exchange())
    kept.store.forget(minutes_before=1 << 40, days_before=1 << 40)
    assert sum_of(kept.scrape(), "ingate_requests_total") == 1


def test_surplus_series_share_one_and_the_oldest_keep_theirs(kept: Kept) -> None:
    kept.add(*(make_exchange(deployment=f"d{number}") for number in range(5)))
    samples = kept.scrape(most_series=2)
    assert sum_of(samples, "ingate_requests_total") == 5
    assert sum_of(samples, "ingate_requests_total", deployment=OVERFLOW) == 3
    assert sum_of(samples, "ingate_series_folded") == 3
    assert sum_of(samples, "ingate_requests_total", deployment="d0") == 1


def test_names_that_would_break_the_format_are_quoted(kept: Kept) -> None:
    kept.add(make_refused(status=429, deployment='a"b\\c\nd'))
    assert sum_of(kept.scrape(), "ingate_requests_total", deployment='a"b\\c\nd') == 1


def test_openmetrics_is_served_to_whoever_asks_for_it(kept: Kept) -> None:
    kept.add(make_exchange())
    content, media_type = PrometheusExposition(kept.path).render("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    parser: Any = openmetrics
    families: dict[str, Metric] = {
        family.name: family for family in parser.text_string_to_metric_families(content.decode())
    }
    assert families["ingate_requests"].samples[0].value == 1


def test_others_add_gauges(kept: Kept) -> None:
    def read() -> list[Gauge]:
        return [
            Gauge("ingate_sink_unread_bytes", "Behind", value, {"sink": name}) for name, value in (("a", 1), ("b", 2))
        ]

    content, _ = PrometheusExposition(kept.path, gauges=[read]).render("")
    assert b'ingate_sink_unread_bytes{sink="b"} 2.0' in content


def test_the_lag_is_a_gauge_while_it_is_known(kept: Kept) -> None:
    def fail() -> int:
        raise FileNotFoundError

    known, _ = PrometheusExposition(kept.path, gauges=[read_lag(lambda: 17)]).render("")
    unknown, _ = PrometheusExposition(kept.path, gauges=[read_lag(fail)]).render("")
    assert b"ingate_journal_unread_bytes 17.0" in known
    assert b"ingate_journal_unread_bytes" not in unknown


def test_an_empty_file_is_a_scrape_as_well(kept: Kept) -> None:
    assert sum_of(kept.scrape(), "ingate_requests_total") == 0
