"""Every field of a record is in its row."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.price import ExchangeCost
from ingate.domain.usage import TokenUsage
from ingate.telemetry.log_columns import FOUNDRY_REQUESTS
from ingate.telemetry.log_plan import ReadPlan
from ingate.telemetry.log_rows import DERIVED, KEPT, render_journal_rows
from ingate.telemetry.log_views import Visibility, render_requests

from .log_files import make_exchange, write_journal

ALL = Visibility(resource_ids=None, oldest=None)


def read_row(data: Path, record: ExchangeRecord) -> dict[str, Any]:
    path = write_journal(data, [record])
    plan = ReadPlan(journals=(path,), segments=(), bytes=0, rows=0, unreadable=())
    found = duckdb.connect().execute(render_requests(plan, ALL))
    row = found.fetchone()
    assert row is not None
    return dict(zip((entry[0] for entry in found.description or []), row, strict=True))


def test_a_journal_is_read_with_every_field_that_a_record_has() -> None:
    sql = render_journal_rows([Path("x.jsonl")])
    fields = set(re.findall(r"(\w+): '", sql))
    assert fields == {field.encode_name for field in msgspec.structs.fields(ExchangeRecord)}
    (usage,) = re.findall(r"usage: 'STRUCT\((.*?)\)'", sql)
    assert {entry.split()[0] for entry in usage.split(", ")} == set(TokenUsage.__struct_fields__)


def test_the_table_has_the_columns_that_are_promised() -> None:
    assert {column.name for column in FOUNDRY_REQUESTS} == KEPT.keys() | DERIVED.keys()


def test_properties_hold_what_has_no_column(tmp_path: Path) -> None:
    record = msgspec.structs.replace(
        make_exchange("req_1"),
        upstream="primary",
        response_model="claude-sonnet-4-5-20250929",
        deployment_type="GlobalStandard",
        price="claude-sonnet-4-5@2026-08-21",
        token_fault="expired",
        usage_is_estimate=True,
        upstream_detail='it\'s "down"\n',
        trace_id="0af7651916cd43dd8448eb211c80319c",
        usage=TokenUsage(
            service_tier="standard", web_fetch_requests=2, other={"new": msgspec.Raw(b'{"deep":[1,null]}')}
        ),
    )
    assert msgspec.json.decode(read_row(tmp_path, record)["Properties"]) == {
        "upstream": "primary",
        "responseModel": "claude-sonnet-4-5-20250929",
        "deploymentType": "GlobalStandard",
        "location": "eastus2",
        "price": "claude-sonnet-4-5@2026-08-21",
        "keyNumber": 1,
        "tokenFault": "expired",
        "usageIsEstimate": True,
        "serviceTier": "standard",
        "webFetchRequests": 2,
        "otherUsage": {"new": {"deep": [1, None]}},
        "upstreamDetail": 'it\'s "down"\n',
        "traceId": "0af7651916cd43dd8448eb211c80319c",
    }


def test_a_cost_is_the_exact_sum_of_its_parts(tmp_path: Path) -> None:
    parts = [Decimal(text) for text in ("0.1", "0.2", "0.000000000001", "123.45", "0", "0.01")]
    path = write_journal(tmp_path, [make_exchange("req_1", cost=ExchangeCost(*parts))])
    found = duckdb.connect().execute(f"SELECT CostUsd FROM ({render_journal_rows([path])})").fetchone()  # noqa: S608
    assert found == (Decimal("123.760000000001"),)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "my-claude answered 200 in 812 ms: 1,204 input and 310 output tokens, 50 read from the cache"),
        ({"duration_ms": 12_345.6, "usage": None}, "my-claude answered 200 in 12,346 ms"),
        (
            {"outcome": "refused", "status": 429, "error_code": "RateLimitReached", "usage": None},
            "my-claude was refused with 429 RateLimitReached after 812 ms",
        ),
        (
            {"outcome": "refused", "status": 401, "error_code": "401", "usage": None, "deployment": None},
            "A request was refused with 401 after 812 ms",
        ),
        (
            {"outcome": "client-gone", "status": 499, "usage": TokenUsage(input_tokens=3)},
            "my-claude lost its client after 812 ms: 3 input and 0 output tokens",
        ),
        (
            {"outcome": "upstream-failed", "status": 502, "error_code": "api_error", "usage": None},
            "my-claude failed with 502 api_error after 812 ms",
        ),
        ({"outcome": "shut-down", "usage": None}, "my-claude was cut off by a shutdown after 812 ms"),
    ],
)
def test_a_message_says_what_happened(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    record = msgspec.structs.replace(make_exchange("req_1"), **changes)
    assert read_row(tmp_path, record)["Message"] == message
