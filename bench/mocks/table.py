"""The comparison for people: medians and ratios to Ingate, what was compared, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bench.measurement import Metric, Scenario
from bench.mocks.answers import CheckedAnswer
from bench.report import Report, align_rows

YARDSTICK = "ingate"

_CLAUDE_STATUS = 400


def render_comparison(report: Report, scenario: Scenario) -> str:
    """A row a mock: medians of every metric, then the median of the ratios to Ingate in the same round."""
    compared = next(metric for metric in scenario.metrics if metric.compared)
    rows = [["", *(metric.label for metric in scenario.metrics), f"x {YARDSTICK}"]]
    notes: list[str] = []
    for contender in report.contenders:
        failure = report.failure_of(scenario.name, contender)
        notes += [f"  {contender}: {failure}"] if failure else []
        if report.median_of(scenario.name, contender, compared.key) is None:
            continue
        ratio = report.median_ratio(scenario.name, contender, YARDSTICK, compared.key)
        figures = [_figure(report.median_of(scenario.name, contender, m.key), m) for m in scenario.metrics]
        rows.append([contender, *figures, "-" if ratio is None else f"{ratio:.2f}"])
    return "\n".join([f"{scenario.name} - {scenario.title}", *align_rows(rows), *notes])


def render_answers(answers: Mapping[str, Mapping[str, CheckedAnswer]]) -> str:
    """What each mock's answers consist of, by mock and scenario: whether the work is the same."""
    rows = [["", "scenario", "words", "bytes", "events"]]
    for contender, made in answers.items():
        for scenario, answer in made.items():
            rows.append([contender, scenario, str(answer.words), f"{answer.body_bytes:,}", str(answer.events or "-")])
    return "\n".join(["valid Messages answers", *align_rows(rows)])


def render_refusals(statuses: Mapping[str, Mapping[str, int]]) -> str:
    """A row an invalid request, a column a mock: its status. Claude's is 400 for all of them."""
    names = list(dict.fromkeys(name for made in statuses.values() for name in made))
    rows = [["", *statuses]]
    rows += [[name, *(str(made.get(name, "-")) for made in statuses.values())] for name in names]
    refused = [Counter(made.values())[_CLAUDE_STATUS] for made in statuses.values()]
    rows.append(["refused as Claude does", *(f"{count} of {len(names)}" for count in refused)])
    return "\n".join(["invalid requests: status (Claude: 400)", *align_rows(rows)])


def _figure(value: float | None, metric: Metric) -> str:
    return "-" if value is None else f"{value:,.{metric.digits}f}"
