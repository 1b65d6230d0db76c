from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ingate.cli.log_chart import LINE_WIDTH, draw_chart, render_number
from ingate.cli.log_client import LogColumn, LogTable


def table(columns: Sequence[tuple[str, str]], rows: list[list[Any]], kind: str, **more: str) -> LogTable:
    return LogTable(
        columns=tuple(LogColumn(name=name, type=type_) for name, type_ in columns),
        rows=rows,
        render={"visualization": kind, **more},
    )


HOURS = [f"2027-01-15T{hour:02}:00:00Z" for hour in range(4)]


def test_one_series_over_time_is_a_bar_for_each_time_in_order() -> None:
    rows = [[time, number] for number, time in enumerate(HOURS)]
    drawn = draw_chart(table((("t", "datetime"), ("n", "long")), rows[::-1], "timechart", title="Calls"))
    assert drawn is not None
    title, _, *lines = drawn.splitlines()
    assert title == "Calls"
    assert [line.split()[0] for line in lines] == HOURS
    assert [line.count("█") for line in lines] == sorted(line.count("█") for line in lines)


def test_several_series_have_a_line_each_on_one_scale() -> None:
    rows = [
        [time, name, number * weight] for name, weight in (("a", 1), ("b", 7)) for number, time in enumerate(HOURS)
    ]
    drawn = draw_chart(table((("t", "datetime"), ("d", "string"), ("n", "long")), rows, "timechart"))
    assert drawn is not None
    lines = drawn.splitlines()[1:]
    assert [line.split()[:4] for line in lines] == [["a", "0", "3", "3"], ["b", "0", "21", "21"]]
    assert lines[1].endswith("█")
    assert lines[0][-1] < lines[1][-1]


def test_a_line_of_more_points_than_characters_keeps_the_highest() -> None:
    times = [f"2027-01-{day:02}T{hour:02}:00:00Z" for day in range(1, 15) for hour in range(24)]
    rows = [[time, 100.0 if index == 200 else 1.0, 1.0] for index, time in enumerate(times)]
    drawn = draw_chart(table((("t", "datetime"), ("a", "real"), ("b", "real")), rows, "timechart"))
    assert drawn is not None
    line = drawn.splitlines()[1]
    assert line.count("█") == 1
    assert len(line.split()[-1]) <= LINE_WIDTH


def test_what_is_missing_of_a_series_is_a_gap() -> None:
    rows = [[HOURS[0], "a", 1], [HOURS[1], "b", 1], [HOURS[2], "a", 1]]
    drawn = draw_chart(table((("t", "datetime"), ("d", "string"), ("n", "long")), rows, "timechart"))
    assert drawn is not None
    assert drawn.splitlines()[1].endswith("█ █")


def test_several_series_by_category_are_bars_under_each_category() -> None:
    rows = [["x", 1, 2], ["y", 3, 4]]
    drawn = draw_chart(table((("c", "string"), ("a", "long"), ("b", "long")), rows, "columnchart"))
    assert drawn is not None
    assert [line.split()[:-1] for line in drawn.splitlines()[1:]] == [
        ["x", "a", "1"],
        ["b", "2"],
        ["y", "a", "3"],
        ["b", "4"],
    ]


@pytest.mark.parametrize("rows", [[], [["x", None]], [["x", "NaN"]]])
def test_without_a_number_there_is_nothing_to_draw(rows: list[list[Any]]) -> None:
    assert draw_chart(table((("c", "string"), ("a", "real")), rows, "barchart")) is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1234567.0, "1,234,567"), (0.000344, "0.000344"), (1234.567, "1,234.57")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert render_number(value) == text
