"""What Ingate sets out to reach, checked against a report. Printed, never enforced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report import Report

_INGATE = "ingate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One figure that Ingate should reach."""

    title: str
    bound: float
    at_most: bool = False
    """Whether less is better."""
    reached: Callable[[Report], float | None]
    """None when what it needs was not measured."""


def render_goals(report: Report) -> str:
    """One line a goal that could be measured; empty when there is none."""
    lines = [_line(goal, value) for goal in GOALS if (value := goal.reached(report)) is not None]
    return "\n".join(["goals", *lines]) if lines else ""


def _line(goal: Goal, value: float) -> str:
    met = value <= goal.bound if goal.at_most else value >= goal.bound
    relation = "<=" if goal.at_most else ">="
    return f"  {'reached' if met else 'SHORT  '}  {goal.title} {relation} {goal.bound:g}: {value:.2f}"


def _ratio(scenario: str, metric: str, other: str = "nginx") -> Callable[[Report], float | None]:
    return lambda report: report.median_ratio(scenario, _INGATE, other, metric)


def _added_beyond_nginx(report: Report) -> float | None:
    ours = report.median_of("latency", _INGATE, "added_p50_ms")
    theirs = report.median_of("latency", "nginx", "added_p50_ms")
    return None if ours is None or theirs is None else ours - theirs


def _memory(report: Report) -> float | None:
    return report.median_of("memory-10000", _INGATE, "kb_per_stream")


GOALS = (
    Goal(title="small JSON, x nginx", bound=0.40, reached=_ratio("json", "per_cpu_second")),
    Goal(title="small JSON, x Portkey", bound=20, reached=_ratio("json", "per_cpu_second", "portkey")),
    Goal(title="small JSON, x LiteLLM", bound=150, reached=_ratio("json", "per_cpu_second", "litellm")),
    Goal(title="400 KB JSON, x nginx", bound=0.30, reached=_ratio("json-400k", "per_cpu_second")),
    Goal(title="SSE burst, x nginx", bound=0.60, reached=_ratio("sse-burst", "per_cpu_second")),
    Goal(
        title="paced SSE, CPU an event x nginx",
        bound=1.8,
        at_most=True,
        reached=_ratio("sse-paced", "cpu_us_per_event"),
    ),
    Goal(
        title="added p50 at 200 requests/s beyond nginx's, ms",
        bound=0.15,
        at_most=True,
        reached=_added_beyond_nginx,
    ),
    Goal(title="10,000 open streams, KB each", bound=10, at_most=True, reached=_memory),
)
