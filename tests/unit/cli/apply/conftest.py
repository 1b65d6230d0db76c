"""`ingate apply` and `ingate export`, run in memory against `fake_control_plane`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import click
import httpx2
import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.apply.fake_control_plane import FakeControlPlane
from tests.unit.cli.fake_ingate import GATEWAY_URL, MANAGEMENT_URL, SUBSCRIPTION, TOKEN

from ingate.cli.apply.command import apply_command
from ingate.cli.apply.export import export_command
from ingate.cli.invocation import Invocation


class RunCommand(Protocol):
    """Runs one command line; `terminal` puts a person before it, who types `stdin`."""

    def __call__(
        self, *arguments: str, terminal: bool = False, stdin: str = "", environment: dict[str, str] | None = None
    ) -> Result: ...


class ApplyText(Protocol):
    """Writes a text to a file beside nothing else, and applies it."""

    def __call__(self, text: str, *arguments: str, name: str = "foundry.yaml", terminal: bool = False) -> Result: ...


@pytest.fixture
def control_plane() -> FakeControlPlane:
    return FakeControlPlane()


@pytest.fixture
def run_command(control_plane: FakeControlPlane, tmp_path: Path) -> RunCommand:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    running = {
        "pid": 1,
        "gateway_url": GATEWAY_URL,
        "management_url": MANAGEMENT_URL,
        "subscription_id": SUBSCRIPTION,
        "resource_group": "example-group",
        "tenant_id": "11111111-1111-1111-1111-111111111111",
        "default_resource": "example-resource",
    }
    (data_dir / "running.json").write_text(json.dumps(running))
    (data_dir / "admin.token").write_text(TOKEN)
    group = click.Group("ingate", commands=[apply_command, export_command])

    def run(
        *arguments: str, terminal: bool = False, stdin: str = "", environment: dict[str, str] | None = None
    ) -> Result:
        variables = {"INGATE_DATA_DIR": str(data_dir)} | (environment or {})
        invocation = Invocation(
            environment=variables,
            stdin_is_terminal=terminal,
            stdout_is_terminal=terminal,
            transport=httpx2.MockTransport(control_plane.handle),
        )
        unset: dict[str, str | None] = dict.fromkeys(("INGATE_MANAGEMENT_URL", "INGATE_ADMIN_TOKEN"))
        return CliRunner().invoke(group, arguments, obj=invocation, env={**unset, **variables}, input=stdin)

    return run


@pytest.fixture
def apply_text(run_command: RunCommand, tmp_path: Path) -> ApplyText:
    def run(text: str, *arguments: str, name: str = "foundry.yaml", terminal: bool = False) -> Result:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return run_command("apply", "-f", str(file), *arguments, terminal=terminal)

    return run
