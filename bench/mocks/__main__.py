"""`python -m bench.mocks`: what Ingate's simulator answers on one core, beside other mocks on the same work."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.contenders.contender import Contender
from bench.measurement import Instruments, Measurement
from bench.mocks.aimock import Aimock
from bench.mocks.comparison import NO_UPSTREAMS, SCENARIOS, SHAPES, Comparison
from bench.mocks.ingate import SimulatingIngate
from bench.mocks.llmock import Llmock
from bench.mocks.table import render_answers, render_comparison, render_refusals
from bench.preparation import Skipped, Tool, prepare_aimock, prepare_llmock, prepare_wrk
from bench.report import Report, write_results
from bench.surroundings import open_workspace, prepare_this_process
from bench.workload import Json, Shape

RESULTS = Path(__file__).parent.parent / "results"

_OTHERS: Mapping[str, tuple[Callable[[], Tool | Skipped], Callable[[Tool, Mapping[Shape, str]], Contender]]] = {
    "aimock": (prepare_aimock, Aimock),
    "llmock": (prepare_llmock, Llmock),
}


def main(argv: Sequence[str]) -> int:
    options = _parse_arguments(argv)
    core, load_core = prepare_this_process()
    try:
        with open_workspace() as workspace:
            return _run(options.repeats, options.seconds, workspace, core=core, load_core=load_core)
    except KeyboardInterrupt:
        print("\nbench.mocks: interrupted; everything it started is stopped", file=sys.stderr)
        return 130


def _run(repeats: int, seconds: float, workspace: Path, *, core: int, load_core: int) -> int:
    wrk = prepare_wrk()
    if isinstance(wrk, Skipped):
        print(f"bench.mocks: needs wrk: {wrk.reason}", file=sys.stderr)
        return 1
    instruments = Instruments(upstreams=NO_UPSTREAMS, wrk=wrk, workspace=workspace, seconds=seconds)
    comparison = Comparison(instruments, core=core)
    measurements: list[Measurement] = []
    try:
        versions = _admit_all(comparison)
        if "ingate" in versions:
            for measurement in comparison.measure(repeats):
                measurements.append(measurement)
                _print_progress(measurement)
    finally:
        comparison.stop()
    report = Report(
        scenarios=SCENARIOS,
        contenders=comparison.names,
        measurements=measurements,
        left_out=comparison.left_out,
    )
    circumstances: Json = {
        "cores": {"contender": core, "load": load_core},
        "repeats": repeats,
        "seconds": seconds,
        "versions": versions,
    }
    _publish(report, comparison, circumstances)
    return 0 if any(measurement.values for measurement in measurements) else 1


def _admit_all(comparison: Comparison) -> dict[str, str]:
    """Versions by name. Ingate comes first: the others are scripted to say what it said."""
    ingate = SimulatingIngate()
    if not comparison.admit(ingate):
        return {}
    texts = {SHAPES[name]: answer.text for name, answer in comparison.answers[ingate.name].items()}
    contenders: list[Contender] = [
        SimulatingIngate("ingate --lenient", ["--lenient"]),
        SimulatingIngate("ingate --script", texts=texts),
    ]
    for name, (prepare, contender) in _OTHERS.items():
        tool = prepare()
        if isinstance(tool, Skipped):
            comparison.left_out[name] = tool.reason
            print(f"without {name}: {tool.reason}", flush=True)
        else:
            contenders.append(contender(tool, texts))
    return {admitted.name: admitted.version for admitted in [ingate, *filter(comparison.admit, contenders)]}


def _publish(report: Report, comparison: Comparison, circumstances: Json) -> None:
    tables = [render_comparison(report, scenario) for scenario in SCENARIOS] if report.measurements else []
    tables += [render_answers(comparison.answers), render_refusals(comparison.statuses)] if tables else []
    left_out = [f"left out: {name}: {reason}" for name, reason in report.left_out.items()]
    print("\n" + "\n\n".join([*tables, *left_out]) + "\n")
    now = datetime.fromtimestamp(time.time(), UTC)
    path = RESULTS / f"mocks-{now:%Y%m%dT%H%M%SZ}.json"
    answers = {
        name: {scenario: {**asdict(answer), "words": answer.words} for scenario, answer in made.items()}
        for name, made in comparison.answers.items()
    }
    surroundings: Json = {
        "at": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "kernel": platform.release(),
    }
    write_results(
        path, report, {**surroundings, **circumstances, "answers": answers, "refusals": comparison.statuses}
    )
    print(f"every measurement is in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def _print_progress(measurement: Measurement) -> None:
    values = measurement.values
    outcome = measurement.failure or f"{values['per_second']:8,.0f}/s, core use {values['core_use']:.2f}"
    print(f"#{measurement.repeat} {measurement.scenario:4} {measurement.contender:17} {outcome}", flush=True)


def _parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mocks", description=__doc__)
    parser.add_argument("--repeats", type=int, metavar="N", help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of load in each measurement (3)")
    parser.add_argument("--quick", action="store_true", help="one round of 1 s: to see that it works")
    options = parser.parse_args(argv)
    options.repeats = options.repeats or (1 if options.quick else 5)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)
    if not (1 <= options.repeats <= 50 and 1 <= options.seconds <= 120):
        parser.error("--repeats is 1 to 50 and --seconds 1 to 120")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
