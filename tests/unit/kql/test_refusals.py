"""What is refused, and where: the code, the line and column, and the word there."""

# ruff: noqa: DTZ001 - DuckDB's timestamps have no zone, and are UTC
# ruff: noqa: E501 - a query and its rows are easier to compare side by side

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kql.conftest import NOW, SCHEMA, KqlRunner

from ingate.kql.compiling import compile_query
from ingate.kql.result import CompiledQuery, KqlError, PreliminaryQuery
from ingate.kql.syntax.parsing_operators import UNSUPPORTED_OPERATORS

REFUSALS = [
    ("", "SyntaxError", 1, 1, ""),
    ("Requests |", "SyntaxError", 1, 11, ""),
    ("Requests | wher Id == 'a'", "SyntaxError", 1, 12, "wher"),
    ("Requests\n| where (Id == 'a'", "SyntaxError", 2, 19, ""),
    ("Requests | where Id == 'a", "SyntaxError", 1, 24, "'a"),
    ("Requests | take 5 apples", "SyntaxError", 1, 19, "apples"),
    ("Requests | where Tokens > 5parsecs", "SyntaxError", 1, 27, "5parsecs"),
    ("print datetime(yesterday)", "SyntaxError", 1, 7, "datetime(yesterday)"),
    ("print 99999999999999999999", "SyntaxError", 1, 7, "99999999999999999999"),
    ("print '\\ud800'", "SyntaxError", 1, 7, "'\\ud800'"),
    ("Missing | count", "SemanticError", 1, 1, "Missing"),
    ("Requests\n| where Nope == 1", "SemanticError", 2, 9, "Nope"),
    ("Requests | summarize count() by Nope", "SemanticError", 1, 33, "Nope"),
    ("Requests | extend x = nosuch(1)", "SemanticError", 1, 23, "nosuch(1)"),
    ("Requests | where Tokens == 'a'", "SemanticError", 1, 25, "=="),
    ("Requests | where Id + 1 == 2", "SemanticError", 1, 21, "+"),
    ("Requests | where Tokens", None, 0, 0, ""),
    ("Requests | where Id", "SemanticError", 1, 18, "Id"),
    ("Requests | where Id matches regex '('", "SemanticError", 1, 35, "'('"),
    ("Requests | extend count()", "SemanticError", 1, 19, "count()"),
    ("Requests | summarize Id", "SemanticError", 1, 22, "Id"),
    ("Requests | summarize count() by Properties", "SemanticError", 1, 33, "Properties"),
    ("Requests | extend r = row_number()", "SemanticError", 1, 23, "row_number()"),
    ("Requests | join Owners on Nope", "SemanticError", 1, 27, "Nope"),
    ("Requests | project Id, Id", "SemanticError", 1, 24, "Id"),
    ("Requests | take -1", "SemanticError", 1, 17, "-1"),
    ("Requests | where strlen(Tokens, 1) > 0", "SemanticError", 1, 18, "strlen(Tokens,"),
    ("let f = (x: long) { x }; print f()", "SemanticError", 1, 32, "f()"),
    ("let f = (x: long) { f(x) }; print f(1)", "SemanticError", 1, 21, "f(x)"),
    ("Requests | evaluate autocluster()", "NotSupported", 1, 21, "autocluster()"),
    ("print geo_distance_2points(1, 2, 3, 4)", "NotSupported", 1, 7, "geo_distance_2points(1,"),
    ("Requests | summarize hll(Id)", "NotSupported", 1, 22, "hll(Id)"),
    ("Requests | extend series_decompose(Properties)", "NotSupported", 1, 19, "series_decompose(Properties)"),
    ("set query_now = 1; Requests", "NotSupported", 1, 5, "query_now"),
    ("range x from 1 to 1000000000000 step 1", "TooComplex", 1, 1, "range"),
    ("print " + "(" * 500 + "1" + ")" * 500, "TooComplex", 1, None, None),
    ("print " + "-" * 500 + "x", "TooComplex", 1, None, None),
    ("print " + " + ".join("1" * 500), "TooComplex", 1, None, None),
    ("Requests" + " | where true" * 500, "TooComplex", 1, None, None),
    ("print '" + "a" * 200_000 + "'", "TooComplex", 1, 1, None),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "token"), REFUSALS, ids=[case[0][:60] for case in REFUSALS]
)
def test_a_query_is_refused_with_its_place(
    kql: KqlRunner, text: str, code: str | None, line: int, column: int | None, token: str | None
) -> None:
    if code is None:
        assert isinstance(kql.compile(text), CompiledQuery)
        return
    error = kql.error(text)
    assert (error.code, error.line) == (code, line)
    assert column is None or error.column == column
    assert token is None or error.token == token


