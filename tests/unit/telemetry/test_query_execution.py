"""From a compiled statement to rows as Log Analytics renders them. The statements are written by hand here."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import msgspec
import pytest

from ingate.domain.log_query import LogType
from ingate.domain.price import ExchangeCost
from ingate.kql.result import (
    Answer,
    Column,
    CompiledQuery,
    KqlError,
    PreliminaryQuery,
    Render,
    Schema,
    TimeRange,
)
from ingate.telemetry.log_columns import TABLES
from ingate.telemetry.query_execution import QueryExecution, names_time
from ingate.telemetry.query_protocol import (
    AnswerMessage,
    FailedMessage,
    InvalidMessage,
    Message,
    OutOfMemoryMessage,
    QueryRequest,
    RowsMessage,
)

from .log_files import DAY, NOON, RESOURCE_ID, Upkeep, make_exchange, write_journal

GLOB = "SELECT * FROM glob('{}/*')"
OTHER_ID = RESOURCE_ID.replace("Example-Resource", "Other-Resource")
COST = ExchangeCost(*(Decimal(text) for text in ("0.003612", "0.00465", "0", "0", "0", "0")))


class Compiler:
    """Answers every query with the same statement."""

    def __init__(self, sql: str, *columns: tuple[str, LogType], render: Render | None = None) -> None:
        self.result: CompiledQuery | PreliminaryQuery | KqlError = CompiledQuery(
            sql=sql,
            columns=tuple(Column(name=name, type=kind) for name, kind in columns),
            tables=frozenset(table for table in TABLES if table in sql),
            render=render,
        )
        self.time_range: TimeRange | None = None
        self.schema: Schema = {}

    def __call__(
        self,
        text: str,
        *,
        schema: Schema,
        now: datetime,
        time_range: TimeRange | None,
        answers: tuple[Answer, ...],
    ) -> CompiledQuery | PreliminaryQuery | KqlError:
        self.schema, self.time_range = schema, time_range
        return self.result


def make_request(text: str = "", **changes: Any) -> QueryRequest:
    request = QueryRequest(
        text=text,
        now=NOON + 3600,
        start=None,
        end=None,
        resource_ids=None,
        oldest=None,
        rows={},
        includes_content=False,
        most_rows=500_000,
        most_bytes=64_000_000,
    )
    return msgspec.structs.replace(request, **changes)


class Store:
    """Twenty sealed rows, of which four are errors and five another resource's, and three that are still hot."""

    def __init__(self, data: Path) -> None:
        self.data = data
        sealed = [
            make_exchange(
                f"req_{index:02d}",
                NOON + index,
                status=529 if index % 5 == 0 else 200,
                cost=COST,
                resource_id=OTHER_ID if index >= 15 else RESOURCE_ID,
            )
            for index in range(20)
        ]
        write_journal(data, sealed)
        Upkeep(data).work()
        write_journal(data, [make_exchange(f"req_{index}", NOON + index) for index in (20, 21, 22)], opened=NOON + 1)
        self._number = 0

    def run(self, compiler: Compiler, **changes: Any) -> list[Message]:
        self._number += 1
        execution = QueryExecution(
            self.data,
            name=f"query-{self._number}",
            memory_bytes=256 * 1024**2,
            threads=1,
            compile_query=compiler,
        )
        sent: list[Message] = []
        execution.run(make_request(**changes), sent.append)
        return sent

    def ask(self, sql: str, *columns: tuple[str, LogType], **changes: Any) -> list[list[Any]]:
        *pieces, answer = self.run(Compiler(sql, *columns), **changes)
        assert isinstance(answer, AnswerMessage), answer
        rows: list[list[Any]] = []
        for piece in pieces:
            assert isinstance(piece, RowsMessage)
            rows += json.loads(bytes(piece.rows))
        assert answer.row_count == len(rows)
        return rows


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


