"""`python -m bench`: prepares, runs, prints, and writes `bench/results/`."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.contenders.contender import Contender
from bench.contenders.ingate import Ingate
from bench.contenders.litellm import LiteLLM
from bench.contenders.nginx import Nginx
from bench.contenders.portkey import Portkey
from bench.exchange import NotReadyError
from bench.goals import render_goals
from bench.measurement import DIRECT, Instruments, Measurement, Scenario
from bench.preparation import (
    Skipped,
    Tool,
    prepare_litellm,
    prepare_nginx,
    prepare_portkey,
    prepare_wrk,
)
from bench.report import Report, render_report, write_results
from bench.runner import Plan, Runner
from bench.scenarios.catalogue import SCENARIOS
from bench.surroundings import open_workspace, prepare_this_process
from bench.upstreams import start_mock_upstreams
from bench.workload import Json

RESULTS = Path(__file__).parent / "results"
CONTENDERS = ("nginx", "ingate", "portkey", "litellm")

_COMPARED_TOOLS: Mapping[str, tuple[Callable[[], Tool | Skipped], Callable[[Tool], Contender]]] = {
    "portkey": (prepare_portkey, Portkey),
    "litellm": (prepare_litellm, LiteLLM),
}


def main(argv: Sequence[str]) -> int:
    options = _parse_arguments(argv)
    core, load_core = prepare_this_process()
    try:
        with open_workspace() as workspace:
            return _run(options, workspace, core=core, load_core=load_core)
    except NotReadyError as error:
        print(f"bench: the mock upstream did not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted; everything it started is stopped", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace, workspace: Path, *, core: int, load_core: int) -> int:
    nginx, wrk = _tool(prepare_nginx()), _tool(prepare_wrk())
    plan = Plan(
        scenarios=options.scenarios,
        contenders=_prepare_contenders(options.contenders, nginx),
        repeats=options.repeats,
        seconds=options.seconds,
        core=core,
        load_core=load_core,
    )
    upstreams = start_mock_upstreams(nginx, workspace, core=load_core)
    try:
        instruments = Instruments(upstreams=upstreams, wrk=wrk, workspace=workspace, seconds=options.seconds)
        runner = Runner(plan, instruments)
        measurements: list[Measurement] = []
        started = time.monotonic()
        for measurement in runner.run():
            measurements.append(measurement)
            _print_progress(measurement, plan.scenarios, time.monotonic() - started)
    finally:
        upstreams.stop()
    contenders = [DIRECT, *(contender.name for contender in plan.contenders)]
    report = Report(
        scenarios=plan.scenarios, contenders=contenders, measurements=measurements, left_out=runner.left_out
    )
    _publish(report, plan)
    return 0 if any(measurement.values for measurement in measurements) else 1


def _publish(report: Report, plan: Plan) -> None:
    print(f"\n{render_report(report)}\n\n{render_goals(report)}\n")
    now = datetime.fromtimestamp(time.time(), UTC)
    circumstances: Json = {
        "at": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": {"contender": plan.core, "load": plan.load_core},
        "repeats": plan.repeats,
        "seconds": plan.seconds,
        "versions": {contender.name: contender.version for contender in plan.contenders},
    }
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    write_results(path, report, circumstances)
    print(f"every measurement is in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def _print_progress(measurement: Measurement, scenarios: Sequence[Scenario], elapsed: float) -> None:
    scenario = next(scenario for scenario in scenarios if scenario.name == measurement.scenario)
    figures = [
        f"{measurement.values[metric.key]:,.{metric.digits}f} {metric.label}"
        for metric in scenario.metrics
        if metric.key in measurement.values
    ]
    outcome = measurement.failure or ", ".join(figures)
    label = f"{measurement.scenario} #{measurement.repeat} {measurement.contender}"
    print(f"[{elapsed:4.0f} s] {label:28} {outcome}", flush=True)


def _prepare_contenders(names: Sequence[str], nginx: Tool | None) -> list[Contender]:
    contenders: list[Contender] = []
    for name in names:
        if name == "ingate":
            contenders.append(Ingate())
        elif name == "nginx":
            contenders += [Nginx(nginx)] if nginx else []
        else:
            prepare, contender = _COMPARED_TOOLS[name]
            tool = _tool(prepare())
            contenders += [contender(tool)] if tool else []
    return contenders


def _tool(prepared: Tool | Skipped) -> Tool | None:
    if isinstance(prepared, Skipped):
        print(f"without {prepared.name}: {prepared.reason}", flush=True)
        return None
    return prepared


def _parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    names = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures Ingate beside other gateways.")
    parser.add_argument("--only", metavar="SCENARIO,...", help=f"of {', '.join(names)}")
    parser.add_argument("--contenders", metavar="NAME,...", help=f"of {', '.join(CONTENDERS)}")
    parser.add_argument("--repeats", type=int, metavar="N", help="interleaved repeats (3)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of load in each measurement (3)")
    parser.add_argument("--quick", action="store_true", help="nginx and Ingate only, one short repeat")
    options = parser.parse_args(argv)
    only = _chosen(parser, options.only, names)
    if options.quick and not options.only:
        only = [name for name in names if name != "memory-10000"]
    options.scenarios = [scenario for scenario in SCENARIOS if scenario.name in only]
    quick_contenders = CONTENDERS[:2] if options.quick else CONTENDERS
    options.contenders = _chosen(parser, options.contenders, quick_contenders, CONTENDERS)
    options.repeats = options.repeats or (1 if options.quick else 3)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)
    if not (1 <= options.repeats <= 50 and 1 <= options.seconds <= 120):
        parser.error("--repeats is 1 to 50 and --seconds 1 to 120")
    return options


def _chosen(
    parser: argparse.ArgumentParser, given: str | None, default: Sequence[str], known: Sequence[str] = ()
) -> list[str]:
    """The names in a comma-separated list, or the default; an unknown one ends the program with a message."""
    if given is None:
        return list(default)
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = sorted(set(names) - set(known or default))
    if unknown or not names:
        parser.error(f"unknown: {', '.join(unknown) or given!r}; known are {', '.join(known or default)}")
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
