"""`python -m bench.profile [SCENARIO]`: where Ingate's gateway spends its time under load. Needs py-spy and wrk."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.contenders.ingate import Ingate
from bench.exchange import NotReadyError
from bench.measurement import Instruments, MeasurementError
from bench.preparation import Skipped, prepare_nginx, prepare_wrk
from bench.scenarios.catalogue import SCENARIOS
from bench.scenarios.throughput import THROUGHPUT_METRICS, warm_up
from bench.surroundings import open_workspace, prepare_this_process
from bench.upstreams import start_mock_upstreams

_LOADS = {scenario.name: scenario for scenario in SCENARIOS if scenario.metrics is THROUGHPUT_METRICS}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("scenario", nargs="?", default="json", choices=sorted(_LOADS))
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rows", type=int, default=25)
    options = parser.parse_args(argv)
    py_spy = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if py_spy is None:
        print("bench.profile: needs py-spy (pip install py-spy)", file=sys.stderr)
        return 1
    core, load_core = prepare_this_process()
    try:
        with open_workspace() as workspace:
            samples = _record(py_spy, options.scenario, options.seconds, workspace, core, load_core)
    except (NotReadyError, MeasurementError) as error:
        print(f"bench.profile: {error}", file=sys.stderr)
        return 1
    _print_shares("of the time in the function itself", _own_samples(samples), samples.total(), options.rows)
    _print_shares(
        "of the time in the function and what it calls", _all_samples(samples), samples.total(), options.rows
    )
    return 0


def _record(
    py_spy: str, scenario: str, seconds: float, workspace: Path, core: int, load_core: int
) -> Counter[tuple[str, ...]]:
    """Samples by stack, outermost call first, while the scenario's load runs."""
    nginx, wrk = prepare_nginx(), prepare_wrk()
    upstreams = start_mock_upstreams(None if isinstance(nginx, Skipped) else nginx, workspace, core=load_core)
    contender = Ingate()
    output = workspace / "stacks"
    try:
        contender.start(upstreams, workspace, core=core)
        instruments = Instruments(
            upstreams=upstreams,
            wrk=None if isinstance(wrk, Skipped) else wrk,
            workspace=workspace,
            seconds=seconds,
        )
        warm_up(contender, instruments)
        [gateway] = contender.measured_pids()
        command = [py_spy, "record", "--pid", str(gateway), "--rate", "200", "--format", "raw", "--nonblocking"]
        command += ["--duration", str(int(seconds)), "--output", str(output)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as recorder:
            try:
                values = _LOADS[scenario].measure(contender, instruments)
                problem = recorder.communicate(timeout=30)[1]
            except BaseException:
                recorder.kill()
                raise
    finally:
        contender.stop()
        upstreams.stop()
    if not output.exists():
        raise MeasurementError(f"py-spy recorded nothing: {problem.strip()[-300:]}")
    print(", ".join(f"{metric.label} {values[metric.key]:,.{metric.digits}f}" for metric in THROUGHPUT_METRICS))
    return _parse_stacks(output.read_text())


def _parse_stacks(text: str) -> Counter[tuple[str, ...]]:
    """py-spy's raw format: `outer;inner COUNT` a line."""
    samples: Counter[tuple[str, ...]] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        samples[tuple(frame.rpartition(":")[0] or frame for frame in stack.split(";"))] += int(count)
    return samples


def _own_samples(samples: Counter[tuple[str, ...]]) -> Counter[str]:
    own: Counter[str] = Counter()
    for stack, count in samples.items():
        own[stack[-1]] += count
    return own


def _all_samples(samples: Counter[tuple[str, ...]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for stack, count in samples.items():
        for frame in set(stack):
            total[frame] += count
    return total


def _print_shares(title: str, counts: Counter[str], total: int, rows: int) -> None:
    print(f"\n{title}")
    for frame, count in counts.most_common(rows):
        print(f"  {100 * count / total:5.1f} %  {frame}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
