"""`python log_store_nursery.py DATA`: for each line `NOW WHEN` on its input, forks a process that keeps the log
store up, and tells its number and how it ended. Forking saves what importing DuckDB takes.

The process's clock starts at NOW and runs ahead 400 seconds a step, for 40 steps. It kills itself before its WHEN-th
change of the file system, at the -WHEN-th line that it executes of what changes files, or, with 0, is killed by
whoever asked for it.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import duckdb

from ingate.telemetry.log_keeper import LogKeeper

if TYPE_CHECKING:
    from _typeshed import TraceFunction

STEPS = 40
STEP_SECONDS = 400.0
RETENTION_DAYS = 3
CHANGES = frozenset({"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"})

CHANGING = frozenset(
    {"_join", "_seal", "delete_retired", "make_day_folder", "recover", "retire_old", "write", "write_manifest"}
)
"""Functions of the store that change files."""


def keep_up(data: Path, now: float, when: int) -> None:
    if when > 0:
        die_before_change(data, when)
    elif when < 0:
        die_at_line(-when)
    keeper = LogKeeper(data, retention_days=lambda: RETENTION_DAYS, segment_rows=60)
    for step in range(STEPS):
        keeper.step(now + step * STEP_SECONDS)
    keeper.close()


def die_before_change(data: Path, number: int) -> None:
    left = number

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in CHANGES and str(arguments[0]).startswith(str(data)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def die_at_line(number: int) -> None:
    left = number

    def count(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    def choose(frame: FrameType, _event: str, _argument: object) -> TraceFunction | None:
        is_ours = "telemetry" in frame.f_code.co_filename
        return count if is_ours and frame.f_code.co_name in CHANGING else None

    sys.settrace(choose)


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    data = Path(sys.argv[1])
    assert duckdb.__version__
    for line in sys.stdin:
        now, when = line.split()
        child = os.fork()
        if child == 0:
            keep_up(data, float(now), int(when))
            os._exit(0)
        say(child)
        _, status = os.waitpid(child, 0)
        say("killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
