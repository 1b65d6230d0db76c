"""Starts `ingate up` on free ports and stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 15.0
_LOG_LINES = 40


class StartFailed(Exception):
    """`ingate up` did not come to serve. The text holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """How this test run wants its Ingate."""

    arguments: tuple[str, ...] = ()
    """More options of `ingate up`."""
    variables: tuple[tuple[str, str], ...] = ()
    """Settings that have no option."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running Ingate is."""

    gateway_url: str
    management_url: str
    account_path: str
    """Of the default resource, below the management URL."""
    admin_token: str


def parse_options(words: Sequence[str]) -> StartOptions:
    """Words such as `--seed 7` are options; words such as `INGATE_SIMULATOR_SEED=7` are settings."""
    settings = [word for word in words if word.startswith("INGATE_") and "=" in word]
    return StartOptions(
        arguments=tuple(word for word in words if word not in settings),
        variables=tuple((name, value) for name, _, value in (word.partition("=") for word in settings)),
    )


class IngateServer:
    """One `ingate up` with a data directory of its own. It ends with this process, however suddenly."""

    def __init__(self, folder: Path, options: StartOptions, environment: Mapping[str, str]) -> None:
        """Starts it. `environment` is this process's: its INGATE_ variables do not count, so that a test's outcome
        does not depend on who runs it."""
        self._data_dir = folder / "data"
        self.log_file = folder / "ingate.log"
        inherited = {name: value for name, value in environment.items() if not name.startswith("INGATE_")}
        command = [sys.executable, "-m", "ingate", "up", "--data-dir", str(self._data_dir)]
        command += ["--port", "0", "--management-port", "0", "--development-keys", *options.arguments]
        lifeline, lifeline_end = os.pipe()
        self._lifeline = os.fdopen(lifeline_end, "wb")
        """Ingate ends when it is closed, as this process' end closes it."""
        with os.fdopen(lifeline, "rb"), self.log_file.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--lifeline-fd", str(lifeline)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A stream that a test left open must not hold up the end of the run.
                env=inherited | {"INGATE_DRAIN_TIMEOUT": "0.5"} | dict(options.variables),
                pass_fds=(lifeline,),
            )

    def wait_until_ready(self, seconds: float = START_SECONDS) -> Addresses:
        """Raises StartFailed."""
        running_file = self._data_dir / "running.json"
        deadline = time.monotonic() + seconds
        while not running_file.exists():  # it is written when everything serves
            status = self._process.poll()
            if status is not None:
                raise StartFailed(f"`ingate up` ended with status {status}. {self.render_log()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"`ingate up` did not serve within {seconds:g} s. {self.render_log()}")
            time.sleep(0.02)
        running = json.loads(running_file.read_text(encoding="utf-8"))
        group_path = f"/subscriptions/{running['subscription_id']}/resourceGroups/{running['resource_group']}"
        accounts = f"{group_path}/providers/Microsoft.CognitiveServices/accounts"
        return Addresses(
            gateway_url=running["gateway_url"],
            management_url=running["management_url"],
            account_path=f"{accounts}/{running['default_resource']}",
            admin_token=(self._data_dir / "admin.token").read_text(encoding="utf-8").strip(),
        )

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def render_log(self) -> str:
        """The end of what it said, and where all of it is."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log_file}:", *(f"  {line}" for line in lines[-_LOG_LINES:])])

    def stop(self) -> None:
        """Also when it has ended already."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._lifeline.close()