def test_hot_and_sealed_rows_are_one_table_with_its_columns(store: Store) -> None:
    columns: list[tuple[str, LogType]] = [(column.name, column.type) for column in TABLES["FoundryRequests"]]
    rows = store.ask("SELECT * FROM FoundryRequests ORDER BY TimeGenerated", *columns)
    assert [row[1] for row in rows] == [f"req_{index:02d}" for index in range(23)]
    record = dict(zip((name for name, _ in columns), rows[1], strict=True))
    properties = json.loads(record.pop("Properties"))
    assert properties == {"location": "eastus2", "keyNumber": 1}
    assert record == {
        "TimeGenerated": "2026-11-22T12:00:01Z",
        "RequestId": "req_01",
        "CorrelationId": "apim-req_01",
        "ResourceName": "example-resource",
        "DeploymentName": "my-claude",
        "ModelName": "claude-sonnet-4-5",
        "ModelVersion": "20250929",
        "OperationName": "messages",
        "StatusCode": 200,
        "ErrorCode": "",
        "Outcome": "completed",
        "IsStreaming": True,
        "DurationMs": 812.4,
        "TtftMs": 90.5,
        "InputTokens": 1204,
        "OutputTokens": 310,
        "CacheReadTokens": 50,
        "CacheWrite5mTokens": 0,
        "CacheWrite1hTokens": 0,
        "ThinkingTokens": 0,
        "WebSearchRequests": 0,
        "CostUsd": 0.008262,
        "AuthType": "key",
        "PrincipalId": "",
        "CallerIpAddress": "81.2.69.142",
        "UserAgent": "line\nend \u2028 é \x00",
        "StopReason": "",
        "RequestBytes": 100,
        "ResponseBytes": 200,
        "Message": "my-claude answered 200 in 812 ms: 1,204 input and 310 output tokens, 50 read from the cache",
        "_ResourceId": RESOURCE_ID.lower(),
        "Type": "FoundryRequests",
    }
    failed = dict(zip((name for name, _ in columns), rows[0], strict=True))
    assert failed["InputTokens"] is None
    assert failed["Message"] == "my-claude answered 529 overloaded_error in 812 ms"


def test_a_call_has_two_diagnostic_rows_one_of_which_has_the_tokens(store: Store) -> None:
    sql = """SELECT properties_s, CallerIPAddress, ResourceId, ResourceGroup, Resource, OperationName, DurationMs
      FROM AzureDiagnostics WHERE CorrelationId = 'apim-req_01' ORDER BY properties_s DESC"""
    kinds: list[LogType] = ["string", "string", "string", "string", "string", "string", "long"]
    columns: list[tuple[str, LogType]] = [("c", kind) for kind in kinds]
    call, consumption = store.ask(sql, *columns)
    assert call[1:] == consumption[1:]
    assert call[1:] == [
        "81.2.69.***",
        RESOURCE_ID.upper(),
        "EXAMPLE-GROUP",
        "EXAMPLE-RESOURCE",
        "Messages_Create",
        812,
    ]
    properties = json.loads(call[0])
    assert (properties["apiName"], properties["streamType"]) == ("Anthropic API", "Streaming")
    assert "promptTokens" not in properties
    assert properties["responseTime"] - properties["requestTime"] == 8_124_000
    properties = json.loads(consumption[0])
    assert (properties["apiName"], properties["promptTokens"], properties["completionTokens"]) == ("", 1204, 310)


def test_a_call_that_consumed_nothing_has_one(store: Store) -> None:
    assert store.ask("SELECT count(*) FROM AzureDiagnostics WHERE ResultSignature = '529'", ("n", "long")) == [[4]]
    assert store.ask("SELECT count(*) FROM AzureDiagnostics", ("n", "long")) == [[4 + 2 * 19]]


