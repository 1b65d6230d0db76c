"""Examples of the KQL reference and others worked out by hand from it, as the API renders the answers.

The comments name the pages of https://learn.microsoft.com/kusto/query/ that say what is right.
"""

# ruff: noqa: E501 - a query and its rows are easier to compare side by side

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.kql.conftest import KqlRunner

from ingate.domain.log_query import LogType
from ingate.kql.result import CompiledQuery
from ingate.telemetry.query_values import name_nonfinite, render_selection

Expected = dict[str, list[Any]]
"""`rows`, as the API has them, dynamic values read from their JSON; `names` and `types` where a case is about them."""

CASES: list[tuple[str, Expected]] = [
    # datetime, timespan and their functions
    (
        "print year=datetime_diff('year',datetime(2017-01-01),datetime(2000-12-31)), quarter=datetime_diff('quarter',datetime(2017-07-01),datetime(2017-03-30)), month=datetime_diff('month',datetime(2017-01-01),datetime(2015-12-30)), week=datetime_diff('week',datetime(2017-10-29 00:00),datetime(2017-09-30 23:59)), day=datetime_diff('day',datetime(2017-10-29 00:00),datetime(2017-09-30 23:59)), hour=datetime_diff('hour',datetime(2017-10-31 01:00),datetime(2017-10-30 23:59)), minute=datetime_diff('minute',datetime(2017-10-30 23:05:01),datetime(2017-10-30 23:00:59)), second=datetime_diff('second',datetime(2017-10-30 23:00:10.100),datetime(2017-10-30 23:00:00.900)), ms=datetime_diff('millisecond',datetime(2017-10-30 23:00:00.200100),datetime(2017-10-30 23:00:00.100900)), us=datetime_diff('microsecond',datetime(2017-10-30 23:00:00.1009001),datetime(2017-10-30 23:00:00.1008009))",
        {"rows": [[17, 2, 13, 5, 29, 2, 5, 10, 100, 100]]},
    ),
    ("print datetime_diff('day', datetime(2017-01-01), datetime(2017-01-03))", {"rows": [[-2]]}),
    (
        "print week_of_year(datetime(2020-12-31)), week_of_year(datetime(2020-06-15)), week_of_year(datetime(1970-01-01)), week_of_year(datetime(2000-01-01))",
        {"rows": [[53, 25, 1, 52]]},
    ),
    (
        "print format_datetime(datetime(2017-01-29 09:00:05),'yy-MM-dd [HH:mm:ss]'), format_datetime(datetime(2017-01-29 09:00:05),'yyyy-M-dd [H:mm:ss]'), format_datetime(datetime(2017-01-29 09:00:05),'yy-MM-dd [hh:mm:ss tt]')",
        {"rows": [["17-01-29 [09:00:05]", "2017-1-29 [9:00:05]", "17-01-29 [09:00:05 AM]"]]},
    ),
    (
        "print format_datetime(datetime(2015-12-14 02:03:04.12345), 'y-M-d h:m:s.fffffff')",
        {"rows": [["15-12-14 2:3:4.1234500"]]},
    ),
    (
        "print format_datetime(datetime(2015-12-14 02:03:04.12345), 'yyyy-MM-dd HH:mm:ss.fff')",
        {"rows": [["2015-12-14 02:03:04.123"]]},
    ),
    (
        "print format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss [FF]'), format_timespan(time(29.09:00:05.12345), 'ddd.h:mm:ss [fff]')",
        {"rows": [["29.09:00:05 [12]", "029.9:00:05 [123]"]]},
    ),
    (
        "print format_timespan(time('14.02:03:04.12345'), 'd.h:m:s.fffffff'), format_timespan(time('14.02:03:04.12345'), 'ddddddd.h:m:s.F')",
        {"rows": [["14.2:3:4.1234500", "0000014.2:3:4.1"]]},
    ),
    (
        "print bin(4.5, 1.0), bin(-4.5, 1.0), bin(-7, 5), bin(7, 5), bin(-3.5h, 1h)",
        {"rows": [[4.0, -5.0, -10, 5, "-04:00:00"]]},
    ),
    (
        "print bin(time(16d), 7d), bin(datetime(1970-05-11 13:45:07), 1d), bin(datetime(2018-02-24T15:14),1h)",
        {"rows": [["14.00:00:00", "1970-05-11T00:00:00Z", "2018-02-24T15:00:00Z"]]},
    ),
    (
        "print bin_at(6.5, 2.5, 7), bin_at(time(1h), 1d, 12h), bin_at(datetime(2017-05-15 10:20:00.0), 1d, datetime(1970-01-01 12:00:00.0)), bin_at(datetime(2017-05-17 10:20:00.0), 7d, datetime(2017-06-04 00:00:00.0))",
        {"rows": [[4.5, "-12:00:00", "2017-05-14T12:00:00Z", "2017-05-14T00:00:00Z"]]},
    ),
    (
        "print startofweek(datetime(2017-01-01 10:10:17)), startofweek(datetime(2017-01-01 10:10:17), -1), startofweek(datetime(2017-01-01 10:10:17), 1)",
        {"rows": [["2017-01-01T00:00:00Z", "2016-12-25T00:00:00Z", "2017-01-08T00:00:00Z"]]},
    ),
    (
        "print startofmonth(datetime(2017-01-01 10:10:17), -1), startofyear(datetime(2017-01-01 10:10:17), 1), startofday(datetime(2017-01-01 10:10:17), -1)",
        {"rows": [["2016-12-01T00:00:00Z", "2018-01-01T00:00:00Z", "2016-12-31T00:00:00Z"]]},
    ),
    (
        "print endofmonth(datetime(2017-01-31 10:10:17), 1), endofweek(datetime(2017-01-01 10:10:17))",
        {"rows": [["2017-02-28T23:59:59.999999Z", "2017-01-07T23:59:59.999999Z"]]},
    ),
    (
        "print endofmonth(datetime(2017-03-31), -1), endofmonth(datetime(2016-01-31),1), datetime_add('month', 1, datetime(2020-01-31))",
        {"rows": [["2017-02-28T23:59:59.999999Z", "2016-02-29T23:59:59.999999Z", "2020-02-29T00:00:00Z"]]},
    ),
    (
        "print datetime_part('year',datetime(2017-10-30 01:02:03.7654321)), datetime_part('quarter',datetime(2017-10-30 01:02:03.7654321)), datetime_part('week_of_year',datetime(2017-10-30 01:02:03.7654321)), datetime_part('dayOfYear',datetime(2017-10-30 01:02:03.7654321)), datetime_part('millisecond',datetime(2017-10-30 01:02:03.7654321)), datetime_part('microsecond',datetime(2017-10-30 01:02:03.7654321))",
        {"rows": [[2017, 4, 44, 303, 765, 765432]]},
    ),
    (
        "print dayofweek(datetime(1947-11-30 10:00:05)), dayofweek(datetime(1970-05-11)), dayofweek(datetime(2018-02-24))",
        {"rows": [["00:00:00", "1.00:00:00", "6.00:00:00"]]},
    ),
    (
        "print dayofyear(datetime(2015-12-14)), dayofmonth(datetime(2015-12-14)), hourofday(datetime(2015-12-14 18:54)), getmonth(datetime(2015-10-12)), monthofyear(datetime('2015-12-14')), getyear(datetime(2015-10-12))",
        {"rows": [[348, 14, 18, 10, 12, 2015]]},
    ),
    (
        "print make_datetime(2017,10,01), make_datetime(2017,10,01,12,10), make_datetime(2017,10,01,12,11,0.1234567), make_datetime(2017,13,1)",
        {"rows": [["2017-10-01T00:00:00Z", "2017-10-01T12:10:00Z", "2017-10-01T12:11:00.123456Z", None]]},
    ),
    ("print make_timespan(1,12,30,55.123), make_timespan(1,30)", {"rows": [["1.12:30:55.1230000", "01:30:00"]]}),
    ("print tostring(time(1.02:03:04.0050000))", {"rows": [["1.02:03:04.0050000"]]}),
    (
        "print 1d/2, 2*1h, 1d/1h, 25h % 1d, 1h*0.5, 1d/0.5",
        {"rows": [["12:00:00", "02:00:00", 24.0, "01:00:00", "00:30:00", "2.00:00:00"]]},
    ),
    (
        "print datetime(2020-01-01)-datetime(2019-12-31 23:00), datetime(2020-01-01)+1d, datetime(2020-01-01)-1s",
        {"rows": [["01:00:00", "2020-01-02T00:00:00Z", "2019-12-31T23:59:59Z"]]},
    ),
    (
        "print totimespan('0.00:01:00'), totimespan('1.02:03:04'), totimespan('abc'), totimespan('-00:00:01'), totimespan('00:00:00.5')",
        {"rows": [["00:01:00", "1.02:03:04", None, "-00:00:01", "00:00:00.5000000"]]},
    ),
    (
        "print unixtime_seconds_todatetime(1546300800), unixtime_milliseconds_todatetime(1546300800000), unixtime_microseconds_todatetime(1546300800000000), unixtime_nanoseconds_todatetime(1546300800000000000)",
        {"rows": [["2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z"]]},
    ),
    ("print now() - ago(1h), now(-1d) == ago(1d), ago(-1h) > now()", {"rows": [["01:00:00", True, True]]}),
    (
        "print tolong(datetime(1970-01-01)), tolong(1h), todouble(5), toint('123'), toint(2.9), toint(-2.9), tolong('0x1F'), tolong('abc'), tolong(''), tolong(true), toint(3000000000)",
        {"rows": [[621355968000000000, 36000000000, 5.0, 123, 2, -2, 31, None, None, 1, None]]},
    ),
    (
        "print strcat('a', 1, true, 2.5, 1h, datetime(2020-01-01))",
        {"rows": [["a1true2.501:00:002020-01-01T00:00:00.0000000Z"]]},
    ),
    (
        "print extract_all(@'(\\d+)', 'a set of numbers: 123, 567 and 789'), extract_all(@'(\\w)(\\w+)(\\w)', dynamic([1,3]), '82b8be2d-dfa7-4bd1'), extract_all(@'(\\w)(\\w)','ab cd'), extract_all(@'(\\d)','abc')",
        {"rows": [[["123", "567", "789"], [["8", "d"], ["d", "7"], ["4", "1"]], [["a", "b"], ["c", "d"]], None]]},
    ),
    (
        "print 5 between (1..10), 5 !between (1..10), datetime(2007-07-27) between (datetime(2007-07-27) .. 3d), datetime(2007-07-31) between (datetime(2007-07-27) .. 3d), 1h between (30m .. 90m)",
        {"rows": [[True, False, True, False, True]]},
    ),
    (
        "print ceiling(-1.1), ceiling(0), ceiling(0.9), floor(4.5, 1.0), abs(-5), abs(-1h), sign(-42), sign(0), sign(11.2), pow(2,3), sqrt(16), sqrt(-1.0), log(10), log10(100), log2(8), exp(0)",
        {"rows": [[-1, 0, 1, 4.0, 5, "01:00:00", -1, 0, 1, 8.0, 4.0, None, 2.302585092994046, 2.0, 3.0, 1.0]]},
    ),
    (
        "print x=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), y=decimal(0.1)+decimal(0.2), z=decimal(1.50), w=toguid('bad')",
        {"rows": [["74be27de-1e4e-49d9-b579-fe0b331d3642", "0.3", "1.5", None]]},
    ),
    (
        "print format_datetime(datetime(2020-01-05 03:04:05.067), 'yyyy-MM-ddTHH:mm:ss.fffZ')",
        {"rows": [["2020-01-05T03:04:05.067Z"]]},
    ),
    ("print format_timespan(1h,'hh:mm'), format_timespan(25h,'d.hh')", {"rows": [["01:00", "1.01"]]}),
    ("print 1h == 60m, 1d > 23h, datetime(2020-01-01) < datetime(2020-01-02)", {"rows": [[True, True, True]]}),
    (
        "print datetime_diff('week', datetime(2024-01-07), datetime(2024-01-06)), datetime_diff('week', datetime(2024-01-06), datetime(2024-01-07)), datetime_diff('month', datetime(2024-01-31), datetime(2024-03-01)), datetime_diff('year', datetime(2024-12-31), datetime(2025-01-01))",
        {"rows": [[1, -1, -2, -1]]},
    ),
    (
        "print ago(1d) < now(), now()-1h == ago(1h), startofday(now()) <= now(), now() between (ago(1h)..1h)",
        {"rows": [[True, True, True, True]]},
    ),
    (
        "print range(1,10,3), range(5,1,-2), range(datetime(2020-01-01), datetime(2020-01-02), 12h)",
        {
            "rows": [
                [
                    [1, 4, 7, 10],
                    [5, 3, 1],
                    ["2020-01-01T00:00:00.0000000Z", "2020-01-01T12:00:00.0000000Z", "2020-01-02T00:00:00.0000000Z"],
                ]
            ]
        },
    ),
    (
        "print datetime_utc_to_local(datetime(2024-07-01), 'Europe/Berlin'), datetime_local_to_utc(datetime(2024-07-01), 'US/Pacific'), repeat(1,3)",
        {"rows": [["2024-07-01T02:00:00Z", "2024-07-01T07:00:00Z", [1, 1, 1]]]},
    ),
    (
        "print todatetime('02/17/2016 08:40:01'), todatetime('Sun, 06 Nov 1994 08:49:37 GMT'), todatetime('infinity')",
        {"rows": [["2016-02-17T08:40:01Z", "1994-11-06T08:49:37Z", None]]},
    ),
    # null values
    ("print datetime_diff('day', datetime(null), datetime(2017-01-03))", {"rows": [[None]]}),
    ("print bin(long(null), 5), bin(datetime(null), 1d)", {"rows": [[None, None]]}),
    (
        "print time(1.02:03:04.005), 1d+2h+3m+4s+5ms, -1h, 1tick, 1.5h, 100ms, 1microsecond, time(null), 0s, 10s, -1d-1s",
        {
            "rows": [
                [
                    "1.02:03:04.0050000",
                    "1.02:03:04.0050000",
                    "-01:00:00",
                    "00:00:00.0000001",
                    "01:30:00",
                    "00:00:00.1000000",
                    "00:00:00.0000010",
                    None,
                    "00:00:00",
                    "00:00:10",
                    "-1.00:00:01",
                ]
            ]
        },
    ),
    (
        "print datetime(2015-12-31 23:59:59.9), datetime(2015-12-31), datetime(null), datetime('2014-05-25T08:20:03.123456Z'), todatetime('2014-11-08 15:55:55.123456'), todatetime('2020-01-01T00:00:00+02:00'), todatetime('x'), todatetime('2014-11-08 15:55')",
        {
            "rows": [
                [
                    "2015-12-31T23:59:59.9Z",
                    "2015-12-31T00:00:00Z",
                    None,
                    "2014-05-25T08:20:03.123456Z",
                    "2014-11-08T15:55:55.123456Z",
                    "2019-12-31T22:00:00Z",
                    None,
                    "2014-11-08T15:55:00Z",
                ]
            ]
        },
    ),
    (
        "print bool(null) and true, bool(null) and false, bool(null) or true, bool(null) or false, not(bool(null)), true and true",
        {"rows": [[None, False, True, None, None, True]]},
    ),
    (
        "print int(null)==5, int(null)!=5, int(null)==int(null), int(null)<5, isnull(int(null)), isnotnull(1), isnull(''), isempty(''), isempty(int(null)), isnotempty('a')",
        {"rows": [[False, True, None, None, True, True, False, True, True, True]]},
    ),
    (
        "print int(null)+1, strcat('a',int(null),'b'), iff(bool(null),1,2), coalesce(int(null),int(null),3), coalesce('', 'a')",
        {"rows": [[None, "ab", 2, 3, "a"]]},
    ),
    (
        "print max_of(10, 1, -3, 17), min_of(10, 1, -3, 17), min_of(1, int(null), 2), case(1>2,'a',2>1,'b','c'), gettype('a'), gettype(1), gettype(1.5), gettype(dynamic([1])), gettype(dynamic({})), gettype(parse_json('abc')), gettype(int(5)), gettype(1h), gettype(datetime(2020-01-01)), gettype(dynamic(null)), gettype(guid(74be27de-1e4e-49d9-b579-fe0b331d3642)), gettype(true), gettype(decimal(1))",
        {
            "rows": [
                [
                    17,
                    -3,
                    1,
                    "b",
                    "string",
                    "long",
                    "real",
                    "array",
                    "dictionary",
                    "string",
                    "int",
                    "timespan",
                    "datetime",
                    "null",
                    "guid",
                    "bool",
                    "decimal",
                ]
            ]
        },
    ),
    (
        "print parse_json('{\"a\":1}').a, parse_json('not json'), parse_json(''), isnull(parse_json('')), todynamic('[1,2]')[1], parse_json('5')+1",
        {"rows": [[1, "not json", None, True, 2, 6]]},
    ),
    (
        "print parse_json('null'), dynamic(null), array_length(dynamic([])), array_length(dynamic({})), bag_keys(dynamic({'a':1,'b':2})), array_concat(dynamic([1]),dynamic([2,3])), array_slice(dynamic([1,2,3,4]),1,2), array_index_of(dynamic(['a','b']),'b'), array_slice(dynamic([1,2,3,4,5]),-3,-2), array_reverse(dynamic([1,2]))",
        {"rows": [[None, None, 0, None, ["a", "b"], [1, 2, 3], [2, 3], 1, [3, 4], [2, 1]]]},
    ),
    (
        "print bag_merge(dynamic({'A1':12,'B1':2,'C1':3}),dynamic({'A2':81,'B2':82,'A1':1})), bag_remove_keys(dynamic({'key1':123,'key2':'abc'}),dynamic(['key1'])), set_union(dynamic([1,2,2]),dynamic([2,3])), set_intersect(dynamic([1,2,3]),dynamic([2,3,9])), set_difference(dynamic([1,2,3]),dynamic([2])), pack_array(1,'a',2.5), bag_pack('a',1,'b','x'), array_sort_asc(dynamic([null,'d','a','c','c'])), array_sort_desc(dynamic([1,3,2])), zip(dynamic([1,3]),dynamic([2,4])), array_sum(dynamic([1,2])), set_has_element(dynamic([1,2]),1), array_iff(dynamic([true,false]),dynamic([1,2]),dynamic([3,4]))",
        {
            "rows": [
                [
                    {"A1": 12, "B1": 2, "C1": 3, "A2": 81, "B2": 82},
                    {"key2": "abc"},
                    [1, 2, 3],
                    [2, 3],
                    [1, 3],
                    [1, "a", 2.5],
                    {"a": 1, "b": "x"},
                    ["a", "c", "c", "d", None],
                    [3, 2, 1],
                    [[1, 2], [3, 4]],
                    3.0,
                    True,
                    [1, 4],
                ]
            ]
        },
    ),
    (
        "print series_add(dynamic([1,2]),dynamic([3,4])), series_fill_const(dynamic([1,null,3]),0), series_fill_forward(dynamic([null,1,null])), series_fill_backward(dynamic([null,1,null])), series_subtract(dynamic([3,1]),dynamic([1,1])), series_greater(dynamic([1,5]),dynamic([2,2])), series_sum(dynamic([1,2,3]))",
        {"rows": [[[4, 6], [1, 0, 3], [None, 1, 1], [1, 1, None], [2, 0], [False, True], 6.0]]},
    ),
    ("datatable(x:real)[1.0, real(null), 3.0] | where not(x > 1) | count", {"rows": [[1]]}),
    ("datatable(x:long)[1, long(null), 3] | where x != 1 | count", {"rows": [[2]]}),
    ("datatable(x:long)[1, long(null), 3] | where not(x == 1) | count", {"rows": [[2]]}),
    ("datatable(x:bool)[true, bool(null), false] | where x | count", {"rows": [[1]]}),
    ("datatable(x:bool)[true, bool(null), false] | where not(x) | count", {"rows": [[1]]}),
    ("datatable(x:bool)[true, bool(null), false] | where x == false | count", {"rows": [[1]]}),
    ("datatable(x:bool)[true, bool(null), false] | where x != true | count", {"rows": [[2]]}),
    (
        "datatable(x:long)[1, long(null), 3] | extend y=iff(x>2,'big','small') | project y",
        {"rows": [["small"], ["small"], ["big"]]},
    ),
    (
        "datatable(x:long)[1, long(null), 3] | extend y=case(x==1,'one',isnull(x),'none','other') | project y",
        {"rows": [["one"], ["none"], ["other"]]},
    ),
    (
        "print isnull(dynamic(null)), isempty(dynamic(null)), isempty(dynamic([])), isnotempty(dynamic({'a':1})), isnull(dynamic({}).x)",
        {"rows": [[True, True, False, True, True]]},
    ),
    (
        "print x=dynamic({'a':{'b':null}}) | project isnull(x.a.b), isnull(x.c), tostring(x.a.b), gettype(x.a)",
        {"rows": [[True, True, "", "dictionary"]]},
    ),
    # scalar functions and operators
    ("print bin(4.5, 1)", {"rows": [[4]]}),
    (
        "print todouble('123.4'), todouble('1e3'), todouble('x'), todouble('nan'), todouble('inf'), todouble('-inf'), toreal(' 5 ')",
        {"rows": [[123.4, 1000.0, None, "NaN", "Infinity", "-Infinity", 5.0]]},
    ),
    (
        "print 1.0/0, -1.0/0, 0.0/0, 1/0, 5/2, -5/2, 5.0/2, 5%3, -5%3, 5 % -3",
        {"rows": [["Infinity", "-Infinity", "NaN", None, 2, -2, 2.5, 2, 1, 2]]},
    ),
    (
        "print isnan(real(nan)), isinf(real(+inf)), isfinite(1.0), real(nan)==real(nan), real(-inf) < 1.0",
        {"rows": [[True, True, True, False, True]]},
    ),
    (
        "print round(2.98765, 3), round(2.15, 1), round(-2.5), round(2.5), round(2123.45, -2), round(5)",
        {"rows": [[2.988, 2.2, -3.0, 3.0, 2100.0, 5]]},
    ),
    ("print x=1 | extend x=x+1, y=x", {"rows": [[2, 1]]}),
    (
        "print @'a\\b', 'a\\tb', \"q\\\"x\", 'it\\'s', h'secret', ```multi```",
        {"rows": [["a\\b", "a\tb", 'q"x', "it's", "secret", "multi"]]},
    ),
    (
        "print ipv4_is_in_range('192.168.1.6','192.168.1.1/24'), ipv4_is_private('10.1.2.3'), ipv4_compare('192.168.1.1','192.168.1.255'), parse_ipv4('127.0.0.1'), ipv4_is_match('192.168.1.1/24','192.168.1.255/24'), parse_ipv4('x'), parse_ipv4('192.1.168.1/24'), ipv4_netmask_suffix('10.1.2.3/24')",
        {"rows": [[True, True, -1, 2130706433, True, None, 3221334016, 24]]},
    ),
    ("print 0x1F, 1e3, 1.5e-2", {"rows": [[31, 1000.0, 0.015]]}),
    ("print x=1 | where x in (1,2) and x !in (3)", {"rows": [[1]]}),
    ("// comment\nprint 1 // x", {"rows": [[1]]}),
    ("print a='x' | extend ['b c']=a | where ['b c']=='x'", {"rows": [["x", "x"]]}),
    ("set notruncation; print 1", {"rows": [[1]]}),
    (
        "datatable(a:long)[1] | extend a+1, a+2, b=3",
        {"names": ["a", "Column1", "Column2", "b"], "rows": [[1, 2, 3, 3]]},
    ),
    (
        "print tostring(real(nan)), tostring(1.0/0), tostring(-1.0/0), tostring(1e20)",
        {"rows": [["NaN", "Infinity", "-Infinity", "1E+20"]]},
    ),
    # dynamic values and their functions
    (
        "print strcat_array(dynamic([1,2,3]), '->'), strcat_delim('-', 1, 'a', 2.5, true), strcat_array(dynamic([]),',')",
        {"rows": [["1->2->3", "1-a-2.5-true", ""]]},
    ),
    (
        "print binary_and(6,3), binary_or(6,3), binary_xor(6,3), binary_not(100), binary_shift_left(1,4), binary_shift_right(16,2), bitset_count_ones(42)",
        {"rows": [[2, 7, 5, -101, 16, 4, 3]]},
    ),
    ("print dynamic({'a b':1})['a b']", {"rows": [[1]]}),
    (
        "print x=dynamic([3,1,2]) | extend s=array_sort_asc(x), l=array_length(x)",
        {"rows": [[[3, 1, 2], [1, 2, 3], 3]]},
    ),
    # string functions
    (
        "print split('aa_bb', '_'), split('aaa_bbb_ccc', '_', 1), split('', '_'), split('a__b', '_'), split('aabbcc', 'bb')",
        {"rows": [[["aa", "bb"], ["bbb"], [""], ["a", "", "b"], ["aa", "cc"]]]},
    ),
    (
        "print substring('123456', 1), substring('123456', 2, 2), substring('ABCD', 0, 2), substring('123456', -2, 2), substring('abc', 5), substring('abc',1,100)",
        {"rows": [["23456", "34", "AB", "56", "", "bc"]]},
    ),
    (
        "print indexof('abcdefg','cde'), indexof('abcdefg','cde',1,4), indexof('abcdefg','cde',1,2), indexof('abcdefg','cde',3,4), indexof('abcdefg','cde',-5), indexof(1234567,5,1,4), indexof('abcdefg','cde',2,-1), indexof('abcdefgabcdefg','cde',1,12,2), indexof('abcdefgabcdefg','cde',1,-1,3)",
        {"rows": [[2, 2, -1, -1, 2, 4, 2, 9, -1]]},
    ),
    (
        "print countof('aaa','a'), countof('aaaa','aa'), countof('ababa','ab','normal'), countof('ababa','aba'), countof('ababa','aba','regex'), countof('abcabc','a.c','regex')",
        {"rows": [[3, 3, 2, 2, 1, 2]]},
    ),
    (
        "print replace_regex('Number is 5', @'is (\\d+)', @'was: \\1'), replace_string('A magic trick', 'magic', 'real'), replace_regex('a.b.c', @'\\.', '-')",
        {"rows": [["Number was: 5", "A real trick", "a-b-c"]]},
    ),
    (
        "print trim('--','--https://bing.com--'), trim_start(@'https://','https://bing.com'), trim_end('.com','bing.com'), trim(@'[^\\w]+', '-  Te st1// $'), trim_start('a','aaab'), trim(@'\\s+','  x  ')",
        {"rows": [["https://bing.com", "bing.com", "bing", "Te st1", "aab", "x"]]},
    ),
    (
        "print extract('x=([0-9.]+)', 1, 'hello x=45.6|wo'), extract('x=([0-9.]+)', 0, 'hello x=45.6|wo'), extract('x=([0-9.]+)', 1, 'none'), extract('x=([0-9.]+)', 1, 'hello x=45.6|wo', typeof(real))",
        {"rows": [["45.6", "x=45.6", "", 45.6]]},
    ),
    (
        "print reverse('abc'), strlen('hello'), string_size('hello'), strrep('ABC', 2), strrep('ABC',3,'.'), toupper('a'), tolower('A'), strcmp('ABC','ABC'), strcmp('abc','ABC'), strcmp('ABC','abc'), strcmp('abcde','abc'), strlen('⒦⒰⒮⒯⒪'), string_size('⒦⒰⒮⒯⒪')",
        {"rows": [["cba", 5, 5, "ABCABC", "ABC.ABC.ABC", "A", "a", 0, 1, -1, 1, 5, 15]]},
    ),
    (
        "print parse_url('scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment')",
        {
            "rows": [
                [
                    {
                        "Scheme": "scheme",
                        "Host": "host",
                        "Port": "1234",
                        "Path": "/this/is/a/path",
                        "Username": "username",
                        "Password": "password",
                        "Query Parameters": {"k1": "v1", "k2": "v2"},
                        "Fragment": "fragment",
                    }
                ]
            ]
        },
    ),
    ("print countof('a.b.c','.'), countof('aXa','x'), split('a|b|c','|')[1]", {"rows": [[2, 0, "b"]]}),
    # string operators
    (
        "print base64_encode_tostring('Kusto'), base64_decode_tostring('S3VzdG8='), url_encode('https://www.bing.com/hello world'), url_encode_component('https://www.bing.com/hello world/'), url_decode('https%3a%2f%2fwww.bing.com%2f'), hash_md5('World'), hash_sha256('World'), tohex(256), tohex(-256), tohex(256,8)",
        {
            "rows": [
                [
                    "S3VzdG8=",
                    "Kusto",
                    "https%3A%2F%2Fwww.bing.com%2Fhello+world",
                    "https%3A%2F%2Fwww.bing.com%2Fhello%20world%2F",
                    "https://www.bing.com/",
                    "f5a7924e621e84c9280a9a27e1bcb7f6",
                    "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524",
                    "100",
                    "ffffffffffffff00",
                    "00000100",
                ]
            ]
        },
    ),
    (
        "print 'a' =~ 'A', 'a' == 'A', 'a' !~ 'A', 'a' in ('A'), 'a' in~ ('A'), 'a' !in ('A'), 'a' !in~ ('A')",
        {"rows": [[True, False, False, False, True, True, False]]},
    ),
    (
        "print 'North America' has 'america', 'NorthAmerica' has 'america', 'North-America' has 'North', 'a_b' has 'a', 'x.y.z' has 'y.z', 'x.yy.z' has 'y.z', 'Straße 5' has 'straße', 'abc' contains 'B', 'abc' contains_cs 'B', 'abc' has_cs 'ABC', 'foo bar' hasprefix 'ba', 'foo bar' hassuffix 'oo'",
        {"rows": [[True, False, True, True, True, False, True, True, False, False, True, True]]},
    ),
    (
        "print 'a b c' has_any ('x','b'), 'a b c' has_all ('a','c'), 'a b c' has_all ('a','d'), 'Hello' startswith 'he', 'Hello' startswith_cs 'he', 'Hello' endswith 'LO', 'ab' matches regex 'a.', 'xab' matches regex '^a'",
        {"rows": [[True, True, False, True, False, True, True, False]]},
    ),
    (
        "print 'abc' !has 'b', 'abc' !contains 'z', 'abc' !startswith 'a', 'abc' !endswith 'c', 'a' !in~ ('B')",
        {"rows": [[True, True, False, False, True]]},
    ),
    (
        "print 'x' in (dynamic(['x','y'])), 5 in (dynamic([5,6])), 'X' in~ (dynamic(['x'])), 5 in (1,2,5.0)",
        {"rows": [[True, True, True, True]]},
    ),
    # join operator
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=inner Y on Key | sort by Value1 asc, Value2 asc",
        {
            "names": ["Key", "Value1", "Key1", "Value2"],
            "rows": [["b", 2, "b", 10], ["b", 3, "b", 10], ["c", 4, "c", 20], ["c", 4, "c", 30]],
        },
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join Y on Key | sort by Value1 asc, Value2 asc",
        {"rows": [["b", 2, "b", 10], ["c", 4, "c", 20], ["c", 4, "c", 30]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=leftouter Y on Key | sort by Value1 asc, Value2 asc",
        {"rows": [["a", 1, "", None], ["b", 2, "b", 10], ["b", 3, "b", 10], ["c", 4, "c", 20], ["c", 4, "c", 30]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=rightouter Y on Key | sort by Value1 asc, Value2 asc",
        {"rows": [["", None, "d", 40], ["b", 2, "b", 10], ["b", 3, "b", 10], ["c", 4, "c", 20], ["c", 4, "c", 30]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=fullouter Y on Key | sort by Value1 asc, Value2 asc",
        {
            "rows": [
                ["", None, "d", 40],
                ["a", 1, "", None],
                ["b", 2, "b", 10],
                ["b", 3, "b", 10],
                ["c", 4, "c", 20],
                ["c", 4, "c", 30],
            ]
        },
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=leftanti Y on Key",
        {"names": ["Key", "Value1"], "rows": [["a", 1]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=rightanti Y on Key",
        {"names": ["Key", "Value2"], "rows": [["d", 40]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=leftsemi Y on Key | sort by Value1 asc",
        {"rows": [["b", 2], ["b", 3], ["c", 4]]},
    ),
    (
        "let X = datatable(Key:string, Value1:long)['a',1,'b',2,'b',3,'c',4]; let Y = datatable(Key:string, Value2:long)['b',10,'c',20,'c',30,'d',40]; X | join kind=rightsemi Y on Key | sort by Value2 asc",
        {"rows": [["b", 10], ["c", 20], ["c", 30]]},
    ),
    (
        "let t1 = datatable(key:long, value:string)[1,'val1.1',1,'val1.2']; let t2 = datatable(key:long, value:string)[1,'val1.3',1,'val1.4']; t1 | join kind=innerunique t2 on key | sort by value1 asc",
        {
            "names": ["key", "value", "key1", "value1"],
            "rows": [[1, "val1.1", 1, "val1.3"], [1, "val1.1", 1, "val1.4"]],
        },
    ),
    (
        "let A=datatable(k:long, v:string)[1,'a',long(null),'n']; A | join kind=inner A on k",
        {"rows": [[1, "a", 1, "a"]]},
    ),
    (
        "let A=datatable(k:long, v:string)[1,'a',long(null),'n']; A | join kind=leftanti A on k",
        {"rows": [[None, "n"]]},
    ),
    (
        "let A=datatable(k:long, v:string)[1,'a']; let B=datatable(j:int, w:string)[1,'b']; A | join kind=inner B on $left.k==$right.j",
        {"rows": [[1, "a", 1, "b"]]},
    ),
    (
        "let A=datatable(k:long, m:string)[1,'a', 2,'b']; let B=datatable(k:long, m:string, z:long)[1,'a',5, 2,'x',6]; A | join kind=inner B on k, m | project k,m,z",
        {"rows": [[1, "a", 5]]},
    ),
    (
        "datatable(a:string,b:string,v:long)['x','y',1] | join kind=inner (datatable(a:string,c:string,v:long)['x','z',9]) on a | project a,b,c,v,v1",
        {"rows": [["x", "y", "z", 1, 9]]},
    ),
    (
        "datatable(a:string)['x'] | join kind=inner (datatable(b:string)['X']) on $left.a == $right.b | count",
        {"rows": [[0]]},
    ),
    (
        "datatable(a:string,k:long)['x',1] | join kind=leftouter (datatable(a:string,k:long,z:datetime)['x',2,datetime(2020-01-01)]) on a, k",
        {"rows": [["x", 1, "", None, None]]},
    ),
    (
        "let A=datatable(a:long)[1,2,3]; let B=datatable(b:long)[2,3,4]; A | join kind=fullouter B on $left.a==$right.b | project x=coalesce(a,b) | sort by x asc",
        {"rows": [[1], [2], [3], [4]]},
    ),
    (
        "datatable(k:string, v:long)['a',1,'a',2] | join (datatable(k:string, w:long)['a',10,'a',20]) on k | summarize count(), dcount(v)",
        {"rows": [[2, 1]]},
    ),
    # lookup operator
    (
        "let A=datatable(k:long, m:string)[1,'a', 3,'c']; let B=datatable(k:long, z:string)[1,'zz']; A | lookup B on k | sort by k asc",
        {"names": ["k", "m", "z"], "rows": [[1, "a", "zz"], [3, "c", ""]]},
    ),
    (
        "datatable(a:string)['x','y'] | lookup kind=inner (datatable(a:string,z:long)['x',2]) on a",
        {"rows": [["x", 2]]},
    ),
    # summarize operator and aggregation functions
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize by g | sort by g asc",
        {"rows": [[""], ["a"], ["b"]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize count(), sum(x), avg(x), min(x), max(x), dcount(g), countif(x>1), sum(x*2), avg(r), percentile(x,50), make_list(x), make_set(g), stdev(x), sumif(x, g=='a'), make_list(x+1), take_any(1)",
        {
            "names": [
                "count_",
                "sum_x",
                "avg_x",
                "min_x",
                "max_x",
                "dcount_g",
                "countif_",
                "sum_",
                "avg_r",
                "percentile_x_50",
                "list_x",
                "set_g",
                "stdev_x",
                "sumif_x",
                "list_",
                "Column1",
            ],
            "rows": [
                [4, 6, 2.0, 1, 3, 3, 2, 12, 2.6666666666666665, 2, [1, 2, 3], ["", "a", "b"], 1.0, 3, [2, 3, 4], 1]
            ],
        },
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize percentiles(x, 5, 50, 95.5)",
        {"names": ["percentile_x_5", "percentile_x_50", "percentile_x_95_5"], "rows": [[1, 2, 3]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize (a, b) = percentiles(x, 50, 95), c=count()",
        {"names": ["a", "b", "c"], "rows": [[2, 3, 4]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize arg_max(x, *) by g | sort by g asc",
        {"names": ["g", "x", "r"], "rows": [["", None, 4.0], ["a", 2, 2.5], ["b", 3, None]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize arg_max(x, r)",
        {"names": ["x", "r"], "rows": [[3, None]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize (m, rr)=arg_min(x, r)",
        {"names": ["m", "rr"], "rows": [[1, 1.5]]},
    ),
    (
        "datatable(g:string, x:long, r:real)['a',1,1.5,'a',2,2.5,'b',3,real(null),'',long(null),4.0] | summarize m=max(x)-min(x), count()/2.0",
        {"names": ["m", "Column1"], "rows": [[2, 2.0]]},
    ),
    (
        "datatable(t:datetime)[datetime(2020-01-01 10:10), datetime(2020-01-01 10:50), datetime(2020-01-01 12:00)] | summarize count() by bin(t, 1h) | sort by t asc",
        {"names": ["t", "count_"], "rows": [["2020-01-01T10:00:00Z", 2], ["2020-01-01T12:00:00Z", 1]]},
    ),
    (
        "datatable(x:long)[] | summarize count(), sum(x), max(x), make_list(x), countif(x>1), dcount(x)",
        {"rows": [[0, 0, None, [], 0, 0]]},
    ),
    ("datatable(x:long)[] | summarize count() by x", {"rows": []}),
    ("print x=long(null) | summarize sum(x), max(x), count()", {"rows": [[0, None, 1]]}),
    ("datatable(x:long)[1,2,3] | where x in (range y from 2 to 3 step 1) | summarize sum(x)", {"rows": [[5]]}),
    (
        "datatable(x:long)[1, long(null), 3] | summarize count() by x | sort by x asc",
        {"rows": [[None, 1], [1, 1], [3, 1]]},
    ),
    (
        "datatable(x:long)[1, long(null), 3] | summarize dcount(x), count_distinct(x), make_set(x), make_list(x), make_list_with_nulls(x)",
        {"rows": [[2, 2, [1, 3], [1, 3], [1, None, 3]]]},
    ),
    ("datatable(k:string,v:long)['a',1,'b',2,'a',3] | summarize take_any(v) by k | count", {"rows": [[2]]}),
    (
        "datatable(k:string,v:long)['a',1,'b',2,'a',3] | summarize hint.strategy=shuffle sum(v) by k | sort by k asc",
        {"rows": [["a", 4], ["b", 2]]},
    ),
    (
        "datatable(k:string,v:long)['a',1,'b',2,'a',3] | summarize sum(v) by Key=toupper(k), bin(v,2) | sort by Key asc, v asc",
        {"names": ["Key", "v", "sum_v"], "rows": [["A", 0, 1], ["A", 2, 3], ["B", 2, 2]]},
    ),
    (
        "datatable(k:string,v:long)['a',1,'b',2,'a',3] | summarize sum(v) by toupper(k), v+1 | getschema | project ColumnName",
        {"rows": [["Column1"], ["Column2"], ["sum_v"]]},
    ),
    (
        "datatable(t:datetime)[datetime(2020-01-01 10:10)] | summarize count() by t=startofday(t), dayofweek(t)",
        {"names": ["t", "Column1", "count_"]},
    ),
    ("datatable(x:long)[1,2,3,4] | summarize percentiles_array(x, 25, 50, 75)", {"rows": [[[1, 2, 3]]]}),
    ("datatable(x:long)[1,2,3,4] | summarize percentiles_array(x, dynamic([25,50]))", {"rows": [[[1, 2]]]}),
    (
        "datatable(x:long)[1,2,3,4] | summarize avg(x), variance(x), stdev(x), stdevp(x), variancep(x)",
        {"rows": [[2.5, 1.6666666666666667, 1.2909944487358056, 1.118033988749895, 1.25]]},
    ),
    (
        "datatable(x:timespan)[1h, 2h] | summarize sum(x), avg(x), max(x)",
        {"rows": [["03:00:00", "01:30:00", "02:00:00"]]},
    ),
    (
        "datatable(t:datetime)[datetime(2020-01-01), datetime(2020-01-03)] | summarize max(t)-min(t), avg(t), min(t)",
        {
            "names": ["Column1", "avg_t", "min_t"],
            "rows": [["2.00:00:00", "2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"]],
        },
    ),
    ("range x from 1 to 5 step 1 | where x between (2..4) | summarize make_list(x)", {"rows": [[[2, 3, 4]]]}),
    (
        "datatable(d:dynamic)[dynamic({'s':5}),dynamic({'s':'5'})] | summarize count() by tostring(d.s)",
        {"names": ["d_s", "count_"], "rows": [["5", 2]]},
    ),
    (
        "range x from 1 to 100 step 1 | summarize percentiles(x, 50, 90, 95, 99), p=percentile(x*1.0, 99.9)",
        {"rows": [[50, 90, 95, 99, 100.0]]},
    ),
    (
        "datatable(a:long)[1,2] | summarize s=sum(a) by b=a%2 | order by b asc",
        {"names": ["b", "s"], "rows": [[0, 2], [1, 1]]},
    ),
    (
        "datatable(a:long,c:string)[1,'x',2,'y'] | summarize arg_max(a, c), arg_min(a, c)",
        {"names": ["a", "c", "a1", "c1"], "rows": [[2, "y", 1, "x"]]},
    ),
    (
        "datatable(a:long,c:string)[1,'x',2,'y'] | summarize M=arg_max(a, c)",
        {"names": ["M", "c"], "rows": [[2, "y"]]},
    ),
    ("datatable(a:long,c:string)[1,'x',2,'y'] | summarize arg_max(a, *)", {"names": ["a", "c"], "rows": [[2, "y"]]}),
    ("datatable(a:long,c:string)[1,'x',1,'y'] | summarize arg_max(a, *) by c | count", {"rows": [[2]]}),
    ("datatable(a:long,c:string)[2,'x',2,'y'] | summarize arg_max(a, c)", {"rows": [[2, "x"]]}),
    ("datatable(a:long)[1,2,3,4,5] | where a > 1 | where a < 5 | summarize avg(a)", {"rows": [[3.0]]}),
    # sort and top operators
    ("datatable(x:long)[1,1,1,3,3] | distinct x | sort by x asc", {"rows": [[1], [3]]}),
    (
        "datatable(x:long, s:string)[3,'c',long(null),'n',1,'a',2,'b'] | top 2 by x asc",
        {"rows": [[None, "n"], [1, "a"]]},
    ),
    ("datatable(x:long, s:string)[3,'c',long(null),'n',1,'a',2,'b'] | top 2 by x", {"rows": [[3, "c"], [2, "b"]]}),
    (
        "datatable(x:long, s:string)[3,'c',long(null),'n',1,'a',2,'b'] | top 2 by x asc nulls last",
        {"rows": [[1, "a"], [2, "b"]]},
    ),
    ("datatable(x:long)[3,long(null),1] | sort by x", {"rows": [[3], [1], [None]]}),
    ("datatable(x:long)[3,long(null),1] | order by x asc", {"rows": [[None], [1], [3]]}),
    ("datatable(x:long)[3,long(null),1] | sort by x desc nulls first", {"rows": [[None], [3], [1]]}),
    (
        "datatable(a:string,b:string)['x','y'] | project-rename c=a | project-reorder b",
        {"names": ["b", "c"], "rows": [["y", "x"]]},
    ),
    ("range x from 1 to 5 step 1 | sort by x desc | take 2", {"rows": [[5], [4]]}),
    ("range x from 1 to 5 step 1 | top 2 by x desc | extend y=x*2 | project y", {"rows": [[10], [8]]}),
    ("datatable(a:long,c:string)[2,'x',2,'y'] | top 1 by a", {"rows": [[2, "x"]]}),
    # tabular operators
    ("range x from 1 to 10 step 3", {"rows": [[1], [4], [7], [10]]}),
    ("range x from 0.0 to 1.0 step 0.25", {"rows": [[0.0], [0.25], [0.5], [0.75], [1.0]]}),
    ("range x from 5 to 1 step -2", {"rows": [[5], [3], [1]]}),
    (
        "range t from datetime(2020-01-01) to datetime(2020-01-02) step 12h",
        {"rows": [["2020-01-01T00:00:00Z"], ["2020-01-01T12:00:00Z"], ["2020-01-02T00:00:00Z"]]},
    ),
    ("range x from 5 to 1 step 1", {"rows": []}),
    (
        "print a=1, b=2 | project a+b, c=a, strcat(a,'z'), b",
        {"names": ["Column1", "c", "Column2", "b"], "rows": [[3, 1, "1z", 2]]},
    ),
    (
        "print d=dynamic({'a':{'b':[1,2,'x']},'k':5}) | project d.a.b[0], d.k, d['a']['b'][-1], d.nope, d.a.nope.deep, tostring(d.a)",
        {
            "names": ["d_a_b_0", "d_k", "d_a_b_-1", "d_nope", "d_a_nope_deep", "d_a"],
            "rows": [[1, 5, "x", None, None, '{"b":[1,2,"x"]}']],
        },
    ),
    (
        "print d=dynamic({'a':5,'s':'x','t':'2020-01-01T00:00:00Z','f':1.5,'b':true}) | project d.a==5, d.s=='x', d.a>3, d.nope==5, d.nope!=5, todatetime(d.t), d.f*2, d.b==true, tobool(d.b), strlen(d.s), d.a+1",
        {"rows": [[True, True, True, False, True, "2020-01-01T00:00:00Z", 3.0, True, True, 1, 6]]},
    ),
    (
        "print a=1,b='x' | getschema",
        {
            "names": ["ColumnName", "ColumnOrdinal", "DataType", "ColumnType"],
            "rows": [["a", 0, "System.Int64", "long"], ["b", 1, "System.String", "string"]],
        },
    ),
    ("Owners | where Deployment has 'opus' | count", {"names": ["Count"], "rows": [[2]]}),
    ("print 1 | render timechart with (title='x')", {"rows": [[1]]}),
    ("search in (Owners) 'ann' | project Owner", {"rows": [["ann"]]}),
    (
        "print x=dynamic([23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]) | project s=series_stats_dynamic(x) | project s.min, s.min_idx, s.max, s.max_idx, s.avg, s.len",
        {"rows": [[2, 8, 87, 3, 32.8, 15]]},
    ),
    (
        "print x=dynamic([23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]) | extend series_stats(x) | project series_stats_x_min, series_stats_x_max_idx",
        {"rows": [[2.0, 3]]},
    ),
    ("print d=dynamic([1,2,3]) | where d has '2' | count", {"rows": [[1]]}),
    (
        "print s='a.b.c' | extend p=split(s,'.') | project p[0], p[-1], p[10], tostring(p[1])",
        {"rows": [["a", "c", None, "b"]]},
    ),
    ("datatable(s:string)['', 'a'] | where isempty(s) | count", {"rows": [[1]]}),
    ("datatable(x:real)[1.0, real(nan), 3.0] | where x > 0 | count", {"rows": [[2]]}),
    ("datatable(x:real)[1.0, real(nan), 3.0] | where x <= real(nan) | count", {"rows": [[0]]}),
    ("print a1=1,a2=2,b=3 | project-away a*", {"names": ["b"], "rows": [[3]]}),
    ("print a=1 | extend b=2, a=5 | project-keep b", {"rows": [[2]]}),
    ("range x from 1 to 100 step 1 | take 0 | count", {"rows": [[0]]}),
    ("range x from 1 to 5 step 1 | limit 2 | count", {"rows": [[2]]}),
    ("print ['my col']=1 | project ['my col']", {"names": ["my col"], "rows": [[1]]}),
    (
        "datatable(s:string)['a b=1, c=2'] | extend m=extract(@'b=(\\d)',1,s,typeof(long)) | extend m+1 | project m, Column1",
        {"rows": [[1, 2]]},
    ),
    ("print a=1,b='x' | extend p=pack_all() | project p", {"rows": [[{"a": 1, "b": "x"}]]}),
    ("print d=dynamic({'a':1,'*':2}), k='a' | project d[k]", {"rows": [[1]]}),
    ("print d=dynamic([1,2,3]), k=1 | project d[k], x=d[-1], y=d[toint(k)]", {"rows": [[2, 3, 2]]}),
    ("print d=dynamic(['a','b']) | where 'a' in (d) | count", {"rows": [[1]]}),
    ("datatable(d:dynamic)[dynamic({'s':'x'}),dynamic({'s':'y'})] | where d.s in ('x','z') | count", {"rows": [[1]]}),
    ("datatable(d:dynamic)[dynamic({'s':5}),dynamic({'s':'5'})] | where d.s == 5 | count", {"rows": [[1]]}),
    ("datatable(d:dynamic)[dynamic({'s':5}),dynamic({'s':'5'})] | where tolong(d.s) == 5 | count", {"rows": [[2]]}),
    (
        "datatable(s:string)['{\"m\":{\"in\":5}}'] | extend n=toint(parse_json(s).m['in']) | project n",
        {"rows": [[5]]},
    ),
    ("Owners | search 'opus' | count", {"rows": [[2]]}),
    ("search in (Owners) Owner == 'ann' | count", {"rows": [[1]]}),
    ("datatable(x:long)[1,2,3] | sample 2 | count", {"rows": [[2]]}),
    (
        "datatable(x:real)[1.5,2.5] | extend y=toint(x), z=round(x), w=tostring(x) | project y,z,w",
        {"rows": [[1, 2.0, "1.5"], [2, 3.0, "2.5"]]},
    ),
    (
        "print x=datetime(2024-03-10 12:34:56.789) | project bin(x,1m), bin(x,5m), bin(x,1d), bin(x,7d), startofweek(x), startofmonth(x), format_datetime(x,'HH:mm')",
        {
            "rows": [
                [
                    "2024-03-10T12:34:00Z",
                    "2024-03-10T12:30:00Z",
                    "2024-03-10T00:00:00Z",
                    "2024-03-04T00:00:00Z",
                    "2024-03-10T00:00:00Z",
                    "2024-03-01T00:00:00Z",
                    "12:34",
                ]
            ]
        },
    ),
    (
        "print y=dynamic([2,5,6,8,11,15,17,18,25,26,30,30]) | extend (RSquare,Slope,Variance,RVariance,Interception,LineFit)=series_fit_line(y) | project round(Slope,2), round(Variance,2), round(RVariance,3), round(Interception,2), round(toreal(LineFit[0]),3), round(toreal(LineFit[11]),3)",
        {"rows": [[2.73, 98.63, 1.686, -1.67, 1.064, 31.103]]},
    ),
    (
        "print x=dynamic([23,46,23,87,4,8,3,75,2,56,13,75,32,16,29]) | project series_stats(x) | project series_stats_x_min_idx, series_stats_x_max_idx, round(series_stats_x_avg, 1), round(series_stats_x_variance, 3)",
        {"rows": [[8, 3, 32.8, 812.457]]},
    ),
    ("Requests | where * has 'opus' | count", {"rows": [[2]]}),
    ("Requests | where * contains 'REQ' and Status == 200 | count", {"rows": [[2]]}),
    ("datatable(e:long,n:long)[0,0,1,10] | where e*1.0/n > 0.05 | count", {"rows": [[1]]}),
    ("print d=dynamic([1,2,3]), k=1 | project d[k], d[-1]", {"rows": [[2, 3]]}),
    # window functions
    ("datatable(a:long)[1,2,3,4] | serialize cs=row_cumsum(a)", {"rows": [[1, 1], [2, 3], [3, 6], [4, 10]]}),
    (
        "let t=datatable(name:string, month:int, salary:long)['Alice',1,1000,'Bob',1,1000,'Alice',2,2000,'Bob',2,1950,'Alice',3,1400,'Bob',3,1450]; t | order by name asc, month asc | extend total=row_cumsum(salary, name != prev(name))",
        {
            "rows": [
                ["Alice", 1, 1000, 1000],
                ["Alice", 2, 2000, 3000],
                ["Alice", 3, 1400, 4400],
                ["Bob", 1, 1000, 1000],
                ["Bob", 2, 1950, 2950],
                ["Bob", 3, 1450, 4400],
            ]
        },
    ),
    ("range a from 1 to 10 step 1 | sort by a desc | extend rn=row_number() | take 2", {"rows": [[10, 1], [9, 2]]}),
    ("range a from 1 to 10 step 1 | sort by a desc | extend rn=row_number(7) | take 2", {"rows": [[10, 7], [9, 8]]}),
    (
        "datatable(Airport:string, Airline:string, Departures:long)['SEA','LH',3,'SEA','LY',100,'SEA','UA',3,'SEA','BA',2,'EWR','LY',50,'EWR','AA',30,'EWR','DL',30] | sort by Airport asc, Departures desc, Airline asc | extend Rank=row_number(1, prev(Airport) != Airport) | project Airport, Airline, Rank",
        {
            "rows": [
                ["EWR", "LY", 1],
                ["EWR", "AA", 2],
                ["EWR", "DL", 3],
                ["SEA", "LY", 1],
                ["SEA", "LH", 2],
                ["SEA", "UA", 3],
                ["SEA", "BA", 4],
            ]
        },
    ),
    (
        "datatable(Airport:string, Airline:string, Departures:long)['SEA','LH',3,'SEA','LY',100,'SEA','UA',3,'SEA','BA',2,'EWR','LY',50,'EWR','AA',30,'EWR','DL',30] | sort by Airport asc, Departures desc, Airline asc | extend Rank=row_rank_dense(Departures, prev(Airport) != Airport) | project Airport, Airline, Rank",
        {
            "rows": [
                ["EWR", "LY", 1],
                ["EWR", "AA", 2],
                ["EWR", "DL", 2],
                ["SEA", "LY", 1],
                ["SEA", "LH", 2],
                ["SEA", "UA", 2],
                ["SEA", "BA", 3],
            ]
        },
    ),
    (
        "datatable(Airport:string, Airline:string, Departures:long)['SEA','LH',3,'SEA','LY',100,'SEA','UA',3,'SEA','BA',2,'EWR','LY',50,'EWR','AA',30,'EWR','DL',30] | sort by Airport asc, Departures desc, Airline asc | extend Rank=row_rank_min(Departures, prev(Airport) != Airport) | project Airport, Airline, Rank",
        {
            "rows": [
                ["EWR", "LY", 1],
                ["EWR", "AA", 2],
                ["EWR", "DL", 2],
                ["SEA", "LY", 1],
                ["SEA", "LH", 2],
                ["SEA", "UA", 2],
                ["SEA", "BA", 4],
            ]
        },
    ),
    (
        "range a from 1 to 3 step 1 | serialize p=prev(a), n=next(a), p2=prev(a,2,-1), n1=next(a,1,0)",
        {"rows": [[1, None, 2, -1, 2], [2, 1, 3, -1, 3], [3, 2, None, 1, 0]]},
    ),
    ("datatable(s:string)['a','b'] | serialize p=prev(s)", {"rows": [["a", ""], ["b", "a"]]}),
    (
        "range a from 1 to 4 step 1 | serialize | extend d = a - prev(a) | where isnotnull(d) | summarize sum(d)",
        {"rows": [[3]]},
    ),
    (
        "datatable(x:long)[1,2,3] | serialize | extend r=row_number(), s=row_cumsum(x), p=prev(x), n=next(x)",
        {"rows": [[1, 1, 1, None, 2], [2, 2, 3, 1, 3], [3, 3, 6, 2, None]]},
    ),
    ("datatable(x:long)[1,2,3,4] | sort by x asc | extend d=x-prev(x,1,0) | summarize sum(d)", {"rows": [[4]]}),
    ("datatable(x:long)[3,1,2] | sort by x asc | extend r=row_number() | where r==2 | project x", {"rows": [[2]]}),
    (
        "datatable(x:long)[3,1,2] | order by x asc | serialize r=row_number() | project x,r",
        {"rows": [[1, 1], [2, 2], [3, 3]]},
    ),
    (
        "datatable(x:long)[3,1,2] | order by x asc | project r=row_number(), x | order by r desc",
        {"rows": [[3, 3], [2, 2], [1, 1]]},
    ),
    # mv-expand operator
    (
        "datatable(a:int, b:dynamic)[1,dynamic([10,20]),2,dynamic(['a','b'])] | mv-expand b",
        {"rows": [[1, 10], [1, 20], [2, "a"], [2, "b"]]},
    ),
    (
        "datatable(a:int, b:dynamic)[1,dynamic({'prop1':'a1','prop2':'b1'})] | mv-expand b",
        {"rows": [[1, {"prop1": "a1"}], [1, {"prop2": "b1"}]]},
    ),
    (
        "datatable(a:int, b:dynamic)[1,dynamic({'prop1':'a1','prop2':'b1'})] | mv-expand kind=array b",
        {"rows": [[1, ["prop1", "a1"]], [1, ["prop2", "b1"]]]},
    ),
    (
        "datatable(a:int, b:dynamic, c:dynamic)[1,dynamic({'prop1':'a','prop2':'b'}),dynamic([5,4,3])] | mv-expand b, c",
        {"rows": [[1, {"prop1": "a"}, 5], [1, {"prop2": "b"}, 4], [1, None, 3]]},
    ),
    (
        "datatable(a:int, b:dynamic, c:dynamic)[1,dynamic({'prop1':'a','prop2':'b'}),dynamic([5,4,3])] | mv-expand b | mv-expand c | count",
        {"rows": [[6]]},
    ),
    (
        "range x from 1 to 4 step 1 | summarize x=make_list(x) | mv-expand with_itemindex=Index x",
        {"rows": [[1, 0], [2, 1], [3, 2], [4, 3]]},
    ),
    (
        "datatable(a:int, b:dynamic)[1,dynamic([]),2,dynamic(null),3,dynamic({}),4,dynamic('s')] | mv-expand b",
        {"rows": [[2, None], [4, "s"]]},
    ),
    ("print d=dynamic([1,2,3,4]) | mv-expand d to typeof(long) limit 2", {"types": ["long"], "rows": [[1], [2]]}),
    (
        "print d=dynamic([{'k':1,'v':'a'},{'k':2,'v':'b'}]) | mv-expand d | project k=tolong(d.k), v=tostring(d['v'])",
        {"rows": [[1, "a"], [2, "b"]]},
    ),
    (
        "datatable(s:string)['a,b','c'] | extend p=split(s,',') | mv-expand p to typeof(string) | summarize count() by p | sort by p asc",
        {"rows": [["a", 1], ["b", 1], ["c", 1]]},
    ),
    (
        "datatable(s:string)['[1,2]','bad'] | extend j=parse_json(s) | mv-expand j | summarize count()",
        {"rows": [[3]]},
    ),
    # mv-apply operator
    (
        "let _data = range x from 1 to 8 step 1 | summarize l=make_list(x) by xMod2 = x % 2; _data | mv-apply element=l to typeof(long) on (top 1 by element) | sort by xMod2 asc | project xMod2, element",
        {"rows": [[0, 8], [1, 7]]},
    ),
    (
        "let _data = range x from 1 to 8 step 1 | summarize l=make_list(x) by xMod2 = x % 2; _data | mv-apply l to typeof(long) on (top 2 by l | summarize SumOfTop2=sum(l)) | sort by xMod2 asc",
        {"names": ["xMod2", "SumOfTop2"], "rows": [[0, 14], [1, 12]]},
    ),
    ("print d=dynamic([]) , z=1 | mv-apply d to typeof(long) on (summarize s=sum(d))", {"rows": [[1, 0]]}),
    (
        "datatable(k:string,l:dynamic)['a',dynamic([1,2,3]),'b',dynamic([4])] | mv-apply e=l to typeof(long) on (where e > 1 | summarize s=sum(e), c=count())",
        {"rows": [["a", [1, 2, 3], 5, 2], ["b", [4], 4, 1]]},
    ),
    # parse and parse-where operators
    (
        'let Traces = datatable(EventText:string)[\'Event: NotifySliceRelease (resourceName=PipelineScheduler, totalSlices=27, sliceNumber=23, lockTime=02/17/2016 08:40:01, releaseTime=02/17/2016 08:40:01, previousLockTime=02/17/2016 08:39:01)\']; Traces | parse EventText with * "resourceName=" resourceName ", totalSlices=" totalSlices:long * "sliceNumber=" sliceNumber:long * "lockTime=" lockTime ", releaseTime=" releaseTime:date "," * "previousLockTime=" previousLockTime:date ")" * | project resourceName, totalSlices, sliceNumber, lockTime, releaseTime, previousLockTime',
        {
            "rows": [
                ["PipelineScheduler", 27, 23, "02/17/2016 08:40:01", "2016-02-17T08:40:01Z", "2016-02-17T08:39:01Z"]
            ]
        },
    ),
    (
        "datatable(s:string)['a=1;b=2','zzz'] | parse s with 'a=' a:int ';b=' b:string",
        {"rows": [["a=1;b=2", 1, "2"], ["zzz", None, ""]]},
    ),
    (
        "datatable(s:string)['a=1;b=2','zzz'] | parse-where s with 'a=' a:int ';b=' b:string",
        {"rows": [["a=1;b=2", 1, "2"]]},
    ),
    (
        "datatable(s:string)['k=x, n=abc'] | parse kind=relaxed s with 'k=' k ', n=' n:long | project k, n",
        {"rows": [["x", None]]},
    ),
    ("datatable(s:string)['k=x, n=abc'] | parse s with 'k=' k ', n=' n:long | project k, n", {"rows": [["", None]]}),
    (
        "datatable(s:string)['foo 12 bar 7 end'] | parse kind=regex s with 'foo\\\\s+' n:long '\\\\s+b.r ' m:long ' end' | project n,m",
        {"rows": [[12, 7]]},
    ),
    (
        "datatable(s:string)['XYZ: rest'] | parse kind=regex flags=i s with 'xyz: ' r | project r",
        {"rows": [["rest"]]},
    ),
    ("print s='k1=v1;k2=v2' | parse s with * 'k2=' v", {"rows": [["k1=v1;k2=v2", "v2"]]}),
    ("print s='abc123def' | parse s with 'abc' n:int 'def'", {"rows": [["abc123def", 123]]}),
    ("print s='x 1.5 y' | parse s with 'x ' r:real ' y' | project r", {"rows": [[1.5]]}),
    (
        "print s='GET /a/b HTTP/1.1' | parse s with method ' ' path ' ' proto",
        {"rows": [["GET /a/b HTTP/1.1", "GET", "/a/b", "HTTP/1.1"]]},
    ),
    ("print s='a:b:c' | parse s with x ':' y", {"rows": [["a:b:c", "a", "b:c"]]}),
    ("print s='lat=5 lon=7' | parse s with 'lat=' lat:long ' lon=' lon:long | project lat+lon", {"rows": [[12]]}),
    (
        "print s='t=00:01:02 d=2020-01-01T00:00:00Z e' | parse s with 't=' t:timespan ' d=' d:datetime ' e' | project t,d",
        {"rows": [["00:01:02", "2020-01-01T00:00:00Z"]]},
    ),
    # union operator
    (
        "let A=datatable(x:long)[1]; let B=datatable(x:string, y:int)['a',2]; union A, B | project x_long, x_string, y",
        {"rows": [[1, "", None], [None, "a", 2]]},
    ),
    (
        "let A=datatable(x:long)[1]; let B=datatable(x:long, y:int)[3,2]; union withsource=T A, B | sort by x asc",
        {"names": ["T", "x", "y"]},
    ),
    (
        "let A=datatable(x:long)[1]; let B=datatable(x:long, y:int)[3,2]; union kind=inner A, B | sort by x asc",
        {"names": ["x"], "rows": [[1], [3]]},
    ),
    ("union isfuzzy=true (print a=1), NoSuch", {"rows": [[1]]}),
    (
        "union withsource=S Owners, (print Owner='q') | summarize count() by S | sort by S asc",
        {"rows": [["Owners", 4], ["union_arg1", 1]]},
    ),
    ("print a=1 | as T | union withsource=S (print a=2) | sort by a asc", {"rows": [["T", 1], ["union_arg1", 2]]}),
    ("datatable(x:long)[3,1] | union (datatable(x:long)[2]) | sort by x asc", {"rows": [[1], [2], [3]]}),
    ("datatable(x:long)[1] | union kind=outer (datatable(y:string)['a'])", {"rows": [[1, ""], [None, "a"]]}),
    ("union withsource=Src Owners | summarize count() by Src", {"rows": [["Owners", 4]]}),
    ("union Own* | count", {"rows": [[4]]}),
    # let statement, toscalar()
    ("let f=(a:long, b:long=10){a+b}; print f(1), f(1,2), f(a=5)", {"rows": [[11, 3, 15]]}),
    ("let T=(n:long){range x from 1 to n step 1}; T(3) | summarize sum(x)", {"rows": [[6]]}),
    ("let f=(T:(x:long), k:long){T | where x > k}; f(range x from 1 to 5 step 1, 3)", {"rows": [[4], [5]]}),
    ("let m=toscalar(range x from 1 to 5 step 1 | summarize max(x)); print m+1", {"rows": [[6]]}),
    ("print toscalar(datatable(x:long)[] | project x)", {"rows": [[None]]}),
    ("let n=1d; let s='x'; print n*2, strcat(s,'y')", {"rows": [["2.00:00:00", "xy"]]}),
    ("let ids=dynamic([1,3]); datatable(x:long)[1,2,3] | where x in (ids) | summarize sum(x)", {"rows": [[4]]}),
    (
        "let names=datatable(n:string)['A','b']; datatable(s:string)['a','B','c'] | where s in~ (names) | count",
        {"rows": [[2]]},
    ),
    ("let T=datatable(x:long)[1,2]; let T2=T | where x>1; T2", {"rows": [[2]]}),
    ("let x=5; let y=x*2; print y", {"rows": [[10]]}),
    ("let f=(s:string){toupper(s)}; datatable(n:string)['a'] | extend u=f(n)", {"rows": [["a", "A"]]}),
    ("let f=(T:(*)){T | count}; f(Owners)", {"rows": [[4]]}),
    ("print toscalar(datatable(x:long)[1,2] | summarize sum(x)) * 2", {"rows": [[6]]}),
    (
        "let th=toscalar(datatable(x:long)[1,2,9] | summarize avg(x)); datatable(x:long)[1,2,9] | where x > th",
        {"rows": [[9]]},
    ),
    (
        "let s=toscalar(datatable(x:string)['a','b'] | summarize make_set(x)); print 'a' in (s), s",
        {"rows": [[True, ["a", "b"]]]},
    ),
    # make-series operator
    (
        "let t=datatable(ts:datetime, g:string, v:real)[datetime(2020-01-01 01:00),'a',1.0,datetime(2020-01-03),'a',3.0,datetime(2020-01-03),'b',5.0]; t | make-series sum(v) default=0 on ts from datetime(2020-01-01) to datetime(2020-01-05) step 1d by g | sort by g asc",
        {
            "names": ["g", "sum_v", "ts"],
            "rows": [
                [
                    "a",
                    [1.0, 0.0, 3.0, 0.0],
                    [
                        "2020-01-01T00:00:00.0000000Z",
                        "2020-01-02T00:00:00.0000000Z",
                        "2020-01-03T00:00:00.0000000Z",
                        "2020-01-04T00:00:00.0000000Z",
                    ],
                ],
                [
                    "b",
                    [0.0, 0.0, 5.0, 0.0],
                    [
                        "2020-01-01T00:00:00.0000000Z",
                        "2020-01-02T00:00:00.0000000Z",
                        "2020-01-03T00:00:00.0000000Z",
                        "2020-01-04T00:00:00.0000000Z",
                    ],
                ],
            ],
        },
    ),
    (
        "let t=datatable(ts:datetime, g:string, v:real)[datetime(2020-01-01 01:00),'a',1.0,datetime(2020-01-03),'a',3.0,datetime(2020-01-03),'b',5.0]; t | make-series c=count(), avg(v) default=-1.0 on ts from datetime(2020-01-01) to datetime(2020-01-04) step 1d",
        {
            "rows": [
                [
                    [1, 0, 2],
                    [1.0, -1.0, 4.0],
                    ["2020-01-01T00:00:00.0000000Z", "2020-01-02T00:00:00.0000000Z", "2020-01-03T00:00:00.0000000Z"],
                ]
            ]
        },
    ),
    (
        "let t=datatable(ts:datetime, g:string, v:real)[datetime(2020-01-01 01:00),'a',1.0,datetime(2020-01-03),'a',3.0,datetime(2020-01-03),'b',5.0]; t | make-series avg(v) on ts from datetime(2020-01-01) to datetime(2020-01-04) step 1d | project avg_v",
        {"rows": [[[1.0, 0.0, 4.0]]]},
    ),
    (
        "let t=datatable(ts:datetime, g:string, v:real)[datetime(2020-01-01 01:00),'a',1.0,datetime(2020-01-03),'a',3.0,datetime(2020-01-03),'b',5.0]; t | make-series avg(v) default=real(null) on ts from datetime(2020-01-01) to datetime(2020-01-04) step 1d | project avg_v",
        {"rows": [[[1.0, None, 4.0]]]},
    ),
    (
        "let data=datatable(timestamp:datetime, metric:real)[]; data | make-series avg(metric) default=1.0 on timestamp from datetime(2017-01-01) to datetime(2017-01-03) step 1d",
        {"rows": []},
    ),
    (
        "let data=datatable(timestamp:datetime, metric:real)[]; data | make-series kind=nonempty avg(metric) default=1.0 on timestamp from datetime(2017-01-01) to datetime(2017-01-03) step 1d",
        {"rows": [[[1.0, 1.0], ["2017-01-01T00:00:00.0000000Z", "2017-01-02T00:00:00.0000000Z"]]]},
    ),
    (
        "let data=datatable(timestamp:datetime, metric:real)[]; data | make-series avg(metric) default=1.0 on timestamp from datetime(2017-01-01) to datetime(2017-01-03) step 1d | count",
        {"rows": [[0]]},
    ),
    ("range x from 1 to 5 step 1 | make-series count() on x from 0 to 6 step 2", {"rows": [[[1, 2, 2], [0, 2, 4]]]}),
    (
        "range x from 1 to 4 step 1 | make-series s=sum(x) default=0 on x from 1 to 5 step 1 | extend t=series_stats_dynamic(s).avg | project t",
        {"rows": [[2.5]]},
    ),
    ("range x from 0 to 9 step 1 | make-series count() on x from 0 to 5 step 2", {"rows": [[[2, 2, 1], [0, 2, 4]]]}),
    # bag_unpack plugin
    (
        "datatable(d:dynamic)[dynamic({'Name':'John','Age':20}),dynamic({'Name':'Dave','Age':40}),dynamic({'Name':'Jasmine','Age':30})] | evaluate bag_unpack(d) | project Name, Age",
        {"rows": [["John", 20], ["Dave", 40], ["Jasmine", 30]]},
    ),
    (
        "datatable(d:dynamic)[dynamic({'Name':'John','Age':20}),dynamic({'Name':'Dave','Age':40})] | evaluate bag_unpack(d, 'Property_')",
        {"names": ["Property_Age", "Property_Name"]},
    ),
    (
        "print b=dynamic({'a\"x':1,\"x'y\":2,'a b':4}) | evaluate bag_unpack(b)",
        {"names": ["a b", 'a"x', "x'y"], "rows": [[4, 1, 2]]},
    ),
    ("datatable(b:dynamic)[dynamic({'x':1})] | evaluate bag_unpack(b) : (x:long, z:string)", {"rows": [[1, ""]]}),
    # pivot plugin
    (
        "datatable(s:string, e:string, n:long)['A','x',1,'A','y',2,'B','x',3] | evaluate pivot(e, sum(n)) | sort by s asc",
        {"names": ["s", "x", "y"], "rows": [["A", 1, 2], ["B", 3, 0]]},
    ),
    (
        "datatable(s:string, e:string)['A','x','A','y','B','x'] | evaluate pivot(e) | sort by s asc",
        {"names": ["s", "x", "y"], "rows": [["A", 1, 1], ["B", 1, 0]]},
    ),
    (
        "datatable(s:string, e:string, n:long)['A','x',1,'A','y',2,'B','x',3] | evaluate pivot(e, sum(n), s)| sort by s asc",
        {"rows": [["A", 1, 2], ["B", 3, 0]]},
    ),
    (
        "datatable(Day:string, v:long)['Mon',1,'Tue',2] | evaluate pivot(Day, sum(v))",
        {"names": ["Mon", "Tue"], "rows": [[1, 2]]},
    ),
    ("datatable(k:string,v:long)['',1,'x',2] | evaluate pivot(k, sum(v))", {"names": ["", "x"], "rows": [[1, 2]]}),
]


def answer(kql: KqlRunner, text: str) -> tuple[list[str], list[str], list[list[Any]]]:
    compiled = kql.compile(text)
    assert isinstance(compiled, CompiledQuery), compiled
    types: list[LogType] = [column.type for column in compiled.columns]
    found = kql.connection.execute(render_selection(compiled.sql, types, 1000)).fetchall()
    rows = [
        [
            json.loads(cell) if kind == "dynamic" and _is_json(cell) else cell
            for cell, kind in zip(row, types, strict=True)
        ]
        for row in name_nonfinite(found, types)
    ]
    return [column.name for column in compiled.columns], list(types), rows


def _is_json(cell: Any) -> bool:
    """A dynamic text is rendered bare."""
    if not isinstance(cell, str):
        return False
    try:
        json.loads(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("query", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_query_is_answered_as_the_reference_says(kql: KqlRunner, query: str, expected: Expected) -> None:
    names, types, rows = answer(kql, query)
    assert expected.get("names", names) == names
    assert expected.get("types", types) == types
    assert expected.get("rows", rows) == rows
