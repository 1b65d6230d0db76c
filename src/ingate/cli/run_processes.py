"""The processes of `ingate run`: an Ingate where none runs, the proxy, and the command itself."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .failure import CommandFailed
from .json_value import get_text
from .running import RUNNING_FILE, RunningIngate, read_running

START_SECONDS = 60.0
STOP_SECONDS = 15.0
PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """How to start what the command line is not: argument lists to which options are added."""

    up: Sequence[str]
    proxy: Sequence[str]


def find_living(data_dir: Path) -> RunningIngate | None:
    """The Ingate that runs with `data_dir`; one that was killed has left its file behind, and does not count."""
    running = read_running(data_dir)
    if running is None:
        return None
    parts = urlsplit(running.gateway_url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=2).close()
    except OSError:
        return None
    return running


@contextlib.contextmanager
def start_ingate(
    programs: Programs, data_dir: Path, *, log_file: Path, environment: Mapping[str, str]
) -> Generator[RunningIngate]:
    """Serves on free ports until the block ends, or this process does, however suddenly. Ends the command with what
    it said when it does not start."""
    command = [*programs.up, "--data-dir", str(data_dir)]
    for option in ("--port", "--management-port", "--management-tls-port"):
        command += [option, "0"]
    lifeline, lifeline_end = os.pipe()
    try:
        with log_file.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--lifeline-fd", str(lifeline)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=dict(environment),
                pass_fds=(lifeline,),
                start_new_session=True,  # Ctrl-C is the command's; this ends after it
            )
        os.close(lifeline)
        with _stopped_in_the_end(process):
            _await_running(process, data_dir, log_file)
            running = read_running(data_dir)
            if running is None:
                raise CommandFailed("the Ingate that was started has ended.")
            yield running
    finally:
        os.close(lifeline_end)


@contextlib.contextmanager
def start_proxy(
    programs: Programs,
    running: RunningIngate,
    data_dir: Path,
    *,
    allowed: Sequence[str],
    passthrough: bool,
    report_file: Path,
) -> Generator[str]:
    """Its address. It says on stderr what it refuses, and ends with this process, however suddenly. When the block
    has ended, `report_file` has what it saw."""
    command = [*programs.proxy, "--data-dir", str(data_dir), "--gateway-url", running.gateway_url]
    command += ["--management-url", running.management_url, "--management-tls-url", running.management_tls_url]
    command += ["--observations", str(report_file)]
    command += [part for host in allowed for part in ("--allow", host)]
    command += ["--passthrough"] if passthrough else []
    lifeline, lifeline_end = os.pipe()
    ready, ready_end = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--lifeline-fd", str(lifeline), "--ready-fd", str(ready_end)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(lifeline, ready_end),
            start_new_session=True,
        )
        os.close(lifeline)
        os.close(ready_end)
        with _stopped_in_the_end(process):
            said = _read_line(ready, START_SECONDS)
            proxy_url = get_text(said, "proxy_url")
            if not proxy_url:
                raise CommandFailed(get_text(said, "error") or "the proxy did not start.")
            yield proxy_url
    finally:
        os.close(ready)
        os.close(lifeline_end)


@contextlib.contextmanager
def signals_passed_on(*, from_terminal: bool) -> Generator[Callable[[subprocess.Popen[bytes]], None]]:
    """Gives a function that names the process to pass them on to. Before it is called they end this command.

    A terminal sends its signals to the command as well, which is not to hear of one twice.
    """
    target: list[subprocess.Popen[bytes]] = []
    from_keyboard = (signal.SIGINT, signal.SIGQUIT) if from_terminal else ()

    def on_signal(number: int, frame: object) -> None:
        if not target:
            raise SystemExit(128 + number)
        if number not in from_keyboard:
            with contextlib.suppress(ProcessLookupError):
                target[0].send_signal(number)

    before = {number: signal.signal(number, on_signal) for number in PASSED_ON}
    try:
        yield target.append
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_to_its_end(
    command: Sequence[str], environment: Mapping[str, str], pass_signals_to: Callable[[subprocess.Popen[bytes]], None]
) -> int:
    """The exit code, as a shell has it: 128 and the signal's number for a command that one ended."""
    try:
        process = subprocess.Popen(list(command), env=dict(environment))  # noqa: S603 - what the user asked for
    except FileNotFoundError as error:
        raise CommandNotFound(f"{command[0]}: not found.") from error
    except OSError as error:
        raise CommandNotExecutable(f"{command[0]}: {error.strerror}.") from error
    pass_signals_to(process)
    status = process.wait()
    return status if status >= 0 else 128 - status


class CommandNotFound(CommandFailed):
    exit_code = 127
    """A shell's own for this, as the next one's."""


class CommandNotExecutable(CommandFailed):
    exit_code = 126


@contextlib.contextmanager
def _stopped_in_the_end(process: subprocess.Popen[bytes]) -> Generator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_running(process: subprocess.Popen[bytes], data_dir: Path, log_file: Path) -> None:
    """Until its own `running.json` is there; another's may have been left behind."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads((data_dir / RUNNING_FILE).read_text(encoding="utf-8")).get("pid") == process.pid:
                return
        time.sleep(0.05)
    said = log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-20:]
    raise CommandFailed("\n".join(["Ingate did not start.", *said]))


def _read_line(descriptor: int, seconds: float) -> object:
    """One line of JSON; an empty object when there is none in time."""
    deadline, said = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not said.endswith(b"\n") and time.monotonic() < deadline:
            if selector.select(0.25):
                part = os.read(descriptor, 65536)
                if not part:
                    break
                said += part
    return json.loads(said) if said.endswith(b"\n") else {}
