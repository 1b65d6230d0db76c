"""The command line run in memory, against `fake_ingate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import click
import httpx2
import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.fake_entra import TENANT
from tests.unit.cli.fake_ingate import GATEWAY_URL, MANAGEMENT_URL, SECURE_URL, SUBSCRIPTION, TOKEN, FakeIngate

from ingate.cli.app import build_cli
from ingate.cli.invocation import Invocation
from ingate.cli.record import record_command
from ingate.cli.run import run_command
from ingate.cli.run_processes import Programs
from ingate.cli.up import up_command


class Run(Protocol):
    """Runs one command line; `environment` is all of its environment, `terminal` puts a person before it."""

    def __call__(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        stdin: str = "",
        terminal: bool = False,
    ) -> Result: ...


@pytest.fixture
def ingate() -> FakeIngate:
    return FakeIngate()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The data directory of a running Ingate."""
    running = {
        "pid": 1,
        "gateway_url": GATEWAY_URL,
        "management_url": MANAGEMENT_URL,
        "management_tls_url": SECURE_URL,
        "subscription_id": SUBSCRIPTION,
        "resource_group": "example-group",
        "tenant_id": TENANT,
        "default_resource": "example-resource",
    }
    (tmp_path / "running.json").write_text(json.dumps(running))
    (tmp_path / "admin.token").write_text(TOKEN + "\n")
    return tmp_path


@pytest.fixture
def cli() -> click.Group:
    def serve(**_options: object) -> int:
        return 0

    return build_cli(up_command(serve), record_command(serve), run_command(Programs(up=(), proxy=())))


@pytest.fixture
def run(ingate: FakeIngate, data_dir: Path, cli: click.Group) -> Run:
    def run(
        *arguments: str,
        environment: dict[str, str] | None = None,
        stdin: str = "",
        terminal: bool = False,
    ) -> Result:
        # Whatever the machine that runs the tests has set must not matter: None unsets.
        unset = dict.fromkeys(("INGATE_MANAGEMENT_URL", "INGATE_API_KEY", "ANTHROPIC_FOUNDRY_API_KEY"))
        variables = {"INGATE_DATA_DIR": str(data_dir), "INGATE_CONFIG_DIR": str(data_dir / "config")}
        variables |= environment or {}
        invocation = Invocation(
            environment=variables,
            stdin_is_terminal=terminal,
            stdout_is_terminal=terminal,
            transport=httpx2.MockTransport(ingate.handle),
            clock=ingate.entra.clock,
        )
        return CliRunner().invoke(cli, arguments, obj=invocation, env=unset | variables, input=stdin)

    return run
