"""How Claude Code, and what is built on it, is pointed at Foundry: by address or by resource, with a key or with
Entra ID."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .principals import Application
from .running import RunningIngate


@dataclass(frozen=True, kw_only=True)
class Way:
    by_resource: bool
    with_entra: bool

    def __str__(self) -> str:
        address = "resource name" if self.by_resource else "base URL"
        return f"by {address} with {'Entra ID' if self.with_entra else 'a key'}"


WAYS = [Way(by_resource=resource, with_entra=entra) for resource in (False, True) for entra in (False, True)]


def go_through(way: Way, ingate: RunningIngate, application: Application, command: Sequence[str]) -> list[str]:
    """`ingate run` for this command: nothing but Ingate can be reached from it."""
    address = (
        "ANTHROPIC_FOUNDRY_RESOURCE=example-resource"
        if way.by_resource
        else f"ANTHROPIC_FOUNDRY_BASE_URL={ingate.base_url}"
    )
    credential = ("--as", application.name) if way.with_entra else ("--key",)
    run = [sys.executable, "-m", "ingate", "run", "--data-dir", str(ingate.data_dir), *credential, "--"]
    return [*run, "env", "CLAUDE_CODE_USE_FOUNDRY=1", address, *command]


def make_claude_environment(home: Path) -> dict[str, str]:
    """Nothing of this machine's user, and no traffic of its own."""
    return {
        "PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_TELEMETRY": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
    }
