"""az, led to an Ingate in one of two ways, with a configuration directory of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.recording_upstream import refused_port
from tests.support.running import RunningIngate, inherit_environment

COMMAND_SECONDS = 90
CLOUD = "Ingate"

_DEVICE_CODE = re.compile(r"open the page (\S+) and enter the code (\S+) to authenticate")


@dataclass(frozen=True, kw_only=True)
class Az:
    command: Sequence[str]
    """What az's arguments are given to."""
    environment: Mapping[str, str]

    @property
    def configuration(self) -> Path:
        return Path(self.environment["AZURE_CONFIG_DIR"])

    def copy_to(self, folder: Path) -> Az:
        """Another one, that starts with this one's configuration and shares nothing from then on."""
        if self.configuration.exists():
            shutil.copytree(self.configuration, folder)
        return self.with_variables(AZURE_CONFIG_DIR=str(folder))

    def with_variables(self, **variables: str) -> Az:
        return replace(self, environment={**self.environment, **variables})

    def __call__(self, *arguments: str) -> Any:
        """What the command printed as JSON; None for nothing."""
        finished = self.run(*arguments, "--output", "json")
        assert finished.returncode == 0, f"az {' '.join(arguments)}\n{finished.stderr}"
        return json.loads(finished.stdout) if finished.stdout.strip() else None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
            env=dict(self.environment),
        )

    @contextmanager
    def signing_in_by_device_code(self) -> Generator[tuple[str, str, subprocess.Popen[str]]]:
        """The page's address and the code that az shows, and the process, which waits for a person."""
        process = subprocess.Popen(
            [*self.command, "login", "--use-device-code", "--output", "json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(self.environment),
        )
        timer = threading.Timer(COMMAND_SECONDS, process.kill)
        timer.start()
        try:
            yield (*_read_device_code(process), process)
            process.communicate()
        finally:
            process.kill()
            process.communicate()
            timer.cancel()


def _read_device_code(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if found := _DEVICE_CODE.search(line):
            return found[1], found[2]
    raise AssertionError(f"az showed no code:\n{said}")


def lead_transparently(python: Path, ingate: RunningIngate, folder: Path) -> Az:
    """`ingate run -- az`: nothing else is set."""
    run = [sys.executable, "-m", "ingate", "run", "--data-dir", str(ingate.data_dir), "--", str(find_az(python))]
    environment = inherit_environment({"AZURE_CONFIG_DIR": str(folder)})
    return Az(command=run, environment=environment)


@contextmanager
def lead_by_registered_cloud(python: Path, ingate: RunningIngate, folder: Path) -> Generator[Az]:
    """`az cloud register`. Whatever goes anywhere else than to this machine fails."""
    with refused_port() as nowhere:
        environment = {
            "AZURE_CONFIG_DIR": str(folder),
            "REQUESTS_CA_BUNDLE": str(ingate.ca_file),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": ingate.management_url,
            **dict.fromkeys(
                ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), f"http://127.0.0.1:{nowhere}"
            ),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
        }
        az = Az(command=[str(find_az(python))], environment=inherit_environment(environment))
        az("cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", ingate.tls_url)
        az("cloud", "set", "--name", CLOUD)
        yield az


def find_az(python: Path) -> Path:
    return python.with_name("az")
