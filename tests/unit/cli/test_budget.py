from __future__ import annotations

import json

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path, group_path

BUDGETS = "providers/Microsoft.Consumption/budgets"


def test_a_budget_is_set_with_its_usual_alerts(run: Run, ingate: FakeIngate) -> None:
    result = run("budget", "set", "team", "--amount", "$1,250.50", "--start", "2026-11-01")
    assert result.exit_code == 0, result.output
    properties = ingate.arm[f"/subscriptions/{SUBSCRIPTION}/{BUDGETS}/team"]["properties"]
    assert properties["amount"] == 1250.5
    assert properties["timeGrain"] == "Monthly"
    assert properties["timePeriod"] == {"startDate": "2026-11-01T00:00:00Z"}
    assert properties["ingate"] == {"enforce": False}
    assert sorted(entry["threshold"] for entry in properties["notifications"].values()) == [80, 100]
    assert "filter" not in properties


def test_every_option_has_its_property(run: Run, ingate: FakeIngate) -> None:
    result = run(
        *("budget", "set", "team", "--amount", "10", "--every", "quarter", "--start", "2026-10-01"),
        *("--end", "2027-09-30", "--deployment", "a", "--deployment", "b", "--model", "claude-opus-4-5"),
        *("--tag", "team=search", "--alert", "50", "--alert", "forecast:100", "--enforce"),
        *("--webhook", "https://hooks.example.com/x", "-g", "example-group"),
    )
    assert result.exit_code == 0, result.output
    properties = ingate.arm[f"{group_path()}/{BUDGETS}/team"]["properties"]
    assert properties["timeGrain"] == "Quarterly"
    assert properties["timePeriod"]["endDate"] == "2027-09-30T00:00:00Z"
    assert properties["filter"] == {
        "and": [
            {"dimensions": {"name": "Deployment", "operator": "In", "values": ["a", "b"]}},
            {"dimensions": {"name": "Model", "operator": "In", "values": ["claude-opus-4-5"]}},
            {"tags": {"name": "team", "operator": "In", "values": ["search"]}},
        ]
    }
    assert {(entry["thresholdType"], entry["threshold"]) for entry in properties["notifications"].values()} == {
        ("Actual", 50),
        ("Forecasted", 100),
    }
    assert properties["ingate"] == {"enforce": True, "webhook": "https://hooks.example.com/x"}


def test_a_replaced_budget_keeps_its_start(run: Run, ingate: FakeIngate) -> None:
    path = f"{account_path('example-resource')}/{BUDGETS}/team"
    period = {"startDate": "2026-03-01T00:00:00Z", "endDate": "2036-03-01T00:00:00Z"}
    ingate.arm[path] = {"id": path, "name": "team", "properties": {"timePeriod": period}}
    assert run("budget", "set", "team", "--amount", "10", "-r", "example-resource").exit_code == 0
    assert ingate.arm[path]["properties"]["timePeriod"] == {"startDate": "2026-03-01T00:00:00Z"}


def test_budgets_are_listed_with_what_was_spent(run: Run, ingate: FakeIngate) -> None:
    item = {
        "name": "team",
        "properties": {
            "amount": 100,
            "timeGrain": "Monthly",
            "currentSpend": {"amount": 80.25, "unit": "USD"},
            "ingate": {"enforce": True, "closed": False},
        },
    }
    path = f"/subscriptions/{SUBSCRIPTION}/{BUDGETS}"
    ingate.answers[("GET", path)] = httpx2.Response(200, json={"value": [item]})
    result = run("budget", "list", "--output", "tsv")
    assert result.stdout == "team\t80.25\t100\tMonthly\t\tyes\tno\n"
    assert json.loads(run("budget", "list", "-o", "json").stdout) == [item]


def test_a_budget_is_deleted(run: Run, ingate: FakeIngate) -> None:
    run("budget", "set", "team", "--amount", "10", "--start", "2026-11-01")
    assert run("budget", "delete", "team").exit_code == 0
    assert f"/subscriptions/{SUBSCRIPTION}/{BUDGETS}/team" not in ingate.arm
    error = {"error": {"code": "ResourceNotFound", "message": "not found"}}
    path = f"/subscriptions/{SUBSCRIPTION}/{BUDGETS}/team"
    ingate.answers[("DELETE", path)] = httpx2.Response(404, json=error)
    missing = run("budget", "delete", "team")
    assert missing.exit_code == 1
    assert "there is no budget 'team'" in missing.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--amount", "much"),
        ("--amount", "-1"),
        ("--amount", "1", "--alert", "0"),
        ("--amount", "1", "--alert", "hope:5"),
        ("--amount", "1", "--tag", "team"),
        ("--amount", "1", "--webhook", "ftp://example.com"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("budget", "set", "team", "--start", "2026-11-01", *arguments).exit_code == 2
