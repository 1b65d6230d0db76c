"""Writes docs/reference/clients.md from the tests that are marked with what they exercise, and from their results.

    python -m tests.support.clients_matrix              runs all of these tests, large clients included, and writes
    python -m tests.support.clients_matrix PATH...      runs some of them again; of the others the last result stays
    python -m tests.support.clients_matrix --render     runs none, and writes
    python -m tests.support.clients_matrix --check      runs none, writes none; exit code 1 if the page would change

Results are kept in tests/golden/clients.json. The page takes one only where the version is still the one that ran,
and every test of that client and phrase has passed; a test without a result makes it `not run`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import difflib
import io
import json
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .clients_matrix_entries import CLIENTS, MARKER, Client

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "clients.md"
RECORDING = ROOT / "tests" / "golden" / "clients.json"

HEADER = """# Clients

What is tested against Ingate, unmodified, in the versions named here. The page is generated from the marked tests
below `tests/contract` and their last recorded run ({platform}):
`python -m tests.support.clients_matrix` runs them and writes it. Addresses are the defaults; `ingate run` is in
[Run programs unmodified](../howto/run-unmodified-programs.md).

| Client | Version | How to point it at Ingate | Exercised | Result |
|---|---|---|---|---|
"""

Exercised = dict[tuple[str, str], set[str]]
"""The tests, without their parameters, by client and phrase."""


@dataclass(kw_only=True)
class Observer:
    """A plugin of pytest that sees which tests are marked, and what becomes of them."""

    exercised: Exercised = field(default_factory=Exercised)
    outcomes: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict[tuple[str, str], dict[str, str]])
    _marks: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers(MARKER):
                name, what = mark.args
                self._marks.setdefault(item.nodeid, []).append((name, what))
                self.exercised.setdefault((name, what), set()).add(_test_name(item.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        for key in self._marks.get(report.nodeid, []):
            outcomes = self.outcomes.setdefault(key, {})
            test = _test_name(report.nodeid)
            outcomes[test] = _worse(outcomes.get(test, "passed"), report.outcome)


def _test_name(node_id: str) -> str:
    return node_id.partition("[")[0]


def _worse(one: str, other: str) -> str:
    return max(one, other, key=("passed", "skipped", "failed").index)


def observe(*arguments: str) -> tuple[Observer, int]:
    """Of the marked tests. pytest's exit code comes with them."""
    observer = Observer()
    code = pytest.main(["-m", MARKER, "-p", "no:cacheprovider", *arguments], plugins=[observer])
    return observer, int(code)


def collect() -> Exercised:
    """Raises ValueError for a mark that names no client of the matrix."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        observer, code = observe("--collect-only", "-q", "tests/contract")
    if code != pytest.ExitCode.OK:
        raise ValueError(f"the tests cannot be collected:\n{said.getvalue()}")
    if strange := {name for name, _ in observer.exercised} - {client.name for client in CLIENTS}:
        raise ValueError(f"marked with clients that have no row: {', '.join(sorted(strange))}")
    return observer.exercised


def record(observer: Observer, *, earlier: dict[str, Any], today: str) -> dict[str, Any]:
    """`earlier` with the results of this run. What was seen of another version is forgotten."""
    clients: dict[str, Any] = dict(earlier.get("clients", {}))
    for (name, what), outcomes in observer.outcomes.items():
        version = find_version(name)
        if clients.get(name, {}).get("version") != version:
            clients[name] = {"version": version, "exercised": {}}
        results = clients[name]["exercised"].setdefault(what, {})
        results |= {test: f"{outcome} {today}" for test, outcome in outcomes.items()}
    ordered = {client.name: clients[client.name] for client in CLIENTS if client.name in clients}
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return {"platform": machine, "clients": ordered}


def find_version(name: str) -> str:
    """The pinned one, or this machine's. Raises KeyError."""
    client = {client.name: client for client in CLIENTS}[name]
    if client.version:
        return client.version
    said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else "unknown"


def render(exercised: Exercised, recording: dict[str, Any]) -> str:
    rows = [row for client in CLIENTS for row in _render_rows(client, exercised, recording)]
    return HEADER.format(platform=recording.get("platform", "none yet")) + "".join(rows)


def _render_rows(client: Client, exercised: Exercised, recording: dict[str, Any]) -> list[str]:
    """One for each phrase; what the client is stands in the first."""
    recorded: dict[str, Any] = recording.get("clients", {}).get(client.name, {})
    version = client.version or recorded.get("version", "this machine's")
    of_this_version: dict[str, Any] = recorded.get("exercised", {}) if recorded.get("version") == version else {}
    cells = [client.name, version, client.pointing]
    rows: list[str] = []
    for (name, what), tests in exercised.items():
        if name == client.name:
            rows.append(f"| {' | '.join([*cells, what, _judge(tests, of_this_version.get(what, {}))])} |\n")
            cells = ["", "", ""]
    return rows


def _judge(tests: set[str], results: dict[str, str]) -> str:
    """Of one phrase. The date is that of the test that was run longest ago."""
    found = [results.get(test, "not run").split(" ") for test in tests]
    outcomes = {outcome for outcome, _ in found}
    if outcomes == {"passed"}:
        return f"passed {min(date for _, date in found)}"
    return "**failed**" if "failed" in outcomes else "not run"


def read_recording() -> dict[str, Any]:
    return json.loads(RECORDING.read_text(encoding="utf-8")) if RECORDING.exists() else {}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.clients_matrix")
    parser.add_argument("--render", action="store_true", help="run nothing")
    parser.add_argument("--check", action="store_true", help="run nothing and write nothing")
    parser.add_argument("paths", nargs="*", help="which tests to run again, instead of all")
    chosen = parser.parse_args(arguments)
    if any("[" in path for path in chosen.paths):
        parser.error("name whole tests: one parameter's result is not the test's")
    if not chosen.render and not chosen.check:
        observer, code = observe("-v", *(chosen.paths or ["tests/contract"]))
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        recording = record(observer, earlier=read_recording() if chosen.paths else {}, today=today)
        RECORDING.write_text(json.dumps(recording, indent=1) + "\n", encoding="utf-8")
        again = [sys.executable, "-m", "tests.support.clients_matrix", "--render"]  # pytest runs once in a process
        return subprocess.run(again, cwd=ROOT, check=False).returncode or code
    page = render(collect(), read_recording())
    if chosen.check:
        there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), page.splitlines(True), "the page", "new"))
        return int(page != there)
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