def test_tables_that_are_brought_along(store: Store) -> None:
    rows = {
        "AuditEvents": [
            {
                "TimeGenerated": "2026-11-22T12:00:00.5Z",
                "OperationName": "Microsoft.CognitiveServices/accounts/listKeys/action",
                "ActorId": "somebody",
                "StatusCode": 200,
                "_ResourceId": RESOURCE_ID,
                "nothing we know": 1,
            },
            {"TimeGenerated": "2026-11-22T12:00:01Z", "_ResourceId": OTHER_ID},
        ],
        "Deployments": [{"DeploymentName": "my-claude", "Capacity": 10, "Properties": {"tags": [1]}}],
    }
    sql = "SELECT TimeGenerated, ActorId, ActorName, Type FROM AuditEvents WHERE ActorId != ''"
    columns: list[tuple[str, LogType]] = [("a", "datetime"), ("b", "string"), ("c", "string"), ("d", "string")]
    assert store.ask(sql, *columns, rows=rows) == [["2026-11-22T12:00:00.5Z", "somebody", "", "AuditEvents"]]
    sql = "SELECT Capacity, Properties FROM Deployments"
    assert store.ask(sql, ("a", "long"), ("b", "dynamic"), rows=rows) == [[10, '{"tags":[1]}']]
    sql = "SELECT OperationName FROM AzureDiagnostics WHERE Category = 'Audit'"
    assert ["ListKey"] in store.ask(sql, ("a", "string"), rows=rows)
    sql = "SELECT count(*) FROM AuditEvents"
    assert store.ask(sql, ("n", "long"), rows=rows, resource_ids=(OTHER_ID.lower(),)) == [[1]]


def test_content_is_a_table_only_where_it_may_be_read(store: Store) -> None:
    folder = store.data / "content"
    folder.mkdir(exist_ok=True)
    line: dict[str, Any] = {
        "time": NOON,
        "apim_request_id": "apim-req_01",
        "resource": "example-resource",
        "resource_id": RESOURCE_ID,
        "deployment": "my-claude",
        "operation": "messages",
        "status": 200,
        "ended": "completed",
        "request": {"bytes": 3, "content": {"messages": []}},
        "answer": {"bytes": 3},
    }
    for day in ("2026-11-22", "2026-11-02"):
        path = folder / f"example-resource.my-claude.0123456789ab-{day}-keep-30-worker-0.jsonl"
        path.write_bytes(json.dumps(line).encode() + b'\n{"time":1')
    sql = "SELECT CorrelationId, Request, _ResourceId FROM FoundryContent"
    columns: list[tuple[str, LogType]] = [("a", "string"), ("b", "dynamic"), ("c", "string")]
    assert store.ask(sql, *columns, includes_content=True) == [
        ["apim-req_01", '{"bytes":3,"content":{"messages":[]}}', RESOURCE_ID.lower()]
    ]
    assert store.ask(sql, *columns, includes_content=True, resource_ids=(OTHER_ID,)) == []
    without = Compiler(sql, *columns)
    store.run(without)
    assert set(without.schema) == {"FoundryRequests", "AzureDiagnostics"}


def test_a_caller_sees_its_own_resources_alone(store: Store) -> None:
    sql = "SELECT count(*) FROM FoundryRequests"
    assert store.ask(sql, ("n", "long"), resource_ids=(OTHER_ID,)) == [[5]]
    assert store.ask(sql, ("n", "long"), resource_ids=(OTHER_ID.upper(), RESOURCE_ID)) == [[23]]
    assert store.ask(sql, ("n", "long"), resource_ids=("'; DROP TABLE x",)) == [[0]]
    assert store.ask(sql, ("n", "long"), resource_ids=()) == [[0]]


def test_rows_that_the_workspace_no_longer_keeps_are_not_seen(store: Store) -> None:
    assert store.ask("SELECT count(*) FROM FoundryRequests", ("n", "long"), oldest=NOON + 10) == [[13]]


