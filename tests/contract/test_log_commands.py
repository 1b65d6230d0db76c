"""`ingate logs` against calls of which everything is known, and each query of docs/howto/query-logs.md."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.running import RunningIngate, start_ingate

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "query-logs.md"
EXAMPLE_ID = "req_011CSHoEeqs5C35K2UUqR7Fy"

OPUS, HAIKU, TIGHT = "claude-opus-4-5", "claude-haiku-4-5", "tight"
LONG_TEXT = "All of this is worth remembering. " * 1500
"""Enough for a prompt to be cached."""

Row = dict[str, Any]


@dataclass
class Load:
    """What the answers themselves said."""

    ingate: RunningIngate
    statuses: Counter[int] = field(default_factory=Counter[int])
    calls: Counter[str] = field(default_factory=Counter[str])
    """That succeeded, by deployment."""
    cache_read: int = 0
    output: int = 0
    last_id: str = ""

    def ask(self, client: httpx2.Client, deployment: str, content: Any = "Hello", **more: Any) -> int:
        body = {"model": deployment, "max_tokens": 16, "messages": [{"role": "user", "content": content}], **more}
        answer = client.post(f"{self.ingate.base_url}/v1/messages", json=body)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.calls[deployment] += 1
            self.last_id = answer.headers["request-id"]
        if answer.status_code == 200 and not more.get("stream"):
            usage = answer.json()["usage"]
            self.cache_read += usage.get("cache_read_input_tokens") or 0
            self.output += usage["output_tokens"]
        return answer.status_code

    def query(self, text: str, *options: str) -> list[Row]:
        shown = self.ingate.run_cli("logs", "query", text, "--format", "json", *options)
        assert shown.returncode == 0, shown.stderr
        return json.loads(shown.stdout)


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    with start_ingate(tmp_path_factory.mktemp("asked") / "data") as ingate:
        ingate.put_deployment(TIGHT, capacity=1)
        ingate.wait_until_served()
        load = Load(ingate)
        headers = {"x-api-key": ingate.api_key, "anthropic-version": "2023-06-01", "user-agent": "test-load/1.0"}
        cached = [{"type": "text", "text": LONG_TEXT, "cache_control": {"type": "ephemeral"}}]
        with httpx2.Client(headers=headers, timeout=30) as client:
            for _ in range(4):
                assert load.ask(client, HAIKU) == 200
            for _ in range(2):
                assert load.ask(client, OPUS, cached) == 200
            assert load.ask(client, "nobody") == 404
            for _ in range(200):
                if load.ask(client, TIGHT) == 429:
                    break
            assert load.ask(client, HAIKU, stream=True) == 200
            assert load.ask(client, HAIKU, "A question that nobody else asks") == 200
        assert load.statuses[429] == 1
        assert load.cache_read > 0
        yield load


def read_queries() -> dict[str, str]:
    """By the heading above each."""
    parts = re.findall(
        r"^### (.+?)\n(?:(?!^### ).)*?^```kusto\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    return dict(parts)


def find(rows: list[Row], **values: object) -> Row:
    [row] = [row for row in rows if values.items() <= row.items()]
    return row


@pytest.mark.parametrize("heading", read_queries())
def test_every_query_of_the_page_finds_something_at_once(load: Load, heading: str) -> None:
    assert load.query(read_queries()[heading].replace(EXAMPLE_ID, load.last_id))


def test_errors_and_limits_are_those_that_clients_saw(load: Load) -> None:
    rows = load.query(read_queries()["What failed in the last hour"])
    assert {row["StatusCode"]: row["Calls"] for row in rows} == {404: 1, 429: 1}
    assert find(rows, StatusCode=404)["ErrorCode"] == "DeploymentNotFound"
    (refused,) = load.query(read_queries()["Who ran into limits"])
    assert (refused["Refused"], refused["DeploymentName"], refused["UserAgent"]) == (1, TIGHT, "test-load/1.0")


def test_one_call_is_found_by_its_id(load: Load) -> None:
    (row,) = load.query(read_queries()["What became of one call"].replace(EXAMPLE_ID, load.last_id))
    assert (row["Outcome"], row["Properties"]["upstream"]) == ("completed", "simulator")


def test_cached_tokens_are_those_of_the_answers(load: Load) -> None:
    rows = load.query(read_queries()["How much of the prompts comes from the cache"])
    assert find(rows, DeploymentName=OPUS)["Read"] == load.cache_read
    assert find(rows, DeploymentName=HAIKU)["HitRate"] == 0


def test_who_used_how_much(load: Load) -> None:
    (row,) = load.query(read_queries()["Who used how much, and what did it cost"])
    assert row["Who"] == "key 1"
    assert row["Calls"] == sum(load.statuses.values())
    assert row["Usd"] > 0


def test_deployments_that_nobody_calls_are_the_others(load: Load) -> None:
    rows = load.query(read_queries()["Which deployments does nobody call"])
    called = {row["DeploymentName"] for row in rows} & set(load.calls)
    assert (called, len(rows)) == (set(), 2)


def test_keys_that_were_listed_are_in_the_audit_trail(load: Load) -> None:
    rows = load.query(read_queries()["Who read API keys"])
    assert {row["TargetId"] for row in rows} == {load.ingate.account_path("example-resource")}


def test_a_chart_is_drawn_when_it_is_asked_for(load: Load) -> None:
    text = read_queries()["What is the money spent on"]
    shown = load.ingate.run_cli("logs", "query", text, "--format", "chart")
    assert "█" in shown.stdout
    assert OPUS in shown.stdout


def test_a_mistake_is_shown_at_its_place(load: Load) -> None:
    shown = load.ingate.run_cli("logs", "query", "FoundryRequests\n| where Foo > 3")
    assert shown.returncode == 1
    assert shown.stderr.splitlines()[-2:] == ["  | where Foo > 3", "          ^"]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_an_export_has_every_call_once(load: Load, tmp_path: Path, format_: str) -> None:
    file = tmp_path / "rows"
    command = ("logs", "export", "FoundryRequests", "--from", "2d", "--format", format_, "--out", str(file))
    shown = load.ingate.run_cli(*command)
    assert shown.returncode == 0, shown.stderr
    with file.open(newline="") as lines:
        rows: list[Row] = list(csv.DictReader(lines)) if format_ == "csv" else [json.loads(line) for line in lines]
    assert len({row["CorrelationId"] for row in rows}) == len(rows) == sum(load.statuses.values())
    assert Counter(int(row["StatusCode"]) for row in rows) == load.statuses
    times = [row["TimeGenerated"] for row in rows]
    assert times == sorted(times)


def test_tables_are_listed_with_their_columns(load: Load) -> None:
    shown = load.ingate.run_cli("logs", "tables", "--output", "tsv")
    assert "FoundryRequests\tCostUsd\treal" in shown.stdout.splitlines()


def test_a_workspace_and_a_diagnostic_setting_come_and_go(load: Load) -> None:
    ingate = load.ingate
    assert ingate.run_cli("workspace", "create", "second-workspace", "--days", "60").returncode == 0
    assert ingate.run_cli("diagnostics", "set", "all", "--workspace", "second-workspace").returncode == 0
    assert "second-workspace" in ingate.run_cli("diagnostics", "list").stdout
    several = ingate.run_cli("logs", "query", "print 1")
    assert (several.returncode, "second-workspace" in several.stderr) == (1, True)
    assert load.query("print n = 1", "--workspace", "second-workspace") == [{"n": 1}]
    assert ingate.run_cli("diagnostics", "delete", "all").returncode == 0
    assert ingate.run_cli("workspace", "delete", "second-workspace").returncode == 0
