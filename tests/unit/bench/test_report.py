from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from bench.contenders.contender import Contender
from bench.goals import render_goals
from bench.measurement import Instruments, Measurement, Metric, Scenario
from bench.report import Report, render_report, write_results
from bench.workload import Route


def _not_run(_contender: Contender | None, _instruments: Instruments) -> Mapping[str, float]:
    raise AssertionError("reports measure nothing")


JSON = Scenario(
    name="json",
    title="small JSON",
    route=Route.FAST,
    metrics=(
        Metric(key="per_cpu_second", label="req/cpu-s", compared=True),
        Metric(key="core_use", label="core use", digits=2),
    ),
    measure=_not_run,
)


def measured(contender: str, repeat: int, per_cpu_second: float) -> Measurement:
    values = {"per_cpu_second": per_cpu_second, "core_use": 0.5}
    return Measurement(scenario="json", contender=contender, repeat=repeat, values=values)


def failed(contender: str, repeat: int, failure: str) -> Measurement:
    return Measurement(scenario="json", contender=contender, repeat=repeat, values={}, failure=failure)


def report_of(*measurements: Measurement) -> Report:
    return Report(
        scenarios=[JSON],
        contenders=["nginx", "ingate", "portkey"],
        measurements=measurements,
        left_out={},
    )


def test_a_ratio_is_taken_within_each_repeat_before_the_median() -> None:
    # A neighbour slowed the whole of repeat 2: the ratio of medians would say 0.4, the repeats all say 0.5.
    report = report_of(
        *(measured("nginx", 1, 1000), measured("ingate", 1, 500)),
        *(measured("nginx", 2, 200), measured("ingate", 2, 100)),
        *(measured("nginx", 3, 1000), measured("ingate", 3, 500)),
    )
    assert report.median_of("json", "ingate", "per_cpu_second") == 500
    assert report.median_ratio("json", "ingate", "nginx", "per_cpu_second") == 0.5


def test_a_repeat_that_failed_on_either_side_has_no_ratio() -> None:
    report = report_of(
        *(measured("nginx", 1, 1000), failed("ingate", 1, "3 errors")),
        *(failed("nginx", 2, "3 errors"), measured("ingate", 2, 100)),
        *(measured("nginx", 3, 1000), measured("ingate", 3, 400)),
    )
    assert report.median_ratio("json", "ingate", "nginx", "per_cpu_second") == 0.4


def test_what_was_not_measured_has_neither_median_nor_ratio() -> None:
    report = report_of(measured("nginx", 1, 1000))
    assert report.median_of("json", "ingate", "per_cpu_second") is None
    assert report.median_ratio("json", "ingate", "nginx", "per_cpu_second") is None


def test_the_table_has_a_row_a_contender_and_says_why_one_failed() -> None:
    report = report_of(
        measured("nginx", 1, 41_000), measured("ingate", 1, 20_500), failed("portkey", 1, "9 errors in 9 requests")
    )
    assert render_report(report).splitlines() == [
        "json - small JSON",
        "          req/cpu-s  core use  x nginx",
        "  nginx      41,000      0.50     1.00",
        "  ingate     20,500      0.50     0.50",
        "  portkey: 9 errors in 9 requests",
    ]


def test_tiny_ratios_keep_their_digits() -> None:
    report = report_of(measured("nginx", 1, 40_000), measured("portkey", 1, 52))
    assert "0.0013" in render_report(report)


@pytest.mark.parametrize(("ingate", "verdict"), [(500, "reached"), (300, "SHORT")])
def test_goals_say_whether_they_are_reached(ingate: float, verdict: str) -> None:
    goals = render_goals(report_of(measured("nginx", 1, 1000), measured("ingate", 1, ingate)))
    line = next(line for line in goals.splitlines() if "small JSON, x nginx" in line)
    assert line.split()[0] == verdict


def test_goals_that_were_not_measured_are_not_mentioned() -> None:
    assert render_goals(report_of(measured("nginx", 1, 1000))) == ""


def test_results_hold_every_measurement(tmp_path: Path) -> None:
    report = report_of(measured("nginx", 1, 1000), failed("ingate", 1, "3 errors"))
    write_results(tmp_path / "results" / "run.json", report, {"repeats": 1})
    written = json.loads((tmp_path / "results" / "run.json").read_text())
    assert written["repeats"] == 1
    assert written["medians"]["json"]["nginx"]["per_cpu_second"] == 1000
    assert [made["failure"] for made in written["measurements"]] == ["", "3 errors"]
