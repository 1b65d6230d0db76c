"""Claude Code, unmodified, in every way that its documentation points it at Foundry, at a small task on disk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.claude_code_ways import WAYS, Way, go_through, make_claude_environment
from tests.support.clients_matrix_entries import CLAUDE_CODE, exercises
from tests.support.principals import Application, assign_role, put_application
from tests.support.running import RunningIngate

from ingate.pytest_plugin.connection import Connection
from ingate.pytest_plugin.session import Ingate
from ingate.pytest_plugin.starting import Addresses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first run installs it

RUN_SECONDS = 50


@pytest.fixture(scope="module")
def application(azure_ingate: RunningIngate) -> Application:
    made = put_application(azure_ingate, "claude-code")
    scope = azure_ingate.account_path("example-resource")
    assign_role(azure_ingate, made.object_id, "Cognitive Services User", scope)
    return made


@pytest.fixture
def session(azure_ingate: RunningIngate, request: pytest.FixtureRequest) -> Iterator[Ingate]:
    """Scripts of this test's own."""
    addresses = Addresses(
        gateway_url=azure_ingate.gateway_url,
        management_url=azure_ingate.management_url,
        account_path=azure_ingate.account_path("example-resource"),
        admin_token=(azure_ingate.data_dir / "admin.token").read_text().strip(),
    )
    connection = Connection(addresses)
    name = request.node.name.partition("[")[2].rstrip("]").replace(" ", "-")
    session = Ingate(connection, session=name, api_key=azure_ingate.api_key)
    yield session
    session.close()
    connection.close()


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=exercises(CLAUDE_CODE, f"a task {way}"), id=str(way)) for way in WAYS]
)
def test_claude_code_does_a_task(
    azure_ingate: RunningIngate,
    session: Ingate,
    application: Application,
    claude_code: Path,
    way: Way,
    tmp_path: Path,
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    wrote = {"file_path": str(project / "greet.py"), "content": "print('hello')\n"}
    session.script(
        {
            "version": 1,
            "rules": [
                {"name": "write", "when": {"turn": 1}, "respond": {"content": [call("Write", wrote)]}},
                {
                    "name": "done",
                    "when": {"tool_result": {"tool": "Write", "is_error": False}},
                    "respond": "It greets.",
                },
            ],
            "unmatched": "error",
        }
    )
    before = len(azure_ingate.read_journal())
    task = ["-p", "Write a program that greets.", "--allowedTools", "Write", "--output-format", "json"]

    finished = subprocess.run(
        go_through(way, azure_ingate, application, [str(claude_code), *task]),
        cwd=project,
        env=make_claude_environment(tmp_path / "home")
        | {"ANTHROPIC_CUSTOM_HEADERS": f"x-ingate-session: {session.session}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert json.loads(finished.stdout)["result"] == "It greets."
    assert (project / "greet.py").read_text() == "print('hello')\n"
    assert [request.rule for request in session.requests] == ["write", "done"]
    assert "refused" not in finished.stderr, "it wanted to reach somebody else"
    settled = azure_ingate.read_journal()[before:]
    assert [(record["outcome"], record["stop_reason"]) for record in settled] == [
        ("completed", "tool_use"),
        ("completed", "end_turn"),
    ]
    assert all(record["usage"]["output_tokens"] > 0 for record in settled)
    caller = ("token", application.object_id) if way.with_entra else ("key", None)
    assert {(record["authentication"], record.get("principal_id")) for record in settled} == {caller}


def call(tool: str, tool_input: dict[str, str]) -> dict[str, Any]:
    return {"type": "tool_use", "name": tool, "input": tool_input}
