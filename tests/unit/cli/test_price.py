from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path

PRICES = f"/subscriptions/{SUBSCRIPTION}/providers/Ingate.Gateway/prices"
FIXED = (
    "--input",
    "4",
    "--output-tokens",
    "20",
    "--cache-read",
    "0.4",
    "--cache-write-5m",
    "5",
    "--cache-write-1h",
    "8",
)


def test_a_discount_for_a_model_from_a_day_on(run: Run, ingate: FakeIngate) -> None:
    result = run(
        "price", "set", "winter", "--discount", "12.50%", "--model", "claude-opus-4-5", "--from", "2026-12-01"
    )
    assert result.exit_code == 0, result.output
    assert ingate.arm[f"{PRICES}/winter"]["properties"] == {
        "model": "claude-opus-4-5",
        "discountPercent": "12.50",
        "effectiveFrom": "2026-12-01T00:00:00.000000Z",
    }
    assert "12.50% off" in result.stdout


def test_fixed_prices_for_a_deployment(run: Run, ingate: FakeIngate) -> None:
    result = run("price", "set", "deal", *FIXED, "--web-search", "8", "-r", "example-resource", "-d", "prod-a")
    assert result.exit_code == 0, result.output
    assert ingate.arm[f"{PRICES}/deal"]["properties"] == {
        "deployment": f"{account_path('example-resource')}/deployments/prod-a",
        "unitPrices": [{"input": "4", "output": "20", "cacheRead": "0.4", "cacheWrite5m": "5", "cacheWrite1h": "8"}],
        "webSearch": "8",
    }


def test_what_was_agreed_on_for_a_resource_is_withdrawn(run: Run, ingate: FakeIngate) -> None:
    assert run("price", "set", "end", "--withdraw", "-r", "example-resource").exit_code == 0
    assert ingate.arm[f"{PRICES}/end"]["properties"] == {
        "resource": account_path("example-resource"),
        "withdrawn": True,
    }


def test_what_deployments_cost_now(run: Run, ingate: FakeIngate) -> None:
    tiers = [
        {"upToInputTokens": 100000, "input": "0.1", "output": "0.5", "cacheRead": "0.01"},
        {"input": "0.5", "output": "2.5", "cacheRead": "0.05"},
    ]
    item = {
        "resource": "r",
        "deployment": "d",
        "current": {"price": "claude-haiku-5-5@2026-08-21", "unitPrices": tiers},
    }
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Ingate.Gateway/priceList"
    ingate.answers[("GET", path)] = httpx2.Response(200, json={"value": [item]})
    result = run("price", "list", "-o", "tsv")
    assert result.stdout == "r\td\t0.1 / 0.5\t0.5 / 2.5\t0.01 / 0.05\t / \t / \tclaude-haiku-5-5@2026-08-21\n"


def test_agreements_are_listed(run: Run, ingate: FakeIngate) -> None:
    items: list[dict[str, Any]] = [
        {"name": "winter", "properties": {"discountPercent": "10", "inForce": True, "effectiveFrom": "2026-12-01"}},
        {"name": "deal", "properties": {"unitPrices": [], "model": "m", "inForce": False, "effectiveFrom": "2027"}},
    ]
    ingate.answers[("GET", PRICES)] = httpx2.Response(200, json={"value": items})
    result = run("price", "list", "--agreements", "-o", "tsv")
    assert result.stdout == ("winter\teverything\t10% off\t2026-12-01\tyes\ndeal\tmodel m\tfixed prices\t2027\tno\n")


def test_an_agreement_is_deleted(run: Run) -> None:
    run("price", "set", "winter", "--discount", "10")
    assert run("price", "delete", "winter").exit_code == 0
    assert run("price", "delete", "winter").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--discount", "10", "--withdraw"),
        ("--discount", "ten"),
        ("--input", "4"),
        ("--discount", "10", "--web-search", "5"),
        ("--discount", "10", "--model", "m", "--resource", "r"),
        ("--discount", "10", "--from", "soon"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("price", "set", "winter", *arguments).exit_code == 2
