"""Azure's own SDKs for costs, unmodified, read what was really spent and manage budgets.

manage_costs.py plays one scenario; each test looks at a part of it. Expected costs come from the usage that the
answers reported, times prices that are written down here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.azure_sdk_script import run_azure_sdk_script
from tests.support.clients_matrix_entries import AZURE_COSTS, exercises
from tests.support.principals import assign_role, put_application
from tests.support.running import RunningIngate, start_ingate

pytestmark = [
    pytest.mark.slow,
    exercises(AZURE_COSTS, "queries, dimensions, usage details, budgets that close the gateway"),
]
HERE = Path(__file__).parent

PRICES = {"claude-opus-4-5": (5, 25), "claude-haiku-4-5": (1, 5)}
"""US dollars for a million input and output tokens."""
CALLS = ("claude-opus-4-5", "claude-haiku-4-5", "claude-opus-4-5")

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("costs") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def expected(ingate: RunningIngate) -> dict[str, Decimal]:
    """What each deployment cost, of calls whose costs can be seen."""
    costs = dict.fromkeys(PRICES, Decimal(0))
    with httpx2.Client(headers={"x-api-key": ingate.api_key, "anthropic-version": "2023-06-01"}) as client:
        for number, deployment in enumerate(CALLS):
            body = {
                "model": deployment,
                "max_tokens": 64,
                "messages": [{"role": "user", "content": "Hello! " * (number + 1)}],
            }
            answer = client.post(f"{ingate.base_url}/v1/messages", json=body)
            assert answer.status_code == 200, answer.text
            usage = answer.json()["usage"]
            input_price, output_price = PRICES[deployment]
            tokens = usage["input_tokens"] * input_price + usage["output_tokens"] * output_price
            costs[deployment] += Decimal(tokens) / 1_000_000
    _wait_for_costs(ingate, sum(costs.values(), Decimal(0)))
    return costs


def _wait_for_costs(ingate: RunningIngate, total: Decimal) -> None:
    body = {"type": "ActualCost", "timeframe": "MonthToDate", "dataset": {"granularity": "None"}}
    path = f"{ingate.group_path}/providers/Microsoft.CostManagement/query"
    found: Any = None
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        found = ingate.manage("POST", path, body)
        if found and Decimal(str(found["properties"]["rows"][0][0])) == total:
            return
        time.sleep(0.1)
    raise AssertionError(f"{total} dollars were spent, and after 15 s the answer is {found}")


@pytest.fixture(scope="module")
def seen(ingate: RunningIngate, expected: dict[str, Decimal], azure_sdk_python: Path) -> Seen:
    application = put_application(ingate, "accountant")
    assign_role(ingate, application.object_id, "Cost Management Contributor", ingate.group_path)
    settings = {
        "scope": ingate.group_path.lstrip("/"),
        "month": datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).isoformat(),
        "client_id": application.client_id,
        "secret": application.secret,
    }
    return run_azure_sdk_script(azure_sdk_python, HERE / "manage_costs.py", ingate, settings)


def test_costs_by_deployment_are_what_the_answers_used(seen: Seen, expected: dict[str, Decimal]) -> None:
    properties = seen["by deployment"]["properties"]
    assert [column["name"] for column in properties["columns"]] == ["Cost", "Deployment", "Currency"]
    assert {row[1]: Decimal(str(row[0])) for row in properties["rows"]} == expected


def test_meters_add_up(seen: Seen, expected: dict[str, Decimal]) -> None:
    rows = seen["by meter"]["properties"]["rows"]
    assert {row[1] for row in rows} == {"Input tokens", "Output tokens"}
    assert sum(Decimal(str(row[0])) for row in rows) == sum(expected.values())


def test_a_month_without_costs_is_nothing_to_the_sdk(seen: Seen) -> None:
    assert seen["last month"] is None


def test_refusals_reach_the_sdk_with_their_codes(seen: Seen) -> None:
    assert (seen["no such dimension"]["error"]["status"], seen["no such dimension"]["error"]["code"]) == (
        400,
        "BadRequest",
    )
    assert (seen["forecast"]["error"]["status"], seen["forecast"]["error"]["code"]) == (424, "FailedDependency")


def test_dimensions_are_listed(seen: Seen) -> None:
    assert {"ResourceId", "Meter", "Deployment", "Principal"} <= set(seen["dimensions"])


def test_usage_details_add_up_and_pages_have_all_of_them(seen: Seen, expected: dict[str, Decimal]) -> None:
    usage = seen["usage"]
    assert {item["kind"] for item in usage} == {"legacy"}
    assert sum(Decimal(str(item["properties"]["cost"])) for item in usage) == sum(expected.values())
    assert sorted(item["name"] for item in seen["usage in pages"]) == sorted(item["name"] for item in usage)
    assert len(usage) == 4


@pytest.mark.parametrize("name", ["consumption", "costs"])
def test_budgets_are_managed(seen: Seen, name: str, expected: dict[str, Decimal]) -> None:
    properties = seen[f"{name}: create"]["properties"]
    assert properties["amount"] == 100.65
    assert Decimal(str(properties["currentSpend"]["amount"])) == sum(expected.values())
    assert seen[f"{name}: get"]["properties"] == properties
    assert seen[f"{name}: put back"]["properties"]["amount"] == 100.65
    assert seen[f"{name}: put back again"]["error"]["status"] == 412
    assert seen[f"{name}: list"] == ["sdk-budget"]
    assert seen[f"{name}: delete"] is None
    assert seen[f"{name}: get what is gone"]["error"]["status"] == 404


def test_the_command_line_shows_the_same(ingate: RunningIngate, expected: dict[str, Decimal]) -> None:
    shown = ingate.run_cli("cost", "--format", "json")
    assert {item["deployment"]: Decimal(item["cost"]) for item in json.loads(shown.stdout)} == expected


def test_a_spent_budget_closes_the_gateway_within_two_seconds_and_more_opens_it(
    ingate: RunningIngate, expected: dict[str, Decimal]
) -> None:
    body = {
        "properties": {
            "amount": float(sum(expected.values())) + 1e-6,
            "timeGrain": "Monthly",
            "timePeriod": {"startDate": datetime.now(UTC).strftime("%Y-%m-01")},
            "ingate": {"enforce": True},
        }
    }
    path = f"{ingate.group_path}/providers/Microsoft.Consumption/budgets/tight"
    ingate.manage("PUT", path, body)
    with httpx2.Client(headers={"x-api-key": ingate.api_key, "anthropic-version": "2023-06-01"}) as client:

        def call() -> httpx2.Response:
            content = {"model": "claude-opus-4-5", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]}
            return client.post(f"{ingate.base_url}/v1/messages", json=content)

        assert call().status_code == 200
        began = time.monotonic()
        while (answer := call()).status_code == 200 and time.monotonic() - began < 10:
            time.sleep(0.1)
        took = time.monotonic() - began
        assert answer.status_code == 403, answer.text
        assert "tight" in answer.text
        assert took < 4, f"closed after {took:.1f} s"
        body["properties"]["amount"] = 1000
        ingate.manage("PUT", path, body)
        ingate.wait_until_served()
        assert call().status_code == 200
    ingate.manage("DELETE", path)
