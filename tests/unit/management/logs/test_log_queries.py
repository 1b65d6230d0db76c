"""The log query API: what reaches the query engine, and what comes back in Log Analytics' shapes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio.lowlevel
import pytest
from tests.support.control_plane import NOW, ManagementClient

from ingate.domain.log_query import (
    LogAnswer,
    LogColumn,
    LogOutcome,
    LogQueriesBusy,
    LogQuery,
    LogQueryExceeded,
    LogQueryInvalid,
    LogStatistics,
    LogTable,
    LogTimeRange,
)

pytestmark = pytest.mark.anyio

ANSWER = LogAnswer(
    table=LogTable(
        name="PrimaryResult",
        columns=(LogColumn(name="n", type="long"),),
        rows=b"[[3]]",
        row_count=1,
    ),
    time_range=None,
    statistics=LogStatistics(
        seconds=0.25,
        cpu_seconds=0.1,
        peak_memory_bytes=1000,
        scanned_segments=2,
        scanned_journals=1,
        scanned_bytes=5000,
    ),
    render={"visualization": "timechart", "title": "t"},
)


@dataclass
class FakeLogs:
    """Answers what a test says, and remembers what it was asked."""

    outcome: LogOutcome = ANSWER
    asked: list[LogQuery] = field(default_factory=list[LogQuery])
    running: int = 0
    most_running: int = 0

    async def run(self, query: LogQuery) -> LogOutcome:
        self.asked.append(query)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await anyio.lowlevel.checkpoint()
        self.running -= 1
        return self.outcome


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs()


@pytest.fixture
def api(client: ManagementClient, logs: FakeLogs) -> ManagementClient:
    return client.with_settings(logs=logs)


@pytest.fixture
async def query_path(api: ManagementClient) -> str:
    path = f"{api.group_path}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
    workspace = (await api.send("GET", path)).json()
    return f"/v1/workspaces/{workspace['properties']['customerId']}/query"


async def test_a_table_comes_back_as_log_analytics_writes_one(api: ManagementClient, query_path: str) -> None:
    response = await api.send("POST", query_path, {"query": "FoundryRequests | count"}, api_version=None)

    assert response.status_code == 200
    assert response.json() == {
        "tables": [{"name": "PrimaryResult", "columns": [{"name": "n", "type": "long"}], "rows": [[3]]}]
    }


async def test_statistics_and_render_come_when_they_are_preferred(
    api: ManagementClient, logs: FakeLogs, query_path: str
) -> None:
    headers = {"prefer": "wait=30,include-statistics=true,include-render=true"}

    document = (await api.send("POST", query_path, {"query": "q"}, headers=headers, api_version=None)).json()

    assert document["statistics"]["query"]["executionTime"] == 0.25
    assert document["render"] == {"visualization": "timechart", "title": "t"}
    assert logs.asked[0].seconds == 30


async def test_timespan_and_retention_limit_what_is_seen(
    api: ManagementClient, logs: FakeLogs, query_path: str
) -> None:
    await api.send("POST", query_path, {"query": "q", "timespan": "PT3600.0S"}, api_version=None)

    assert logs.asked[0].time_range == LogTimeRange(start=NOW - timedelta(hours=1), end=NOW)
    assert logs.asked[0].oldest == NOW - timedelta(days=30)


async def test_a_resource_can_be_asked_by_its_id(api: ManagementClient, logs: FakeLogs) -> None:
    response = await api.send("GET", f"/v1{api.account_path}/query?query=q", api_version=None)

    assert response.status_code == 200
    assert logs.asked[0].resource_ids == {api.account_path.lower()}


async def test_deployments_and_the_audit_trail_are_brought_along(
    api: ManagementClient, logs: FakeLogs, query_path: str
) -> None:
    await api.send("POST", f"{api.account_path}/listKeys")

    await api.send("POST", query_path, {"query": "AuditEvents | join Deployments on _ResourceId"}, api_version=None)

    rows = logs.asked[0].rows
    assert {row["DeploymentName"] for row in rows["Deployments"]} >= {"claude-sonnet-4-5"}
    assert [row["OperationName"] for row in rows["AuditEvents"]] == [
        "Microsoft.CognitiveServices/accounts/listKeys/action"
    ]


@pytest.mark.parametrize(
    ("timespan", "end"),
    [
        (None, NOW),
        ("PT1H", NOW),
        ((NOW - timedelta(days=9)).isoformat() + "/P1D", NOW - timedelta(days=8)),
        ((NOW - timedelta(days=1)).isoformat() + "/P9D", NOW),
    ],
)
async def test_deployments_are_in_every_span_of_time(
    api: ManagementClient, logs: FakeLogs, query_path: str, timespan: str | None, end: datetime
) -> None:
    body = {"query": "Deployments", **({"timespan": timespan} if timespan else {})}

    await api.send("POST", query_path, body, api_version=None)

    times = {row["TimeGenerated"] for row in logs.asked[0].rows["Deployments"]}
    assert times == {end - timedelta(microseconds=1)}


@pytest.mark.parametrize("name", ["auditevents", "['AuditEvents']", r"['Audit\u0045vents']", r'["\x41uditEvents"]'])
async def test_events_are_brought_however_the_query_spells_their_table(
    api: ManagementClient, logs: FakeLogs, query_path: str, name: str
) -> None:
    await api.send("POST", f"{api.account_path}/listKeys")

    await api.send("POST", query_path, {"query": f"{name} | count"}, api_version=None)

    assert len(logs.asked[0].rows["AuditEvents"]) == 1


async def test_deployments_are_before_the_querys_own_now_however_long_it_takes_to_make(
    api: ManagementClient, logs: FakeLogs, query_path: str
) -> None:
    ticks = itertools.count()
    ticking = api.with_settings(logs=logs, clock=lambda: NOW + timedelta(milliseconds=next(ticks)))

    await ticking.send("POST", query_path, {"query": "Deployments"}, api_version=None)

    (asked,) = logs.asked
    assert {row["TimeGenerated"] for row in asked.rows["Deployments"]} == {asked.now - timedelta(microseconds=1)}


async def test_more_audit_events_than_can_be_brought_are_refused_rather_than_left_out(
    api: ManagementClient, query_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingate.management.logs.brought_rows.MOST_EVENTS", 2)
    for _ in range(2):
        await api.send("POST", f"{api.account_path}/listKeys")

    response = await api.send("POST", query_path, {"query": "AuditEvents"}, api_version=None)

    assert response.status_code == 400
    assert "shorter timespan" in response.json()["error"]["innererror"]["message"]


async def test_a_batch_answers_each_of_its_queries(api: ManagementClient, query_path: str) -> None:
    workspace = query_path.split("/")[3]
    requests = [
        {"id": "1", "workspace": workspace, "body": {"query": "q"}, "path": "/query", "method": "POST"},
        {"id": "2", "workspace": "nowhere", "body": {"query": "q"}, "path": "/query", "method": "POST"},
        {"id": "3", "workspace": workspace, "body": {"query": "q", "timespan": "soon"}},
    ]

    answers = (await api.send("POST", "/v1/$batch", {"requests": requests}, api_version=None)).json()["responses"]

    assert [(answer["id"], answer["status"]) for answer in answers] == [("1", 200), ("2", 404), ("3", 400)]


async def test_a_large_batch_leaves_room_for_others(api: ManagementClient, logs: FakeLogs, query_path: str) -> None:
    workspace = query_path.split("/")[3]
    requests = [{"id": str(number), "workspace": workspace, "body": {"query": "q"}} for number in range(40)]

    answers = (await api.send("POST", "/v1/$batch", {"requests": requests}, api_version=None)).json()["responses"]

    assert [answer["id"] for answer in answers] == [request["id"] for request in requests]
    assert len(logs.asked) == 40
    assert logs.most_running <= 2


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        (LogQueryInvalid(code="SyntaxError", message="m", line=1, column=9, token="|"), 400, "BadArgumentError"),
        (LogQueryExceeded(limit="time"), 504, "GatewayTimeout"),
        (LogQueryExceeded(limit="memory"), 400, "BadArgumentError"),
        (LogQueriesBusy(), 429, "TooManyRequests"),
    ],
)
async def test_refusals_are_in_the_apis_own_envelope(
    client: ManagementClient, query_path: str, outcome: LogOutcome, status: int, code: str
) -> None:
    api = client.with_settings(logs=FakeLogs(outcome))

    response = await api.send("POST", query_path, {"query": "q"}, api_version=None)

    assert response.status_code == status
    assert response.json()["error"]["code"] == code


async def test_a_fault_says_where_it_is(client: ManagementClient, query_path: str) -> None:
    fault = LogQueryInvalid(code="SyntaxError", message="expected a column", line=2, column=9, token="|")
    api = client.with_settings(logs=FakeLogs(fault))

    error = (await api.send("POST", query_path, {"query": "q"}, api_version=None)).json()["error"]

    assert error["innererror"]["code"] == "SyntaxError"
    inner = error["innererror"]["innererror"]
    assert (inner["line"], inner["pos"], inner["token"], inner["message"]) == (2, 9, "|", "expected a column")


async def test_an_answer_that_was_cut_is_partial(client: ManagementClient, query_path: str) -> None:
    cut = LogAnswer(table=ANSWER.table, time_range=None, statistics=ANSWER.statistics, cut_at="rows")
    api = client.with_settings(logs=FakeLogs(cut))

    document = (await api.send("POST", query_path, {"query": "q"}, api_version=None)).json()

    assert document["tables"][0]["rows"] == [[3]]
    assert document["error"]["code"] == "PartialError"


async def test_nobody_asks_without_a_token(api: ManagementClient, query_path: str) -> None:
    response = await api.send("POST", query_path, {"query": "q"}, token=None, api_version=None)

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "AuthenticationFailed"


@pytest.mark.parametrize("body", [{}, {"query": 1}, [], {"query": "q", "timespan": "soon"}])
async def test_what_is_no_query_is_refused(api: ManagementClient, query_path: str, body: object) -> None:
    response = await api.send("POST", query_path, body, api_version=None)

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "BadArgumentError"
