from __future__ import annotations

from bench.measurement import Measurement
from bench.mocks.answers import CheckedAnswer
from bench.mocks.comparison import SCENARIOS
from bench.mocks.table import render_answers, render_comparison, render_refusals
from bench.report import Report


def measured(contender: str, repeat: int, per_cpu_second: float) -> Measurement:
    values = {"per_second": per_cpu_second / 2, "per_cpu_second": per_cpu_second, "core_use": 0.5}
    return Measurement(scenario="json", contender=contender, repeat=repeat, values=values)


def report_of(*measurements: Measurement) -> Report:
    return Report(scenarios=SCENARIOS, contenders=["ingate", "other"], measurements=measurements, left_out={})


def test_a_row_a_mock_with_its_ratio_to_ingate() -> None:
    report = report_of(
        *(measured("ingate", 1, 2000), measured("other", 1, 1000)),
        *(measured("ingate", 2, 200), measured("other", 2, 100)),
        *(measured("ingate", 3, 2000), measured("other", 3, 1000)),
    )
    assert [line.split() for line in render_comparison(report, SCENARIOS[0]).splitlines()[2:]] == [
        ["ingate", "1,000", "2,000", "0.50", "-", "-", "-", "1.00"],
        ["other", "500", "1,000", "0.50", "-", "-", "-", "0.50"],
    ]


def test_a_mock_that_could_not_be_measured_says_why() -> None:
    failed = Measurement(scenario="json", contender="other", repeat=1, values={}, failure="9 errors in 9 requests")
    table = render_comparison(report_of(measured("ingate", 1, 2000), failed), SCENARIOS[0])
    assert table.endswith("  other: 9 errors in 9 requests")


def test_answers_say_whether_the_work_is_the_same() -> None:
    answer = CheckedAnswer(text="Dress in layers.", body_bytes=1_234, events=7)
    [row] = render_answers({"ingate": {"sse": answer}}).splitlines()[2:]
    assert row.split() == ["ingate", "sse", "3", "1,234", "7"]


def test_only_claudes_own_status_counts_as_a_refusal() -> None:
    table = render_refusals({"ingate": {"a": 400, "b": 400}, "other": {"a": 200, "b": 422}})
    assert [line.split() for line in table.splitlines()[1:]] == [
        ["ingate", "other"],
        ["a", "400", "200"],
        ["b", "400", "422"],
        ["refused", "as", "Claude", "does", "2", "of", "2", "0", "of", "2"],
    ]
