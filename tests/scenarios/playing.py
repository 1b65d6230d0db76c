"""A scripted simulator on a clock of its own, and what a client sees of its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ingate.simulator.incoming import ServedAs, SimulatorRequest
from ingate.simulator.scripting.script_file import ScriptFile
from ingate.simulator.scripting.scripted_simulator import ScriptedSimulator
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings

MODEL = "claude-sonnet-4-5"


def question(content: Any = "Hello", **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": content}]} | fields


@dataclass
class Seen:
    """An answer as it reached the client."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    waits: list[float]
    is_cut: bool = False
    """The connection was cut before the answer had ended."""
    forward_to: str | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return "".join(block.get("text", "") for block in self.json["content"])

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def events(self) -> list[str]:
        return [line[7:] for line in self.content.decode().split("\n") if line.startswith("event: ")]

    @property
    def data(self) -> list[Any]:
        return [json.loads(line[5:]) for line in self.content.decode().split("\n") if line.startswith("data:")]

    @property
    def streamed_text(self) -> str:
        return "".join(event["delta"].get("text", "") for event in self.data if "delta" in event)


@dataclass
class Player:
    """Sends requests to a scripted simulator. Waiting costs no time: the clock is set on."""

    now: float = 100.0
    settings: SimulatorSettings = field(default_factory=SimulatorSettings)

    def __post_init__(self) -> None:
        self.simulator = ScriptedSimulator(
            Simulator(settings=self.settings), clock=lambda: self.now, wall_clock=lambda: 1_700_000_000.5, seed=7
        )

    def use(self, script: str, *, session: str = "") -> Player:
        self.simulator.use_script(script, "scenario", session=session)
        return self

    def use_file(self, path: Path) -> Player:
        self.simulator.use_file(ScriptFile(path))
        return self

    def ask(
        self,
        content: Any = "Hello",
        *,
        body: dict[str, Any] | bytes | None = None,
        session: str = "",
        path: bytes = b"/v1/messages",
        headers: Iterable[tuple[str, str]] = (),
        deployment: str = "",
        **fields: Any,
    ) -> Seen:
        """Asks with a user's message of this content, or with a whole body, and reads the answer to its end."""
        if not isinstance(body, bytes):
            body = json.dumps(body if body is not None else question(content, **fields)).encode()
        sent = [("anthropic-version", "2023-06-01"), *headers, *([("x-ingate-session", session)] if session else [])]
        return self.receive(
            self.simulator.answer(
                SimulatorRequest(
                    path=path,
                    headers=[(name.encode(), value.encode()) for name, value in sent],
                    body=body,
                    served_as=ServedAs(deployment_name=deployment),
                )
            )
        )

    def receive(self, answer: SimulatedAnswer) -> Seen:
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        seen = Seen(answer.status, headers, b"", [], forward_to=answer.forward_to)
        try:
            for wait, piece in answer.chunks:
                self.now += wait
                seen.waits.append(wait)
                seen.content += piece
        except ConnectionResetError:
            seen.is_cut = True
        return seen

    def call(self, method: str, path: str, body: str = "", **query: str) -> tuple[int, Any]:
        """The admin API: status and decoded body."""
        answer = self.simulator.administer(method.encode(), path.encode(), urlencode(query).encode(), body.encode())
        return answer.status, json.loads(answer.body) if answer.body else None

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.call("GET", "requests")[1]["requests"]

    @property
    def last(self) -> dict[str, Any]:
        """What the journal says of the last request."""
        return self.requests[-1]

    @property
    def findings(self) -> list[str]:
        return [finding["kind"] for finding in self.call("GET", "verdict")[1]["findings"]]