def test_an_unknown_column_is_worded_as_log_analytics_does(kql: KqlRunner) -> None:
    error = kql.error("Requests | where Statuss > 1")
    assert error.message == (
        "'where' operator: Failed to resolve column or scalar expression named 'Statuss'. Did you mean Status?"
    )


@pytest.mark.parametrize("operator", sorted(UNSUPPORTED_OPERATORS))
def test_an_unsupported_operator_is_refused_by_name(kql: KqlRunner, operator: str) -> None:
    error = kql.error(f"Requests | {operator} x")
    assert error.code == "NotSupported"
    assert f"'{operator}'" in error.message


def test_a_let_that_doubles_a_text_is_bounded(kql: KqlRunner) -> None:
    lets = ["let f0 = (x: long) { x + x };"]
    lets += [f"let f{index} = (x: long) {{ f{index - 1}(f{index - 1}(x)) }};" for index in range(1, 18)]
    assert kql.error("\n".join(lets) + " print f17(1)").code == "TooComplex"


INJECTIONS = [
    "['/etc/passwd'] | count",
    "['/etc/passwd.csv']",
    "read_csv('/etc/passwd')",
    "table('duckdb_settings')",
    "duckdb_tables()",
    "pg_settings",
    "sqlite_master",
    "information_schema.tables",
    "Requests | extend x = getenv('HOME')",
    "Requests | extend x = read_text('/etc/passwd')",
    "Requests | where current_setting('x') == ''",
    "externaldata(a: string)['https://example.com']",
    "print 1; DROP TABLE Requests",
    'Requests | project ["a\\"; DROP TABLE Requests; --"] = Id',
    "Requests | where Id == 'x\\'; DROP TABLE Requests; --'",
    "print x = '\\'); ATTACH \\'x.db\\'; --'",
    "let ['a\"; DROP TABLE Requests; --'] = 1; Requests",
    "Requests | where Properties['\\'); DROP TABLE Requests; --'] == 1",
    "Requests | where Id has '\\') OR 1=1 --'",
    "Requests | parse Id with * '\\'; DROP TABLE Requests; --' x",
    "Requests | as ['x; DROP TABLE Requests'] | count",
    "union withsource=['a\"); DROP TABLE Requests; --'] Requests, Owners",
    "kql",
    "SCHEMA",
    "print '\\0 \\n \u2028'",
    "Requests | extend x = '{0} {1} {site}' | where x has '{0}'",
    "print format_datetime(now(), '%Y\\'; DROP')",
    "Requests | summarize count() by ['x\"'] = Id",
    "search '\\'; DROP TABLE Requests; --'",
    "COPY Requests TO 'x.csv'",
    "PRAGMA database_list",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_is_harmless(kql: KqlRunner, text: str) -> None:
    compiled = kql.compile(text)
    if isinstance(compiled, CompiledQuery):
        assert compiled.tables <= set(SCHEMA)
        assert len(kql.connection.extract_statements(compiled.sql)) == 1
        kql.connection.execute(compiled.sql).fetchall()
    assert kql.rows("Requests | count") == [(4,)]


def test_a_hostile_text_comes_back_as_it_was(kql: KqlRunner) -> None:
    assert kql.value(r"'it\'s {0} \\ \" -- /* \n \0 é \ud83d\ude00'") == "it's {0} \\ \" -- /* \n \0 é 😀"


_WORDS = [
    "Requests", "Owners", "|", "where", "extend", "project", "summarize", "by", "join", "on", "union", "let", "=", "==",
    "(", ")", "[", "]", "{", "}", ",", ";", ".", "..", "'a'", "\"", "'", "1", "1.5", "1h", "Id", "Tokens", "Properties",
    "TimeGenerated", "count()", "sum(Tokens)", "has", "in", "between", "and", "or", "not(", "-", "*", "/", "%", "+",
    "datetime(2026-01-01)", "dynamic(", "toscalar(", "mv-expand", "make-series", "parse", "with", "top", "sort", "asc",
    "evaluate", "pivot(", "bag_unpack(", "search", "print", "range", "from", "to", "step", "render", "bin(", "$left", "null",
    "row_number()", "serialize", "int(null)", "lookup", "distinct", "kind=inner", "default", "typeof(", "\n", "//", "@'", "h'",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join) | st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    compiled = compile_query(text, schema=SCHEMA, now=datetime(2026, 1, 1), time_range=None)
    assert isinstance(compiled, CompiledQuery | PreliminaryQuery | KqlError)
    if isinstance(compiled, KqlError):
        assert compiled.line >= 1
        assert compiled.column >= 1
        assert compiled.message


def test_now_is_what_was_given() -> None:
    compiled = compile_query("print now()", schema=SCHEMA, now=NOW, time_range=None)
    assert isinstance(compiled, CompiledQuery)
    assert NOW.isoformat(sep=" ") in compiled.sql
