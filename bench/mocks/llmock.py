"""llmock (PyPI, FastAPI on uvicorn): replies scripted over its control API. It has no pace unless asked for one.

Why this one. Four mocks on PyPI claim the Messages API; each was started and asked for an answer and a stream.
llmock 0.2.2 gives a valid answer and the documented sequence of events. fakellm 0.3.5 does too, but sleeps 10 ms
after each word, which nothing turns off. mockllm 0.0.8 streams events of its own invention without `event:` lines or
`message_start`, which no Anthropic client reads. llm-mock 1.0.1 is no server: it patches httpx in the test's process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import NotReadyError, exchange_json, wait_until_answering
from bench.preparation import Tool
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import Json, Route, Shape, Target


class Llmock:
    """One uvicorn process; its access log is off, its request journal is as it comes. Streams word by word."""

    name = "llmock"
    endurance = Endurance(warm_up_seconds=4)

    def __init__(self, tool: Tool, texts: Mapping[Shape, str]) -> None:
        self._tool = tool
        self._texts = texts
        self.version = tool.version
        self._port = 0
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._port = free_port()
        self._process = PinnedProcess(
            [*self._tool.argv, "serve", "--host", "127.0.0.1", "--port", str(self._port), "--log-level", "warning"],
            core=core,
            log=workspace / "llmock.log",
        )
        wait_until_answering(self.target(Route.FAST), self._process, seconds=30)
        script: Json = {"behaviors": [_reply(shape, text) for shape, text in self._texts.items()]}
        status, answer = exchange_json(self._port, "POST", "/_llmock/scenario", script, {})
        if status != 201:
            raise NotReadyError(f"llmock did not take its script: {status} {answer}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (("x-api-key", "bench"),)
        path = "/anthropic/v1/messages"
        return Target(host="127.0.0.1", port=self._port, path=path, headers=headers, model="claude-haiku-4-5")

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]


def _reply(shape: Shape, text: str) -> Json:
    """A reply that never runs out, for requests that stream or for those that do not."""
    match: Json = {"provider": "anthropic", "stream": shape is not Shape.JSON}
    return {"type": "reply", "text": text, "times": None, "match": match}