def test_values_are_rendered_as_log_analytics_does(store: Store) -> None:
    values: list[tuple[str, LogType, Any]] = [
        ("TIMESTAMP '2026-11-22 01:02:03'", "datetime", "2026-11-22T01:02:03Z"),
        ("TIMESTAMP '2026-11-22 01:02:03.45'", "datetime", "2026-11-22T01:02:03.45Z"),
        ("CAST(NULL AS TIMESTAMP)", "datetime", None),
        ("CAST(0 AS BIGINT)", "timespan", "00:00:00"),
        ("-(26 * 36000000000 + 5)", "timespan", "-1.02:00:00.0000005"),
        ("CAST(600000000 AS BIGINT)", "timespan", "00:01:00"),
        ("CAST(NULL AS BIGINT)", "timespan", None),
        ("CAST('nan' AS DOUBLE)", "real", "NaN"),
        ("CAST('-inf' AS DOUBLE)", "real", "-Infinity"),
        ("CAST(0.1 AS DOUBLE)", "real", 0.1),
        ("9007199254740993", "long", 9007199254740993),
        ("true", "bool", True),
        ("CAST(NULL AS BOOLEAN)", "bool", None),
        ("CAST(NULL AS VARCHAR)", "string", ""),
        ("CAST(12.500 AS DECIMAL(38,12))", "decimal", "12.5"),
        ("CAST('{\"a\": [1, null]}' AS JSON)", "dynamic", '{"a":[1,null]}'),
        ("CAST('\"text\"' AS JSON)", "dynamic", "text"),
        ("CAST('null' AS JSON)", "dynamic", None),
        ("'74be27de-1e4e-49d9-b579-fe0b331d3642'", "guid", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
    ]
    sql = f"SELECT {', '.join(value for value, _, _ in values)}"
    columns: list[tuple[str, LogType]] = [("same name", kind) for _, kind, _ in values]
    (row,) = store.ask(sql, *columns)
    assert row == [expected for _, _, expected in values]


def test_an_answer_is_cut_at_its_most_rows_and_bytes_in_order(store: Store) -> None:
    sql = "SELECT RequestId FROM FoundryRequests ORDER BY TimeGenerated DESC"
    *pieces, answer = store.run(Compiler(sql, ("a", "string")), most_rows=2)
    assert [bytes(piece.rows) for piece in pieces if isinstance(piece, RowsMessage)] == [b'[["req_22"],["req_21"]]']
    assert isinstance(answer, AnswerMessage)
    assert (answer.cut_at, answer.row_count) == ("rows", 2)
    *pieces, answer = store.run(Compiler(sql, ("a", "string")), most_bytes=25)
    assert [bytes(piece.rows) for piece in pieces if isinstance(piece, RowsMessage)] == [b'[["req_22"],["req_21"]]']
    assert isinstance(answer, AnswerMessage)
    assert answer.cut_at == "bytes"
    *_, answer = store.run(Compiler(sql, ("a", "string")), most_rows=23)
    assert isinstance(answer, AnswerMessage)
    assert answer.cut_at is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FoundryRequests | take 1", False),
        ("FoundryRequests | where StatusCode > 1 | summarize count() by bin(TimeGenerated, 1h)", False),
        ("FoundryRequests\n| where\nTimeGenerated > ago(7d)", True),
        ("FoundryRequests | make-series count() on TimeGenerated from ago(7d) to now() step 1h", True),
    ],
)
def test_a_query_that_names_no_time_sees_a_day(store: Store, text: str, expected: bool) -> None:
    assert names_time(text) is expected
    compiler = Compiler("SELECT count(*) FROM FoundryRequests", ("n", "long"))
    *_, answer = store.run(compiler, text=text, now=NOON + DAY)
    assert isinstance(answer, AnswerMessage)
    assert (answer.start, answer.end) == ((None, None) if expected else (NOON, NOON + DAY))
    if not expected:
        assert compiler.time_range is not None
        assert compiler.time_range.start.timestamp() == NOON


def test_an_answer_tells_what_it_took_and_how_it_is_to_be_shown(store: Store) -> None:
    render = Render(kind="timechart", properties=(("title", "calls"),))
    *_, answer = store.run(Compiler("SELECT count(*) FROM FoundryRequests", ("n", "long"), render=render))
    assert isinstance(answer, AnswerMessage)
    assert answer.render == {"visualization": "timechart", "title": "calls"}
    assert (answer.scanned_segments, answer.scanned_journals) == (1, 1)
    assert answer.scanned_bytes > 1000
    assert answer.peak_memory_bytes > 0


def test_a_query_that_is_refused_says_where(store: Store) -> None:
    compiler = Compiler("")
    compiler.result = KqlError(code="SyntaxError", message="no", line=2, column=3, token="|")
    assert store.run(compiler) == [InvalidMessage(code="SyntaxError", message="no", line=2, column=3, token="|")]


