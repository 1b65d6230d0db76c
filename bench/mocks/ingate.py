"""Ingate as `ingate up` starts it, its simulator answering: strict; lenient, to see what validation costs; or from a
script, as other mocks answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.ingate_management import ENVIRONMENT, connect, render_command
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import Route, Shape, Target

_DEPLOYMENT = "bench-simulator"
"""The default deployments' quotas would be reached within a second."""


class SimulatingIngate:
    """API keys, quotas, journal and one gateway worker are on, as they are by default. All its processes count: the
    worker that answers, the control process and the supervisor."""

    version = "Ingate, this checkout"
    endurance = Endurance(warm_up_seconds=4)

    def __init__(
        self, name: str = "ingate", options: Sequence[str] = (), *, texts: Mapping[Shape, str] | None = None
    ) -> None:
        """`texts`: what a script says in place of generated answers."""
        self.name = name
        self._options = options
        self._texts = texts
        self._port = 0
        self._api_key = ""
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        """Needs no upstream: the simulator is one."""
        self._port, management_port = free_port(), free_port()
        folder = workspace / self.name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        data_directory = folder / "data"
        options = [*self._options, *_write_script(self._texts, folder)]
        self._process = PinnedProcess(
            render_command(self._port, management_port, data_directory, options),
            core=core,
            log=folder / "log",
            environment=ENVIRONMENT,
        )
        management = connect(management_port, data_directory, self._process)
        management.put_deployment(_DEPLOYMENT, {"upstream": "simulator"})
        self._api_key = management.get_key()
        wait_until_answering(self.target(Route.FAST), self._process, seconds=10)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (("api-key", self._api_key),)
        path = "/anthropic/v1/messages"
        return Target(host="127.0.0.1", port=self._port, path=path, headers=headers, model=_DEPLOYMENT)

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]


def _write_script(texts: Mapping[Shape, str] | None, folder: Path) -> Sequence[str]:
    """A rule for each shape's marker, which begins the user's message (bench/workload.py)."""
    if texts is None:
        return ()
    rules = [{"when": {"text": f"bench:{shape}"}, "respond": text} for shape, text in texts.items()]
    script = folder / "script.json"
    script.write_text(json.dumps({"version": 1, "rules": rules}))
    return ("--script", str(script))
