"""Medians, ratios and their table; and the JSON file with every single measurement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.measurement import Measurement, Metric, Scenario
from bench.workload import Json

YARDSTICK = "nginx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was measured, and what is to be said about it."""

    scenarios: Sequence[Scenario]
    contenders: Sequence[str]
    """In the order of their rows."""
    measurements: Sequence[Measurement]
    left_out: Mapping[str, str]

    def median_of(self, scenario: str, contender: str, metric: str) -> float | None:
        """Over all repeats that have the figure; None when there is none."""
        values = [made.values[metric] for made in self._made(scenario, contender) if metric in made.values]
        return median(values) if values else None

    def median_ratio(self, scenario: str, contender: str, other: str, metric: str) -> float | None:
        """The median of the ratios contender : other taken within each repeat."""
        others = {made.repeat: made.values.get(metric) for made in self._made(scenario, other)}
        ratios: list[float] = []
        for made in self._made(scenario, contender):
            value, reference = made.values.get(metric), others.get(made.repeat)
            if value is not None and reference:
                ratios.append(value / reference)
        return median(ratios) if ratios else None

    def failure_of(self, scenario: str, contender: str) -> str:
        """Why a contender has no figures, or fewer than others."""
        return next((made.failure for made in self._made(scenario, contender) if made.failure), "")

    def _made(self, scenario: str, contender: str) -> list[Measurement]:
        return [made for made in self.measurements if made.scenario == scenario and made.contender == contender]


def render_report(report: Report) -> str:
    """One table a scenario, for people."""
    measured = {made.scenario for made in report.measurements}
    tables = [render_table(report, scenario) for scenario in report.scenarios if scenario.name in measured]
    left_out = [f"left out: {name}: {reason}" for name, reason in report.left_out.items()]
    return "\n\n".join([*tables, *left_out])


def render_table(report: Report, scenario: Scenario) -> str:
    """Medians of every metric, then the ratio to nginx of the one that is compared."""
    compared = next(metric for metric in scenario.metrics if metric.compared)
    header = ["", *(metric.label for metric in scenario.metrics), f"x {YARDSTICK}"]
    rows = [header]
    notes: list[str] = []
    for contender in report.contenders:
        values = [report.median_of(scenario.name, contender, metric.key) for metric in scenario.metrics]
        failure = report.failure_of(scenario.name, contender)
        if failure:
            notes.append(f"  {contender}: {failure}")
        if all(value is None for value in values):
            continue
        ratio = report.median_ratio(scenario.name, contender, YARDSTICK, compared.key)
        cells = [_figure(value, metric) for value, metric in zip(values, scenario.metrics, strict=True)]
        rows.append([contender, *cells, "-" if ratio is None else _ratio(ratio)])
    return "\n".join([f"{scenario.name} - {scenario.title}", *align_rows(rows), *notes])


def write_results(path: Path, report: Report, circumstances: Json) -> None:
    """The medians and every measurement, for programs."""
    medians: Json = {
        scenario.name: {
            contender: {
                metric.key: value
                for metric in scenario.metrics
                if (value := report.median_of(scenario.name, contender, metric.key)) is not None
            }
            for contender in report.contenders
        }
        for scenario in report.scenarios
    }
    content: Json = {
        **circumstances,
        "medians": medians,
        "measurements": [asdict(made) for made in report.measurements],
        "left_out": dict(report.left_out),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def _figure(value: float | None, metric: Metric) -> str:
    return "-" if value is None else f"{value:,.{metric.digits}f}"


def _ratio(ratio: float) -> str:
    """Three decimals for small ones, so that they do not all become 0.00."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}"


def align_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
