"""`$filter` of metrics."""

from __future__ import annotations

import pytest

from ingate.wire.monitor.metric_filter import MalformedFilter, parse_metric_filter


def parse(text: str | None) -> list[list[str]]:
    groups = parse_metric_filter(text)
    assert not isinstance(groups, MalformedFilter), groups
    return [[f"{term.dimension} {term.operator} {term.value}" for term in group] for group in groups]


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_filter_has_no_groups(text: str | None) -> None:
    assert parse(text) == []


def test_or_binds_closer_than_and() -> None:
    assert parse("A eq 'a1' and B eq 'b1' or B eq 'b2' and C eq '*'") == [
        ["A eq a1"],
        ["B eq b1", "B eq b2"],
        ["C eq *"],
    ]


def test_brackets_group() -> None:
    text = "A eq 'a1' and (B eq 'b1' or (B eq 'b2' or B ne 'b3')) and (C eq '*' and D sw 'd')"
    assert parse(text) == [["A eq a1"], ["B eq b1", "B eq b2", "B ne b3"], ["C eq *"], ["D sw d"]]


def test_operators_and_words_are_read_in_any_case() -> None:
    assert parse("A EQ 'a1' AND B Ne 'b'") == [["A eq a1"], ["B ne b"]]


def test_quotes_are_doubled_and_brackets_encoded() -> None:
    assert parse("A eq 'it''s' and B eq 'v %28x%29 and y'") == [["A eq it's"], ["B eq v (x) and y"]]


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "A eq",
        "A eq a1",
        "A eq 'a1",
        "A = 'a1'",
        "A eq 'a1' and",
        "A eq 'a1' B eq 'b1'",
        "(A eq 'a1'",
        "A eq 'a1')",
        "A eq 'a1' or B eq 'b1'",
        "A eq 'a1' and C eq '*' or B eq 'b2'",
        "(A eq 'a1' and A eq 'a2') or A eq 'a3'",
        "(" * 100 + "A eq 'a1'" + ")" * 100,
        "A eq '" + "x" * 10_000 + "'",
        "A eq 'a1'; DROP TABLE minutes",
    ],
)
def test_what_is_no_filter_is_refused_with_a_reason(text: str) -> None:
    refused = parse_metric_filter(text)
    assert isinstance(refused, MalformedFilter)
    assert refused.reason
