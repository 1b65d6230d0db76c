"""This process's own surroundings: its cores, limits, signals and scratch directory."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bench.preparation import CACHE
from bench.processes import raise_descriptor_limit

_DESCRIPTORS = 25_000
"""Enough for 10,000 relayed streams, where it is allowed. Every process that is started inherits it."""


def prepare_this_process() -> tuple[int, int]:
    """Moves this process to the load core, and makes SIGTERM stop it as Ctrl-C does. Returns the contenders' core and
    the load core."""
    signal.signal(signal.SIGTERM, _interrupt)
    raise_descriptor_limit(_DESCRIPTORS)
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) == 1:
        print("only one core: contender and load share it, so requests/s mean little; see req/cpu-s")
    os.sched_setaffinity(0, {allowed[-1]})
    return allowed[0], allowed[-1]


@contextmanager
def open_workspace() -> Generator[Path]:
    """A directory for configurations, logs and data of one run, removed at its end; those of killed runs go too."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for left in CACHE.glob("run-*"):
        if not Path(f"/proc/{left.name.split('-')[1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=CACHE))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
