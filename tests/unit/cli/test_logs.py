"""`ingate logs` against answers of the query API, and what it asks for."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import APPLICATION
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path, group_path

CUSTOMER_ID = "33333333-3333-3333-3333-333333333333"
QUERY = f"/v1/workspaces/{CUSTOMER_ID}/query"
LISTING = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.OperationalInsights/workspaces"
COLUMNS = (("Deployment", "string"), ("Calls", "long"))
FOUR_ROWS = [["opus", 3], ["haiku", 1]]


def render_answer(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], **more: Any) -> httpx2.Response:
    table = {
        "name": "PrimaryResult",
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "rows": rows,
    }
    return httpx2.Response(200, json={"tables": [table], **more})


@pytest.fixture(autouse=True)
def workspace(ingate: FakeIngate) -> None:
    path = f"{group_path()}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
    item = {"id": path, "name": "example-workspace", "properties": {"customerId": CUSTOMER_ID}}
    ingate.answers[("GET", LISTING)] = httpx2.Response(200, json={"value": [item]})
    ingate.answers[("POST", QUERY)] = render_answer(COLUMNS, FOUR_ROWS)


def get_body(ingate: FakeIngate) -> dict[str, Any]:
    return json.loads(ingate.requests[-1].content)


def test_a_query_goes_to_the_only_workspace_and_comes_back_as_a_table(run: Run, ingate: FakeIngate) -> None:
    result = run("logs", "query", "FoundryRequests | count", "--timespan", "PT1H")

    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["DEPLOYMENT", "CALLS"],
        ["opus", "3"],
        ["haiku", "1"],
    ]
    assert get_body(ingate) == {"query": "FoundryRequests | count", "timespan": "PT1H"}


def test_a_query_may_come_from_standard_input(run: Run, ingate: FakeIngate) -> None:
    run("logs", "query", "-", stdin="AuditEvents\n| count\n")
    assert get_body(ingate) == {"query": "AuditEvents\n| count\n"}


def test_a_workspace_is_named_by_its_customer_id_or_by_its_name(run: Run, ingate: FakeIngate) -> None:
    assert run("logs", "query", "q", "--workspace", CUSTOMER_ID).exit_code == 0
    assert len(ingate.requests) == 1
    assert run("logs", "query", "q", "--workspace", "EXAMPLE-workspace").exit_code == 0
    result = run("logs", "query", "q", "--workspace", "example-workspac")
    assert result.exit_code == 1
    assert "Did you mean example-workspace?" in result.stderr


def test_one_resource_is_asked_by_its_id(run: Run, ingate: FakeIngate) -> None:
    path = f"/v1{account_path('example-resource')}/query"
    ingate.answers[("POST", path)] = render_answer(COLUMNS, [])
    result = run("logs", "query", "q", "--resource", "example-resource")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No rows." in result.stderr


def test_whoever_is_signed_in_asks_with_a_token_for_log_analytics(run: Run, ingate: FakeIngate) -> None:
    run("login", "--service-principal", "-u", APPLICATION, "--password-stdin", stdin="the~client~secret\n")
    assert run("logs", "query", "q").exit_code == 0
    bearer = ingate.requests[-1].headers["authorization"].removeprefix("Bearer ")
    assert ingate.requests[-1].url.scheme == "https"
    assert ingate.entra.is_good(bearer, "https://api.loganalytics.io")


def test_whoever_may_not_see_workspaces_learns_of_asking_a_resource(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "AuthorizationFailed", "message": "m"}}
    ingate.answers[("GET", LISTING)] = httpx2.Response(403, json=error)
    result = run("logs", "query", "q")
    assert result.exit_code == 1
    assert "--resource NAME" in result.stderr


def test_json_has_dynamic_values_as_what_they_are(run: Run, ingate: FakeIngate) -> None:
    columns = (("Properties", "dynamic"), ("Ok", "bool"), ("Cost", "real"))
    ingate.answers[("POST", QUERY)] = render_answer(columns, [['{"a":[1]}', True, None]])
    result = run("logs", "query", "q", "--format", "json")
    assert json.loads(result.stdout) == [{"Properties": {"a": [1]}, "Ok": True, "Cost": None}]
    result = run("logs", "query", "q", "--format", "csv")
    assert list(csv.reader(io.StringIO(result.stdout))) == [["Properties", "Ok", "Cost"], ['{"a":[1]}', "true", ""]]


def test_a_terminal_shows_what_render_asks_for_and_a_file_gets_the_table(run: Run, ingate: FakeIngate) -> None:
    ingate.answers[("POST", QUERY)] = render_answer(COLUMNS, FOUR_ROWS, render={"visualization": "piechart"})
    drawn = run("logs", "query", "q", terminal=True).stdout
    assert "75.0%" in drawn
    assert drawn.splitlines()[1].count("█") > 2 * drawn.splitlines()[2].count("█") > 0
    assert "█" not in run("logs", "query", "q").stdout


def test_a_fault_is_shown_with_its_line_and_a_caret_at_the_place(run: Run, ingate: FakeIngate) -> None:
    inner = {"code": "SemanticError", "message": "There is no column 'Foo'.", "line": 2, "pos": 9, "token": "Foo"}
    error = {
        "code": "BadArgumentError",
        "message": "The request had some invalid properties",
        "innererror": {"code": "SemanticError", "message": "A semantic error occurred.", "innererror": inner},
    }
    ingate.answers[("POST", QUERY)] = httpx2.Response(400, json={"error": error})
    result = run("logs", "query", "FoundryRequests\n| where Foo > 3")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "ingate: SemanticError: There is no column 'Foo'.",
        "  | where Foo > 3",
        "          ^",
    ]


def test_a_partial_answer_is_said_to_be_one(run: Run, ingate: FakeIngate) -> None:
    inner = {"code": "E_QUERY_RESULT_SET_TOO_LARGE", "message": "too many records"}
    error = {"code": "PartialError", "message": "m", "details": [{"code": "EngineError", "innererror": inner}]}
    ingate.answers[("POST", QUERY)] = render_answer(COLUMNS, FOUR_ROWS, error=error)
    assert "Not all rows: too many records" in run("logs", "query", "q").stderr


class Archive:
    """Answers an export's queries from rows that it holds, no more than `most` in one."""

    def __init__(self, times: Sequence[datetime], *, most: int) -> None:
        self.times, self.most = times, most
        self.asked: list[tuple[datetime, datetime]] = []

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        start, end = (datetime.fromisoformat(text) for text in re.findall(r"datetime\(([^)]+)\)", body["query"]))
        assert [datetime.fromisoformat(text) for text in body["timespan"].split("/")] == [start, end]
        self.asked.append((start, end))
        found = [[time.isoformat()] for time in self.times if start <= time < end]
        columns = (("TimeGenerated", "datetime"),)
        if len(found) > self.most:
            error = {"code": "PartialError", "message": "There are more."}
            return render_answer(columns, found[: self.most], error=error)
        return render_answer(columns, found)


