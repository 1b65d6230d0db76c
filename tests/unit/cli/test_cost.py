from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path, group_path

SUBSCRIPTION_PATH = f"/subscriptions/{SUBSCRIPTION}"
QUERY = "/providers/Microsoft.CostManagement/query"
FORECAST = "/providers/Microsoft.CostManagement/forecast"


def answer(ingate: FakeIngate, path: str, columns: tuple[str, ...], rows: str) -> None:
    """`rows` is JSON, so that numbers are as the server writes them."""
    listed = json.dumps([{"name": name, "type": "String"} for name in columns])
    content = f'{{"properties": {{"nextLink": null, "columns": {listed}, "rows": {rows}}}}}'
    ingate.answers[("POST", path)] = httpx2.Response(200, content=content.encode())


def get_body(ingate: FakeIngate) -> dict[str, Any]:
    return json.loads(ingate.requests[-1].content)


@pytest.fixture
def by_deployment(ingate: FakeIngate) -> None:
    rows = '[[0.000000000001, "small", "USD"], [1234.5, "big", "USD"], [617.25, "middle", "USD"]]'
    answer(ingate, SUBSCRIPTION_PATH + QUERY, ("Cost", "Deployment", "Currency"), rows)


@pytest.mark.usefixtures("by_deployment")
def test_a_chart_of_what_each_deployment_cost(run: Run, ingate: FakeIngate) -> None:
    result = run("cost")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["DEPLOYMENT", "USD", "CCU"],
        ["big", "$1,234.50", "123,450.00"],
        ["middle", "$617.25", "61,725.00"],
        ["small", "$0.000000", "0.00"],
    ]
    assert lines[1].count("█") == 2 * lines[2].count("█") > 0
    assert "Total: $1,851.75 (185175.00 CCU)" in result.stderr
    body = get_body(ingate)
    assert body["dataset"]["grouping"] == [{"type": "Dimension", "name": "Deployment"}]
    assert body["timePeriod"]["from"].endswith("-01T00:00:00Z")


@pytest.mark.usefixtures("by_deployment")
def test_json_and_csv_keep_every_digit(run: Run) -> None:
    items = json.loads(run("cost", "--format", "json").stdout)
    assert items[-1] == {
        "deployment": "small",
        "cost": "0.000000000001",
        "consumptionUnits": "0.0000000001",
        "currency": "USD",
    }
    rows = list(csv.DictReader(io.StringIO(run("cost", "--format", "csv").stdout)))
    assert [row["cost"] for row in rows] == ["1234.5", "617.25", "0.000000000001"]


def test_days_and_tags(run: Run, ingate: FakeIngate) -> None:
    answer(ingate, group_path() + QUERY, ("Cost", "UsageDate", "Currency"), '[[1, 20261101, "USD"]]')
    result = run("cost", "--by", "day", "--from", "2026-11-01", "--to", "2026-11-02", "-g", "example-group")
    assert "2026-11-01" in result.stdout
    assert get_body(ingate)["dataset"]["granularity"] == "Daily"
    assert get_body(ingate)["timePeriod"] == {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    columns = ("Cost", "TagKey", "TagValue", "Currency")
    answer(ingate, account_path("example-resource") + QUERY, columns, '[[1, "team", "", "USD"]]')
    result = run("cost", "--by", "tag:team", "-r", "example-resource")
    assert "(no tag)" in result.stdout
    assert get_body(ingate)["dataset"]["grouping"] == [{"type": "TagKey", "name": "team"}]


def test_nothing_spent_is_said(run: Run, ingate: FakeIngate) -> None:
    ingate.answers[("POST", SUBSCRIPTION_PATH + QUERY)] = httpx2.Response(204)
    result = run("cost")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing was spent." in result.stderr


def test_a_forecast_has_hollow_bars_and_bounds(run: Run, ingate: FakeIngate) -> None:
    columns = ("Cost", "UsageDate", "CostStatus", "Currency", "CostLower", "CostUpper")
    rows = '[[8, 20261121, "Actual", "USD", 8, 8], [10.01, 20261122, "Forecast", "USD", 8.5, 12]]'
    answer(ingate, SUBSCRIPTION_PATH + FORECAST, columns, rows)
    result = run("cost", "--forecast")
    assert "$8.50 to $12.00" in result.stdout
    assert "░" in result.stdout.splitlines()[-1]
    assert get_body(ingate)["includeInterval"] is True
    items = json.loads(run("cost", "--forecast", "--format", "json").stdout)
    assert items[0]["status"] == "Actual"
    assert (items[1]["status"], items[1]["lower"], items[1]["upper"]) == ("Forecast", "8.5", "12")


def test_a_refused_forecast_says_what_to_install(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "NotImplemented", "message": "pip install 'ingate[forecast]'"}}
    ingate.answers[("POST", SUBSCRIPTION_PATH + FORECAST)] = httpx2.Response(501, json=error)
    result = run("cost", "--forecast")
    assert result.exit_code == 1
    assert "pip install 'ingate[forecast]'" in result.stderr


def test_a_focus_file_is_passed_on(run: Run, ingate: FakeIngate) -> None:
    path = f"{SUBSCRIPTION_PATH}/providers/Ingate.Gateway/focusExport"
    ingate.answers[("GET", path)] = httpx2.Response(200, content=b"BilledCost\r\n1.5\r\n")
    result = run("cost", "--format", "focus", "--from", "2026-11-01", "--to", "2026-11-30")
    assert result.stdout_bytes == b"BilledCost\r\n1.5\r\n"
    assert ingate.requests[-1].url.params["from"] == "2026-11-01"


@pytest.mark.parametrize(
    "arguments",
    [("--by", "weather"), ("--by", "tag:"), ("--from", "soon"), ("--from", "2026-11-02", "--to", "2026-11-01")],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("cost", *arguments).exit_code == 2
