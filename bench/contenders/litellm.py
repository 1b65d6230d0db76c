"""LiteLLM's proxy: its Messages API in front of the `anthropic` provider, one worker, a master key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.preparation import Tool
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import BENCH_API_KEY, Json, Route, Target

_MASTER_KEY = "sk-bench-0123456789"


class LiteLLM:
    """A single uvicorn process; one model name per route."""

    name = "litellm"
    endurance = Endurance(
        warm_up_seconds=6,
        connections=8,
        requests_a_second=10,
        paced_streams=8,
        open_streams=100,
        streams_opened_a_second=15,
    )

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.version = tool.version
        self._port = 0
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._port = free_port()
        config = workspace / "litellm.yaml"
        config.write_text(json.dumps(_config(upstreams)))  # JSON is YAML
        self._process = PinnedProcess(
            [
                *self._tool.argv,
                *("--config", str(config), "--host", "127.0.0.1", "--port", str(self._port)),
                *("--num_workers", "1", "--telemetry", "False"),
            ],
            core=core,
            log=workspace / "litellm.log",
            environment={
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches its price list at start
                "LITELLM_LOG": "ERROR",
                "NO_PROXY": "127.0.0.1",
                "SSL_CERT_FILE": str(upstreams.certificate),
            },
        )
        wait_until_answering(self.target(Route.FAST), self._process, seconds=120)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (("x-api-key", _MASTER_KEY),)
        return Target(host="127.0.0.1", port=self._port, path="/v1/messages", headers=headers, model=f"bench-{route}")

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]


def _config(upstreams: MockUpstreams) -> Json:
    models: list[Json] = [
        {
            "model_name": f"bench-{route}",
            "litellm_params": {
                "model": "anthropic/claude-mock",
                "api_base": address.url,
                "api_key": BENCH_API_KEY,
            },
        }
        for route, address in upstreams.addresses.items()
    ]
    return {
        "model_list": models,
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "general_settings": {"master_key": _MASTER_KEY},
    }