@pytest.fixture
def archive(ingate: FakeIngate, monkeypatch: pytest.MonkeyPatch) -> Archive:
    first = datetime(2027, 1, 10, tzinfo=UTC)
    archive = Archive([first + timedelta(minutes=number) for number in range(3000)], most=500)
    handle = ingate.handle

    def answer(request: httpx2.Request) -> httpx2.Response:
        return archive.handle(request) if request.url.path == QUERY else handle(request)

    monkeypatch.setattr(ingate, "handle", answer)
    return archive


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_an_export_has_each_row_once_in_order(run: Run, archive: Archive, tmp_path: Path, format_: str) -> None:
    file = tmp_path / "rows"
    span = ("--from", "2027-01-10", "--to", "2027-01-13")
    result = run("logs", "export", "FoundryRequests", *span, "--format", format_, "-o", str(file))

    assert result.exit_code == 0, result.output
    lines = file.read_text().splitlines()
    found = lines[1:] if format_ == "csv" else [json.loads(line)["TimeGenerated"] for line in lines]
    assert found == [time.isoformat() for time in archive.times]
    assert "3000 rows" in result.stderr
    assert not file.with_name("rows.partial").exists()


def test_an_export_that_does_not_fit_even_the_shortest_slice_fails_and_leaves_no_file(
    run: Run, archive: Archive, tmp_path: Path
) -> None:
    archive.times = [datetime(2027, 1, 10, 5, tzinfo=UTC)] * 501
    file = tmp_path / "rows"
    result = run("logs", "export", "FoundryRequests", "--from", "2027-01-10", "--to", "2027-01-11", "-o", str(file))
    assert result.exit_code == 1
    assert "too much for one answer" in result.stderr
    assert list(tmp_path.glob("rows*")) == []


def test_a_table_without_a_past_is_asked_for_once(run: Run, archive: Archive) -> None:
    archive.times = archive.times[:10]
    run("logs", "export", "Deployments", "--from", "2027-01-01", "--to", "2027-02-01")
    assert len(archive.asked) == 1


@pytest.mark.parametrize(
    "arguments",
    [("FoundryRequests | count", "--from", "1d"), ("T", "--from", "1h", "--to", "2h"), ("T", "--from", "soon")],
)
def test_wrong_usage_of_export(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("logs", "export", *arguments).exit_code == 2


def test_tables_are_listed_without_those_that_one_may_not_see(run: Run, ingate: FakeIngate) -> None:
    columns = (("ColumnName", "string"), ("ColumnType", "string"))
    ingate.answers[("POST", QUERY)] = render_answer(columns, [["TimeGenerated", "datetime"]])
    assert run("logs", "tables", "-o", "tsv").stdout.splitlines()[0] == "FoundryRequests\tTimeGenerated\tdatetime"
    error = {"code": "BadArgumentError", "message": "m"}
    ingate.answers[("POST", QUERY)] = httpx2.Response(400, json={"error": error})
    assert run("logs", "tables", "-o", "json").stdout == "[]\n"
