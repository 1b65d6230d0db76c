"""Claude Code, unmodified and offline, at work against the simulator: a question, a coding task that a script plays,
its own count of tokens, and a deployment of any name.

https://code.claude.com/docs/en/microsoft-foundry has the variables that point it at Foundry.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.clients_matrix_entries import CLAUDE_CODE, exercises

from ingate.pytest_plugin import Ingate, ingate

__all__ = ["ingate"]  # the fixture: a session for each test, instead of the one Ingate that contract tests share

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # the first run installs it
]

RUN_SECONDS = 50
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The directory that Claude Code works in."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def way_out() -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads nowhere, and what it was asked for: whoever wants to leave this machine shows up here."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(4096).decode("latin-1").partition("\r\n")[0])

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake it
        thread.join(5)


@pytest.fixture
def run(
    ingate: Ingate, claude_code: Path, project: Path, tmp_path: Path, way_out: tuple[str, list[str]]
) -> Iterator[Run]:
    """`claude -p ARGUMENTS`, which gives its report. It finds nothing of this machine's user, and no network."""
    proxy, asked_to_leave = way_out
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "CLAUDE_CODE_USE_FOUNDRY": "1",
        **ingate.environment,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_TELEMETRY": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1",
    }

    def run_claude(*arguments: str, more: Mapping[str, str] | None = None) -> dict[str, Any]:
        finished = subprocess.run(
            [str(claude_code), "-p", *arguments, "--output-format", "json"],
            cwd=project,
            env=environment | dict(more or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        report: dict[str, Any] = json.loads(finished.stdout)
        assert not report["is_error"], report
        return report

    yield run_claude
    assert asked_to_leave == []


@exercises(CLAUDE_CODE, "an answer")
def test_claude_code_gets_an_answer(ingate: Ingate, run: Run) -> None:
    report = run("hi", "--tools", "")  # with tools offered, the simulator would call one

    assert "simulated" in report["result"].lower()
    [request] = ingate.requests
    assert (request.status, request.answered_by) == (200, "generated")
    assert "claude-code-20250219" in request.headers["anthropic-beta"]
    assert report["usage"]["output_tokens"] > 0


@exercises(CLAUDE_CODE, "a task with four of its tools")
def test_claude_code_does_a_task_that_a_script_plays(ingate: Ingate, run: Run, project: Path) -> None:
    """Four tools of its own, each called because of what the one before gave back."""
    file = str(project / "greet.py")
    ingate.script(
        {
            "version": 1,
            "rules": [
                _call("write", {"turn": 1}, "Write", {"file_path": file, "content": "print('helo')\n"}),
                _call("read", {"tool_result": "Write"}, "Read", {"file_path": file}),
                _call(
                    "correct",
                    {"tool_result": {"tool": "Read", "contains": "helo"}},
                    "Edit",
                    {"file_path": file, "old_string": "helo", "new_string": "hello"},
                ),
                _call(
                    "try it",
                    {"tool_result": {"tool": "Edit", "is_error": False}},
                    "Bash",
                    {"command": "cat greet.py", "description": "Show the program"},
                ),
                {
                    "name": "done",
                    "when": {"tool_result": {"tool": "Bash", "contains": "print('hello')"}},
                    "respond": "It greets.",
                },
            ],
            "unmatched": "error",
        }
    )

    report = run("Write a program that greets.", "--allowedTools", "Write,Read,Edit,Bash(cat:*)")

    assert report["result"] == "It greets."
    assert (project / "greet.py").read_text() == "print('hello')\n"
    assert [request.rule for request in ingate.requests] == ["write", "read", "correct", "try it", "done"]
    assert ingate.verdict.ok, ingate.verdict


@exercises(CLAUDE_CODE, "`/context`")
def test_claude_code_counts_its_context(ingate: Ingate, run: Run) -> None:
    report = run("/context")

    used = re.search(r"\*\*Tokens:\*\* ([\d.]+)k / 200k", report["result"])
    assert used, report["result"]
    assert 5 < float(used[1]) < 60
    counted = ingate.requests
    assert len(counted) > 10
    assert {(request.path, request.status) for request in counted} == {("/v1/messages/count_tokens", 200)}


@exercises(CLAUDE_CODE, "deployments of any name")
@pytest.mark.parametrize("way", ["option", "variable"])
def test_claude_code_uses_a_deployment_of_any_name(ingate: Ingate, run: Run, way: str) -> None:
    name = ingate.deployment("my-own", model="claude-sonnet-5")

    if way == "option":
        report = run("hi", "--tools", "", "--model", name)
    else:
        report = run("hi", "--tools", "", more={"ANTHROPIC_MODEL": name})

    assert list(report["modelUsage"]) == [name]
    assert [(request.deployment_name, request.status) for request in ingate.requests] == [(name, 200)]


@exercises(CLAUDE_CODE, "deployments of any name")
def test_claude_code_learns_from_refusals_what_an_older_model_lacks(ingate: Ingate, run: Run) -> None:
    """Of a name it does not know it expects a new model. It understands the texts of errors, and asks for less
    each time."""
    name = ingate.deployment("my-old-one", model="claude-haiku-4-5")

    run("hi", "--tools", "", "--model", name)

    *refused, answered = ingate.requests
    assert {request.status for request in refused} == {400}
    assert answered.status == 200
    assert "effort" in refused[0].body["output_config"]
    assert [message["role"] for message in refused[0].body["messages"]] == ["user", "system"]
    assert "output_config" not in answered.body
    assert [message["role"] for message in answered.body["messages"]] == ["user"]
    assert answered.body["thinking"]["type"] == "enabled"


def _call(name: str, when: dict[str, Any], tool: str, tool_input: dict[str, str]) -> dict[str, Any]:
    """A rule that calls a tool."""
    block = {"type": "tool_use", "name": tool, "input": tool_input}
    return {"name": name, "when": when, "respond": {"content": [block]}}