def test_a_query_may_need_to_look_at_rows_first(store: Store) -> None:
    seen: list[tuple[Answer, ...]] = []
    final = Compiler("SELECT 1", ("n", "long")).result
    first = PreliminaryQuery(
        sql="SELECT DISTINCT Outcome FROM FoundryRequests ORDER BY 1",
        tables=frozenset({"FoundryRequests"}),
        row_limit=10,
    )

    class TwoSteps(Compiler):
        def __call__(self, *_: Any, answers: tuple[Answer, ...], **__: Any) -> Any:
            seen.append(answers)
            return final if answers else first

    *_, answer = store.run(TwoSteps(""))
    assert isinstance(answer, AnswerMessage)
    assert seen == [(), ((("completed",), ("refused-by-upstream",)),)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT content FROM read_text('/etc/hostname')",
        "SELECT * FROM read_json('{data}/journal/*.jsonl')",
        "SELECT * FROM '{data}/logs/FoundryRequests/2026-11-22/*.parquet'",
        "SELECT (SELECT count(*) FROM glob('{data}/*'))",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_class",
        "SELECT current_setting('threads')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT 1; SELECT 2",
        "DROP VIEW FoundryRequests",
        "COPY (SELECT 1) TO '{data}/x.csv'",
        "SET threads = 8",
        "INSTALL httpfs",
        "ATTACH '{data}/x.db'",
        "WITH x AS (SELECT * FROM pg_tables) SELECT * FROM x",
    ],
)
def test_a_statement_that_reaches_for_more_is_not_run(store: Store, sql: str) -> None:
    (answer,) = store.run(Compiler(sql.replace("{data}", str(store.data)), ("a", "string")))
    assert isinstance(answer, FailedMessage)
    assert answer.reason == "the query reaches for what is not its own"


def test_the_connection_itself_opens_nothing_but_the_logs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingate.telemetry.query_execution.check_statement", Mock())
    for sql in ("SELECT content FROM read_text('/etc/hostname')", GLOB.format(store.data)):
        (answer,) = store.run(Compiler(sql, ("a", "string")))
        assert isinstance(answer, FailedMessage)
        assert "Permission" in answer.detail
        assert "/" not in answer.reason


def test_after_a_fault_of_the_engine_the_next_query_has_a_new_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = QueryExecution(
        store.data,
        name="faulty",
        memory_bytes=256 * 1024**2,
        threads=1,
        compile_query=Compiler("SELECT 1", ("a", "long")),
    )
    sent: list[Message] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            "ingate.telemetry.query_execution.check_statement", Mock(side_effect=duckdb.FatalException("invalidated"))
        )
        execution.run(make_request(), sent.append)
    assert isinstance(sent.pop(), FailedMessage)
    execution.run(make_request(), sent.append)
    assert isinstance(sent[-1], AnswerMessage)


def test_what_a_query_runs_into_is_told_without_the_values(store: Store) -> None:
    (answer,) = store.run(Compiler("SELECT CAST('secret' AS BIGINT) AS a", ("a", "long")))
    assert isinstance(answer, InvalidMessage)
    assert answer.code == "SemanticError"
    assert "secret" not in answer.message


def test_a_query_that_needs_too_much_memory_ends_with_that(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingate.telemetry.log_database.SPILL_BYTES", 10 * 1024**2)
    sql = "SELECT count(*) FROM (SELECT DISTINCT i::VARCHAR || 'xxxxxxxxxxxxxxxxxxxxxxxx' FROM range(10000000) t(i))"
    assert store.run(Compiler(sql, ("n", "long"))) == [OutOfMemoryMessage()]


def test_files_that_are_gone_before_they_are_opened_are_looked_for_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingate.telemetry import query_execution

    plans = 0
    plan_reading = query_execution.plan_reading

    def plan_too_early(*arguments: Any, **options: Any) -> Any:
        nonlocal plans
        plans += 1
        plan = plan_reading(*arguments, **options)
        if plans == 1:
            gone = [path.with_name("gone.jsonl") for path in plan.journals]
            plan = type(plan)(journals=tuple(gone), segments=plan.segments, bytes=0, rows=0, unreadable=())
        return plan

    monkeypatch.setattr(query_execution, "plan_reading", plan_too_early)
    assert store.ask("SELECT count(*) FROM FoundryRequests", ("n", "long")) == [[23]]
    assert plans == 2
