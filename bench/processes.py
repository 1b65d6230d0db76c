"""Processes of a benchmark: started on one core, measured through /proc, ended by process id."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_STOP_SECONDS = 5.0


class PinnedProcess:
    """A process and its descendants on one core (None: on any), in a session of their own so that they can be ended
    together.

    They also get SIGTERM when this process dies, however it dies. Output goes to `log`.
    """

    def __init__(
        self, argv: Sequence[str], *, core: int | None, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        def prepare_child() -> None:
            if core is not None:
                os.sched_setaffinity(0, {core})
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

        assignments = [f"{name}={value}" for name, value in (environment or {}).items()]
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["env", *assignments, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=prepare_child,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def log_tail(self) -> str:
        """The last lines it printed, on one line, for error messages."""
        return " | ".join(self._log.read_text(errors="replace").splitlines()[-4:])[-500:]

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to what is left after five seconds."""
        family = [self.pid, *descendants(self.pid)]
        self._process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and self._any_alive(family):
            time.sleep(0.02)
        for pid in family:
            # Only what still belongs to the session that this object started: ids are used again.
            if _session_of(pid) == self.pid:
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _any_alive(self, family: Sequence[int]) -> bool:
        self._process.poll()
        return any(_session_of(pid) == self.pid for pid in family)


def descendants(pid: int) -> list[int]:
    """Process ids below `pid`, children first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            found += [int(child), *descendants(int(child))]
    return found


def command_line(pid: int) -> list[str]:
    """A process's arguments; empty when it is gone."""
    return _read(Path(f"/proc/{pid}/cmdline")).rstrip("\0").split("\0")


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time that these processes have used, all their threads."""
    total = 0
    for pid in pids:
        fields = _stat_fields(pid)
        total += int(fields[11]) + int(fields[12]) if fields else 0
    return total / _TICKS_A_SECOND


def resident_bytes(pids: Sequence[int]) -> int:
    """Memory that these processes have resident, pages they share counted once each."""
    return sum(int(_read(Path(f"/proc/{pid}/statm")).split()[1]) for pid in pids) * _PAGE_BYTES


def raise_descriptor_limit(wanted: int) -> int:
    """Raises the limit on open descriptors, for child processes too, as far as allowed; returns what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _session_of(pid: int) -> int | None:
    """A living process's session id; None for one that is gone or a zombie."""
    fields = _stat_fields(pid)
    return int(fields[3]) if fields and fields[0] != "Z" else None


def _stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat from the state field on: what precedes it may hold spaces."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
