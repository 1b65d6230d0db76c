"""Scalar expressions; the expected values are worked out by hand from the KQL reference."""

# ruff: noqa: DTZ001 - DuckDB's timestamps have no zone, and are UTC
# ruff: noqa: E501 - a query and its rows are easier to compare side by side

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.kql.conftest import KqlRunner

HOUR = 36_000_000_000
"""In ticks."""

CASES: list[tuple[str, Any]] = [
    # numbers: integers stay integers, a modulo is never negative
    ("5 / 2", 2),
    ("-7 / 2", -3),
    ("5 / 2.0", 2.5),
    ("-7 % 3", 2),
    ("7 % -3", 1),
    ("1 / 0", None),
    ("isinf(1.0 / 0)", True),
    ("2 + 3 * 4 - -1", 15),
    ("0x1F", 31),
    ("bin(-7, 5)", -10),
    ("bin(7.5, 2)", 6.0),
    ("floor(12, 5)", 10),
    ("round(2.5)", 3.0),
    ("ceiling(1.2)", 2),
    ("abs(-3)", 3),
    ("pow(2, 10)", 1024.0),
    ("sqrt(16)", 4.0),
    ("isnull(log(-1))", True),
    ("sign(-2.5)", -1),
    ("max_of(1, 7, 3)", 7),
    ("min_of(1.5, 0)", 0.0),
    ("binary_and(6, 3) + binary_or(4, 1) + binary_xor(6, 3)", 2 + 5 + 5),
    ("long(null) + 1", None),
    # strings
    ("strlen('abc')", 3),
    ("strcat('a', 1, true, '')", "a1true"),
    ("strcat_delim('-', 'a', 'b', 3)", "a-b-3"),
    ("substring('abcdef', 1, 3)", "bcd"),
    ("substring('abcdef', -2)", "ef"),
    ("indexof('abcabc', 'c')", 2),
    ("indexof('abcabc', 'c', 3)", 5),
    ("indexof('abc', 'z')", -1),
    ("countof('aaa', 'aa')", 2),
    ("countof('aaaa', 'aa', 'regex')", 2),
    ("extract('x=([0-9]+)', 1, 'say x=45.6|wo')", "45"),
    ("extract('x=([0-9]+)', 1, 'x=45', typeof(long)) + 1", 46),
    (r"extract_all(@'(\d)([a-z])', '1a2b')", [["1", "a"], ["2", "b"]]),
    ("split('a_b_c', '_')", ["a", "b", "c"]),
    ("split('a_b_c', '_', 1)", ["b"]),
    ("split('a_b', '_')[1]", "b"),
    ("replace_string('aXbX', 'X', '-')", "a-b-"),
    (r"replace_regex('a1b22', @'\d+', '#')", "a#b#"),
    ("trim('-', '-a-')", "a"),
    (r"trim_start(@'\s+', '  a ')", "a "),
    ("toupper('aé')", "AÉ"),
    ("reverse('abc')", "cba"),
    ("strrep('ab', 2, '-')", "ab-ab"),
    ("base64_decode_tostring(base64_encode_tostring('Kusto'))", "Kusto"),
    ("url_decode('a%20b')", "a b"),
    ("hash_sha256('x')", hashlib.sha256(b"x").hexdigest()),
    ("tostring(2h + 30m)", "02:30:00"),
    ("tostring(1d + 100ms)", "1.00:00:00.1000000"),
    ("tostring(datetime(2026-01-02 03:04:05.6))", "2026-01-02T03:04:05.6000000Z"),
    ("isempty('') and isnotempty('a')", True),
    ("h'secret' == 'secret' and @'a\\b' == 'a\\\\b' and ```x\"'y``` == 'x\"\\'y'", True),
    # has: whole terms, whatever the case; contains: any piece
    ("'req-1' has 'REQ'", True),
    ("'requests' has 'req'", False),
    ("'a_b' has 'b'", True),
    ("'x-api-key' has 'api-key'", True),
    ("'Req' has_cs 'req'", False),
    ("'requests' hasprefix 'REQ' and 'requests' !hassuffix 'req'", True),
    ("'Kusto' contains 'UST' and 'Kusto' !contains_cs 'UST'", True),
    ("'abc' startswith 'AB' and 'abc' endswith_cs 'bc' and 'abc' !startswith_cs 'AB'", True),
    ("'a' =~ 'A' and 'a' !~ 'b'", True),
    ("'a.c' matches regex 'a[.]c' and not('abc' matches regex '^b')", True),
    ("'one two' has_any ('x', 'TWO') and 'one two' has_all ('one', 'two')", True),
    ("'b' in ('a', 'b') and 'B' !in ('a', 'b') and 'B' in~ ('a', 'b')", True),
    ("3 in (dynamic([1, 2, 3]))", True),
    ("5 between (1 .. 5) and 6 !between (1 .. 5)", True),
    # nulls: two nulls compare to null, one null equals nothing and differs from everything
    ("int(null) == 1", False),
    ("int(null) != 1", True),
    ("int(null) == int(null)", None),
    ("int(null) > 1", None),
    ("isnull(int(null)) or int(null) > 1", True),
    ("isnull('')", False),
    ("coalesce(int(null), 5)", 5),
    ("coalesce('', 'b')", "b"),
    ("iff(int(null) > 1, 'a', 'b')", "b"),
    ("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"),
    # times
    ("datetime(2026-01-02) - datetime(2026-01-01)", 24 * HOUR),
    ("datetime(2026-01-01) + 1.5h", datetime(2026, 1, 1, 1, 30)),
    ("ago(1d)", datetime(2026, 1, 1, 12)),
    ("now(-1h)", datetime(2026, 1, 2, 11)),
    ("1h / 30m", 2.0),
    ("30m * 3", 3 * HOUR // 2),
    ("bin(datetime(2026-01-01 10:47:30), 15m)", datetime(2026, 1, 1, 10, 45)),
    ("bin(datetime(2026-01-07), 7d)", datetime(2026, 1, 5)),  # weeks from the year 1, which began on a Monday
    ("bin_at(datetime(2026-01-01 10:47), 1h, datetime(2026-01-01 00:30))", datetime(2026, 1, 1, 10, 30)),
    ("startofweek(datetime(2026-01-07 05:00))", datetime(2026, 1, 4)),
    ("startofmonth(datetime(2026-02-10), -1)", datetime(2026, 1, 1)),
    ("endofmonth(datetime(2026-02-10))", datetime(2026, 3, 1) - timedelta(microseconds=1)),
    ("dayofweek(datetime(2026-01-05))", 24 * HOUR),
    ("datetime_diff('hour', datetime(2026-01-02 00:10), datetime(2026-01-01 23:50))", 1),
    ("datetime_diff('month', datetime(2026-01-01), datetime(2025-11-30))", 2),
    ("datetime_add('month', 1, datetime(2026-01-31))", datetime(2026, 2, 28)),
    (
        "datetime_part('day', datetime(2026-01-31)) + getyear(datetime(2026-01-31)) + hourofday(datetime(2026-01-01 07:00))",
        2064,
    ),
    ("make_datetime(2026, 2, 30)", None),
    ("make_timespan(1, 30)", 3 * HOUR // 2),
    ("format_datetime(datetime(2026-01-05 13:04:05.123), 'yy-M-dd h:mm:ss.fff tt')", "26-1-05 1:04:05.123 PM"),
    ("format_timespan(1d + 2h, 'd.hh:mm')", "1.02:00"),
    ("unixtime_seconds_todatetime(86400)", datetime(1970, 1, 2)),
    ("todatetime('2026-01-01T02:00:00+02:00')", datetime(2026, 1, 1)),
    ("todatetime('no')", None),
    ("totimespan('1.02:00:00') == 26h", True),
    # conversions: what does not convert is null
    ("tolong('12') + toint('0x10')", 28),
    ("tolong('5.7')", None),
    ("tolong(5.7)", 5),
    ("toreal('1e3')", 1000.0),
    ("tobool('TRUE')", True),
    ("toguid('74BE27DE-1E4E-49D9-B579-FE0B331D3642')", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
    ("gettype(parse_json('{}'))", "dictionary"),
    ('parse_json(\'{"a": [1, {"b": 2}]}\').a[1].b + 1', 3.0),
    ("parse_json('no json')", "no json"),
    # dynamic values
    ("dynamic({'a': {'b': [1, 2]}}).a.b[-1]", 2),
    ("dynamic({'$.a': 1, '1': 2})['$.a']", 1),
    ("dynamic({'1': 2})['1']", 2),
    ("isnull(dynamic([1])[5]) and isnull(parse_json('{\"a\":null}').a)", True),
    ("dynamic({'a': 's'}).a == 's' and dynamic({'a': 5}).a > 4", True),
    ("dynamic({'a': '5'}).a == 5", False),
    ("array_length(dynamic([1, 2, 3]))", 3),
    ("array_concat(dynamic([1]), dynamic(['a']))", [1, "a"]),
    ("array_slice(dynamic([1, 2, 3, 4]), 1, -2)", [2, 3]),
    ("array_index_of(dynamic(['a', 'b']), 'b')", 1),
    ("array_sort_desc(dynamic([3, 10, 2]))", [10, 3, 2]),
    ("array_sum(dynamic([1, 2.5]))", 3.5),
    ("bag_keys(dynamic({'a': 1, 'b': 2}))", ["a", "b"]),
    ("bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': null}))", {"a": 1, "b": None}),
    ("bag_has_key(dynamic({'a': 1}), 'a')", True),
    (
        "bag_pack('a', 1, 'b', dynamic([2]), 'c', datetime(2026-01-01))",
        {"a": 1, "b": [2], "c": "2026-01-01T00:00:00.0000000Z"},
    ),
    ("pack_array(1, 'a', int(null))", [1, "a", None]),
    ("set_union(dynamic([1, 2]), dynamic([2, 3]))", [1, 2, 3]),
    ("set_difference(dynamic([1, 2]), dynamic([2]))", [1]),
    ("set_intersect(dynamic([1, 2]), dynamic([2, 3]))", [2]),
    ("set_has_element(dynamic(['a']), 'a')", True),
    ("zip(dynamic([1, 2]), dynamic(['a']))", [[1, "a"], [2, None]]),
    ("strcat_array(dynamic([1, 'a']), '+')", "1+a"),
    # addresses and URLs
    ("parse_ipv4('1.2.3.4')", 0x01020304),
    ("parse_ipv4('1.2.3.400')", None),
    ("ipv4_is_in_range('10.1.2.3', '10.0.0.0/8')", True),
    ("ipv4_is_match('192.168.1.1/24', '192.168.1.255/24')", True),
    ("ipv4_is_private('172.32.0.1')", False),
    ("has_ipv4('from 10.0.0.1 on', '10.0.0.1') and not(has_ipv4('10.0.0.11', '10.0.0.1'))", True),
    ("parse_url('https://u:p@h.example:8/a?x=1#f')['Query Parameters'].x", "1"),
    # series
    ("series_add(dynamic([1, 2]), dynamic([10, 20]))", [11.0, 22.0]),
    ("series_fill_forward(dynamic([1, null, 3]))", [1.0, 1.0, 3.0]),
    ("series_fill_backward(dynamic([null, 2]))", [2.0, 2.0]),
    ("series_stats_dynamic(dynamic([1, 2, 3])).stdev", 1.0),
    ("series_fit_line_dynamic(dynamic([1, 3, 5])).slope", 2.0),
]


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[case[0] for case in CASES])
def test_an_expression_has_the_value_that_the_reference_gives(kql: KqlRunner, expression: str, expected: Any) -> None:
    value = kql.value(expression)
    assert value == expected
    assert type(value) is type(expected)


def test_comparing_a_column_that_is_null(kql: KqlRunner) -> None:
    assert kql.rows("Requests | where Latency != 1.5 | project Id") == [("req-2",), ("req_3",), ("req-4",)]
    assert kql.rows("Requests | where not(Streaming == true) | project Id") == [("req-2",), ("req_3",)]
    assert kql.rows("Requests | where Deployment == '' | project Id") == [("req-4",)]
    assert kql.rows("Requests | where Deployment !has 'opus' | project Id") == [("req-2",), ("req-4",)]
