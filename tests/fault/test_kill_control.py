"""`kill -9` of the control process while it is written to: each write is there whole or not at all, the audit trail
says the same, and the gateway serves all the while.

Eight kills by default; INGATE_CONTROL_KILLS=20 for the long run.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.principals import bear, call_claude, list_audit_events
from tests.support.running import RunningIngate, start_ingate

KILLS = int(os.getenv("INGATE_CONTROL_KILLS", "8"))
WRITERS = 3
RESTART_SECONDS = 20.0


@dataclass
class Writer:
    """Writes one deployment over and over, with the next number each time."""

    ingate: RunningIngate
    name: str
    committed: list[int] = field(default_factory=lambda: [])
    """Numbers of writes that are known to have happened, in their order."""
    unanswered: int = 0
    """Writes whose answer never came."""
    problems: list[str] = field(default_factory=lambda: [])
    is_over: bool = False

    @property
    def path(self) -> str:
        return f"{self.ingate.account_path('example-resource')}/deployments/{self.name}"

    def run(self) -> None:
        number = 0
        while not self.is_over:
            number += 1
            status = self._put(number)
            if status in (200, 201):
                self.committed.append(number)
            elif status is None:
                self.unanswered += 1
                self._find_out(number)
            else:
                self.problems.append(f"write {number} was answered with {status}")

    def _put(self, number: int) -> int | None:
        body = {
            "sku": {"name": "GlobalStandard", "capacity": number},
            "properties": {
                "model": {"format": "Anthropic", "name": "claude-haiku-4-5"},
                "ingate": {"upstream": "simulator", "upstreamModel": f"model-{number}"},
            },
        }
        try:
            return self._send("PUT", body).status_code
        except httpx2.TransportError:
            return None

    def _find_out(self, number: int) -> None:
        """Whether the unanswered write happened: the old or the new, and both halves of it."""
        stored = self._read()
        before = self.committed[-1] if self.committed else None
        if stored == (number, f"model-{number}"):
            self.committed.append(number)
        elif stored != (None if before is None else (before, f"model-{before}")):
            self.problems.append(f"after write {number}, with {before} before it, there is {stored}")

    def _read(self) -> tuple[int, str] | None:
        deadline = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                answer = self._send("GET")
            except httpx2.TransportError:
                assert time.monotonic() < deadline, "the control process did not come back"
                time.sleep(0.02)
                continue
            if answer.status_code == 404:
                return None
            document = answer.json()
            return document["sku"]["capacity"], document["properties"]["ingate"]["upstreamModel"]

    def _send(self, method: str, body: object = None) -> httpx2.Response:
        token = bear((self.ingate.data_dir / "admin.token").read_text().strip())
        url = f"{self.ingate.management_url}{self.path}"
        query = {"api-version": "2025-09-01"}
        return httpx2.request(method, url, params=query, headers=token, json=body, trust_env=False, timeout=20)


@pytest.mark.slow
@pytest.mark.timeout(60 + 10 * KILLS)
def test_each_write_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with start_ingate(tmp_path / "data", "--log-level", "error") as ingate:
        key = ingate.api_key
        writers = [Writer(ingate=ingate, name=f"written-{number}") for number in range(WRITERS)]
        dice = random.Random(7)  # noqa: S311 - for the same kills in every run
        with _running(writers), _asking_claude(ingate, key) as statuses:
            for _ in range(KILLS):
                _wait_for_writes(writers)
                time.sleep(dice.random() * 0.05)
                killed = find_control(ingate)
                os.kill(killed, signal.SIGKILL)
                _wait_for_another(ingate, killed)
            _wait_for_writes(writers)

        assert [writer.problems for writer in writers] == [[]] * WRITERS
        assert sum(writer.unanswered for writer in writers) > 0, "no kill met a write"
        assert set(statuses) == {200}
        ingate.wait_until_served()
        for writer in writers:
            _assert_the_trail_agrees(ingate, writer)
            last = writer.committed[-1]
            assert read_directory(ingate)[writer.name] == (last, f"model-{last}")


def _assert_the_trail_agrees(ingate: RunningIngate, writer: Writer) -> None:
    written = [event for event in list_audit_events(ingate, writer.path) if event["action"].endswith("/write")]

    assert {event["result"] for event in written} == {"succeeded"}
    assert len(written) == len(writer.committed)


def read_directory(ingate: RunningIngate) -> dict[str, tuple[int, str]]:
    directory: dict[str, Any] = json.loads((ingate.data_dir / "directory.json").read_bytes())
    return {
        entry["name"]: (entry["capacity"], entry["upstream_model"])
        for resource in directory["resources"]
        for entry in resource["deployments"]
    }


@contextlib.contextmanager
def _running(writers: list[Writer]) -> Generator[None]:
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for writer in writers:
            writer.is_over = True
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def _asking_claude(ingate: RunningIngate, key: str) -> Generator[list[int]]:
    statuses: list[int] = []
    is_over = threading.Event()

    def ask() -> None:
        with httpx2.Client(trust_env=False, timeout=20) as client:
            while not is_over.wait(0.02):
                statuses.append(call_claude(ingate, {"api-key": key}, client=client).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        is_over.set()
        thread.join()


def _wait_for_writes(writers: list[Writer]) -> None:
    """A few more of each."""
    wanted = [len(writer.committed) + 3 for writer in writers]
    deadline = time.monotonic() + RESTART_SECONDS
    while any(len(writer.committed) < count for writer, count in zip(writers, wanted, strict=True)):
        assert time.monotonic() < deadline, [writer.problems for writer in writers]
        time.sleep(0.005)


def _wait_for_another(ingate: RunningIngate, killed: int) -> None:
    deadline = time.monotonic() + RESTART_SECONDS
    while find_control(ingate) in (0, killed):
        assert time.monotonic() < deadline, "the control process was not started again"
        time.sleep(0.02)


def find_control(ingate: RunningIngate) -> int:
    """Its process id; 0 between two of them."""
    supervisor = ingate.process.pid
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        with contextlib.suppress(OSError):  # it has just ended
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"control" in command:
                return int(child)
    return 0
