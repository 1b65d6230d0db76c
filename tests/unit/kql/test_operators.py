"""Tabular operators over two small tables; the expected rows are worked out by hand from the KQL reference."""

# ruff: noqa: DTZ001 - DuckDB's timestamps have no zone, and are UTC
# ruff: noqa: E501 - a query and its rows are easier to compare side by side

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.unit.kql.conftest import KqlRunner

from ingate.kql.result import Render, TimeRange

MIDNIGHT = datetime(2026, 1, 1)
ONE = datetime(2026, 1, 1, 1)
NEXT_DAY = datetime(2026, 1, 2)

CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("Requests | where Status >= 400 and Id has 'req' | project Id", [("req-2",), ("req_3",)]),
    ("Requests | where TimeGenerated > ago(1d) | project Id", [("req-4",)]),
    ("Requests | where TimeGenerated between (datetime(2026-01-01) .. 1h) | count", [(2,)]),
    ("Requests | extend Tokens = Tokens * 2 | summarize sum(Tokens)", [(200,)]),
    ("Requests | project-away T*, L*, S*, P* | take 1", [("req-1", "opus")]),
    ("Requests | project-keep Id, Stat* | take 1", [("req-1", 200)]),
    (
        "Requests | project-rename Key = Id | project-reorder Tokens, Key | project-keep T*n*s, Key | take 1",
        [(10, "req-1")],
    ),
    ("Requests | sort by Latency | project Id", [("req-4",), ("req-2",), ("req-1",), ("req_3",)]),
    ("Requests | sort by Latency asc | project Id", [("req_3",), ("req-1",), ("req-2",), ("req-4",)]),
    ("Requests | sort by Latency asc nulls last | project Id", [("req-1",), ("req-2",), ("req-4",), ("req_3",)]),
    ("Requests | sort by Status asc, Tokens desc | project Tokens", [(40,), (10,), (20,), (30,)]),
    ("Requests | top 2 by Tokens | project Tokens", [(40,), (30,)]),
    ("Requests | sort by Tokens desc | project Id | take 1", [("req-4",)]),
    # summarize
    (
        "Requests | summarize count(), countif(Status >= 400), sum(Latency) by bin(TimeGenerated, 1h) | sort by TimeGenerated asc",
        [(MIDNIGHT, 2, 1, 4.0), (ONE, 1, 1, 0.0), (NEXT_DAY, 1, 0, 4.0)],
    ),
    ("Requests | summarize percentile(Tokens, 50), percentiles(Tokens, 25, 95)", [(20, 10, 40)]),
    (
        "Requests | summarize avg(Latency), max(Latency), min(TimeGenerated)",
        [(8 / 3, 4.0, datetime(2026, 1, 1, 0, 10))],
    ),
    (
        "Requests | where false | summarize count(), sum(Tokens), avg(Tokens), make_list(Id), dcount(Id)",
        [(0, 0, None, [], 0)],
    ),
    ("Requests | where false | summarize count() by Status", []),
    ("Requests | summarize make_set(Status), make_list(Tokens, 2)", [([200, 429, 500], [10, 20])]),
    ("Requests | sort by Tokens desc | summarize make_list(Tokens)", [([40, 30, 20, 10],)]),
    ("Requests | summarize make_set(Status, 2), make_list_if(Id, Status == 500)", [([200, 429], ["req_3"])]),
    ("Requests | summarize make_list(Latency)", [([1.5, 2.5, 4.0],)]),
    (
        "Requests | summarize arg_max(Tokens, Id, Latency) by Status | sort by Status asc",
        [(200, 40, "req-4", 4.0), (429, 20, "req-2", 2.5), (500, 30, "req_3", None)],
    ),
    (
        "Requests | project Status, Tokens, Id | summarize arg_min(Tokens, *) by Status | where Status == 200",
        [(200, 10, "req-1")],
    ),
    ("Requests | summarize rate = round(100.0 * countif(Status >= 400) / count(), 1)", [(50.0,)]),
    (
        "Requests | summarize stdev(Tokens), variance(Tokens) by Status | where Status == 200",
        [(200, 450.0**0.5, 450.0)],
    ),
    ("Requests | summarize dcount(Status), count_distinct(Deployment), dcountif(Status, Status > 200)", [(3, 4, 2)]),
    (
        "Requests | summarize make_bag(bag_pack(Id, Tokens)) by Status | where Status == 200 | project bag_",
        [({"req-1": 10, "req-4": 40},)],
    ),
    ("Requests | summarize take_any(Id) by Status | where Status == 500", [(500, "req_3")]),
    ("Requests | summarize by Status | sort by Status asc", [(200,), (429,), (500,)]),
    ("Requests | summarize sum(Took), avg(Took)", [(864030000000, 288010000000)]),
    ("Requests | distinct Status | count", [(3,)]),
    # join
    (
        "Requests | join kind=inner Owners on Deployment | project Id, Owner | sort by Owner asc",
        [("req-1", "ann"), ("req-1", "bob"), ("req-4", "nobody")],
    ),
    (
        "Owners | join Owners on Deployment | where Deployment == 'opus' | count",
        [(2,)],
    ),  # innerunique: one left row a key
    ("Owners | join kind=inner Owners on Deployment | where Deployment == 'opus' | count", [(4,)]),
    (
        "Requests | join kind=leftouter Owners on Deployment | where Owner == '' | project Id, Tokens1 | sort by Id asc",
        [("req-2", ""), ("req_3", "")],
    ),
    ("Requests | join kind=rightouter Owners on Deployment | where isnull(Tokens) | project Owner, Id", [("cy", "")]),
    ("Requests | join kind=fullouter Owners on Deployment | count", [(6,)]),
    ("Requests | join kind=leftanti Owners on Deployment | project Id | sort by Id asc", [("req-2",), ("req_3",)]),
    ("Requests | join kind=leftsemi Owners on Deployment | project Id | sort by Id asc", [("req-1",), ("req-4",)]),
    ("Requests | join kind=rightanti Owners on Deployment | project Owner", [("cy",)]),
    (
        "Requests | join kind=inner (Owners | project D = Deployment, Owner) on $left.Deployment == $right.D | summarize dcount(Owner)",
        [(3,)],
    ),
    (
        "Requests | lookup Owners on Deployment | where Id == 'req-1' | project Owner | sort by Owner asc",
        [("ann",), ("bob",)],
    ),
    # union
    (
        "union withsource=From Requests, Owners | summarize count() by From | sort by From asc",
        [("Owners", 4), ("Requests", 4)],
    ),
    (
        "union kind=inner Requests, Owners | summarize count() by Deployment | where Deployment == 'opus'",
        [("opus", 3)],
    ),
    ("union Requests, Owners | where isnotempty(Tokens_string) | count", [(4,)]),
    ("union isfuzzy=true Missing, Owners | count", [(4,)]),
    ("union O* | count", [(4,)]),
    # let
    ("let limit_ = 400; let bad = Requests | where Status >= limit_; bad | count", [(2,)]),
    ("let f = (x: long, y: long = 2) { x * y }; print f(3), f(3, 5), f(x=1)", [(6, 15, 2)]),
    ("let f = (T: (Status: int), s: int) { T | where Status == s }; f(Requests, 200) | count", [(2,)]),
    ("let m = toscalar(Requests | summarize max(Tokens)); Requests | where Tokens == m | project Id", [("req-4",)]),
    ("let ids = Requests | where Status == 200 | project Id; Requests | where Id in (ids) | count", [(2,)]),
    (
        "let c = materialize(Requests | summarize n = count() by Status); c | join kind=inner c on Status | summarize sum(n1)",
        [(4,)],
    ),
    # expansion
    (
        "Requests | mv-expand x = Properties.a.b to typeof(long) | where Id == 'req-1' | project x",
        [(1,), (2,), (None,)],
    ),
    ("print a = dynamic([]) | mv-expand a | count", [(0,)]),
    ("print a = dynamic(null) | mv-expand a | count", [(1,)]),
    (
        "print a = dynamic([1,2]), b = dynamic(['x']) | mv-expand a to typeof(long), b to typeof(string)",
        [(1, "x"), (2, "")],
    ),
    ("print a = dynamic({'p': 1, 'q': 2}) | mv-expand a", [({"p": 1},), ({"q": 2},)]),
    ("print a = dynamic({'p': 1}) | mv-expand kind=array a", [(["p", 1],)]),
    ("print a = dynamic(['x','y']) | mv-expand with_itemindex=i a to typeof(string)", [("x", 0), ("y", 1)]),
    ("print a = dynamic([1,2,3]) | mv-expand a to typeof(long) limit 2", [(1,), (2,)]),
    (
        "datatable(k: string, a: dynamic)['p', dynamic([1,5,3]), 'q', dynamic([7])] | mv-apply x = a to typeof(long) on (top 2 by x) | project k, x",
        [("p", 5), ("p", 3), ("q", 7)],
    ),
    (
        "datatable(k: string, a: dynamic)['p', dynamic([1,5]), 'q', dynamic([7])] | mv-apply x = a to typeof(long) on (summarize s = sum(x)) | project k, s",
        [("p", 6), ("q", 7)],
    ),
    # series
    (
        "Requests | make-series n = count() default = 0 on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 03:00) step 1h | project n",
        [([2, 1, 0],)],
    ),
    ("Requests | make-series sum(Tokens) on TimeGenerated step 12h | project sum_Tokens", [([60, 0, 40],)]),
    (
        "Requests | make-series n = count() on Tokens from 10 to 50 step 10 by Status | where Status == 200 | project n, Tokens",
        [([1, 0, 0, 1], [10, 20, 30, 40])],
    ),
    # windows
    (
        "Requests | sort by Tokens asc | extend r = row_number(), p = prev(Tokens), n = next(Tokens, 1, 0), c = row_cumsum(Tokens) | project r, p, n, c",
        [(1, None, 20, 10), (2, 10, 30, 30), (3, 20, 40, 60), (4, 30, 0, 100)],
    ),
    ("Requests | sort by Tokens asc | extend r = row_number(1, Status == 429) | project r", [(1,), (1,), (2,), (3,)]),
    (
        "Requests | sort by Status asc | extend d = row_rank_dense(Status), m = row_rank_min(Status) | project d, m",
        [(1, 1), (1, 1), (2, 3), (3, 4)],
    ),
    ("Requests | serialize r = row_number(10) | summarize max(r)", [(13,)]),
    # parse
    (
        "print t = 'id=42, name=bob; end' | parse t with 'id=' id: long ', name=' name ';' * | project id, name",
        [(42, "bob")],
    ),
    (
        "print t = 'id=x, name=bob;' | parse t with 'id=' id: long ', name=' name ';' * | project id, name",
        [(None, "")],
    ),
    ("print t = 'a=1.2.3 b=z' | parse t with * 'a=' a: real 'b=' b | project a, b", [(None, "")]),
    ("Requests | parse-where Id with 'req-' n: long | project n | sort by n asc", [(1,), (2,), (4,)]),
    ("print t = 'x1y' | parse kind=regex t with @'[a-z]' n: int 'y' | project n", [(1,)]),
    # evaluate
    ("Requests | evaluate pivot(Status, sum(Tokens), Streaming) | where Streaming == true", [(True, 50, 0, 0)]),
    ("Requests | project Status, Id | evaluate pivot(Status) | where Id == 'req-2'", [("req-2", 0, 1, 0)]),
    (
        "datatable(b: dynamic)[dynamic({'x': 1, 'y': 's'}), dynamic({'x': 2.5})] | evaluate bag_unpack(b) | project z = x * 2, y",
        [(2.0, "s"), (5.0, "")],
    ),
    ("datatable(b: dynamic)[dynamic({'x': 1, 'y': 's'})] | evaluate bag_unpack(b): (x: long)", [(1,)]),
    # search
    (
        "search in (Requests, Owners) 'opus' | summarize count() by $table | sort by $table asc",
        [("Owners", 2), ("Requests", 2)],
    ),
    ("search Owner:'ann' | project $table, Owner", [("Owners", "ann")]),
    ("Requests | search 'son*' | project Id", [("req-2",)]),
    (
        "Requests | search 429 or Deployment:'opus' | project Id | sort by Id asc",
        [("req-1",), ("req-2",), ("req_3",)],
    ),
    # tables that a query holds
    ("range x from 1 to 10 step 4", [(1,), (5,), (9,)]),
    ("range t from datetime(2026-01-01) to datetime(2026-01-02) step 1d", [(MIDNIGHT,), (NEXT_DAY,)]),
    ("print a = 1, 'x', strlen('ab')", [(1, "x", 2)]),
    ("datatable(a: long, b: string)[1, 'x', long(null), '']", [(1, "x"), (None, "")]),
    (
        "Owners | getschema | project ColumnName, ColumnType",
        [("Deployment", "string"), ("Owner", "string"), ("Tokens", "string")],
    ),
    ("Requests | as R | count", [(4,)]),
    ("// a comment\nset notruncation;\nRequests // another\n| count;", [(4,)]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_query_answers_what_the_reference_says(kql: KqlRunner, text: str, expected: list[tuple[Any, ...]]) -> None:
    rows = kql.rows(text)
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert list(row) == [pytest.approx(cell) if isinstance(cell, float) else cell for cell in wanted]


NAMES = [
    (
        "Requests | summarize count(), avg(Latency), dcount(Id) by bin(TimeGenerated, 1h), Status",
        ["TimeGenerated", "Status", "count_", "avg_Latency", "dcount_Id"],
    ),
    (
        "Requests | summarize percentile(Latency, 99.9), percentiles(Tokens, 5, 95)",
        ["percentile_Latency_99_9", "percentile_Tokens_5", "percentile_Tokens_95"],
    ),
    (
        "Requests | summarize countif(Status > 1), make_list(Id), make_set(Id), sumif(Tokens, true), take_any(Id)",
        ["countif_", "list_Id", "set_Id", "sumif_Tokens", "Id"],
    ),
    (
        "Requests | summarize max(TimeGenerated), (a, b) = percentiles(Tokens, 1, 2), 1 + count()",
        ["max_TimeGenerated", "a", "b", "Column1"],
    ),
    ("Requests | summarize arg_max(TimeGenerated, Id, n = Status)", ["TimeGenerated", "Id", "n"]),
    (
        "Requests | extend Properties.a.b, 1 + 1, strlen(Id) | project-keep P*, C*, strlen*",
        ["Properties", "Properties_a_b", "Column1", "strlen_Id"],
    ),
    (
        "Owners | join kind=inner Owners on Deployment",
        ["Deployment", "Owner", "Tokens", "Deployment1", "Owner1", "Tokens1"],
    ),
    ("Requests | project tostring(Status), ['a b'] = Id, Tokens * 2", ["Status", "a b", "Column1"]),
    ("union Requests, Owners | project-keep Tok*", ["Tokens_long", "Tokens_string"]),
    ("Owners | count", ["Count"]),
    ("print 1, x = 2", ["print_0", "x"]),
    ("print a = 1, A = 2", ["a", "A"]),
]


@pytest.mark.parametrize(("text", "names"), NAMES, ids=[case[0] for case in NAMES])
def test_columns_are_named_as_kusto_names_them(kql: KqlRunner, text: str, names: list[str]) -> None:
    assert kql.columns(text) == names


def test_a_time_range_cuts_every_table_that_has_a_time(kql: KqlRunner) -> None:
    hour = TimeRange(start=MIDNIGHT, end=ONE)
    assert kql.rows("Requests | count", time_range=hour) == [(2,)]
    assert kql.rows("let t = Requests; union t, Owners | count", time_range=hour) == [(6,)]


def test_render_is_passed_on(kql: KqlRunner) -> None:
    compiled = kql.compile("Requests | count | render timechart with (title='x y', ycolumns=a, b)")
    assert getattr(compiled, "render", None) == Render(
        kind="timechart", properties=(("title", "x y"), ("ycolumns", "a,b"))
    )


def test_plain_comparisons_reach_the_parquet_reader(kql: KqlRunner, tmp_path: object) -> None:
    file = f"{tmp_path}/requests.parquet"
    kql.connection.execute(f"COPY Requests TO '{file}' (FORMAT parquet)")
    compiled = kql.compile(
        "Requests | where Id == 'req-1' and Status == 200 and TimeGenerated < ago(1d) | project Id"
    )
    sql = getattr(compiled, "sql", "").replace('"Requests"', f"read_parquet('{file}')")
    plan = str(kql.connection.execute(f"EXPLAIN {sql}").fetchall()).replace("\\n", " ")
    filters = plan[plan.index("Filters") :]
    for column in ("Id=", "Status=", "TimeGenerated<"):
        assert column in filters.replace(" ", "").replace("'", "")
