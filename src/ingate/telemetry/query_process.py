"""A process that answers log queries, so that one can be ended at once, and takes neither the control process's
memory nor its time.

python -m ingate.telemetry.query_process DATA_DIRECTORY MEMORY_BYTES THREADS: requests on standard input, answers on
standard output, as in `query_protocol`. It ends with its input.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import resource
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ingate.kql.compiling import compile_query

from .query_execution import QueryExecution
from .query_protocol import (
    LENGTH_BYTES,
    FailedMessage,
    Message,
    OutOfMemoryMessage,
    QueryRequest,
    decode_request,
    render_message,
)

_log = logging.getLogger(__name__)

NICENESS = 10
ADDRESS_SPACE_FACTOR = 4
ADDRESS_SPACE_BASE = 4 * 1024**3
"""Bytes. An address space is larger than the memory that is used: of threads' stacks, arenas and mapped files."""


def main(arguments: Sequence[str]) -> int:
    folder, memory_bytes, threads = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    _stand_back(memory_bytes)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints does not get in between
    requests = _read_requests(sys.stdin.buffer)
    execution = QueryExecution(
        folder,
        name=f"query-{os.getpid()}",
        memory_bytes=memory_bytes,
        threads=threads,
        compile_query=compile_query,
    )

    def send(message: Message) -> None:
        if isinstance(message, FailedMessage):
            _log.error("a log query failed: %s", message.detail)
        output.write(render_message(message))
        output.flush()

    while True:
        request = requests.get()
        try:
            execution.run(request, send)
        except MemoryError:
            send(OutOfMemoryMessage())


def _stand_back(memory_bytes: int) -> None:
    """Behind whoever serves requests, and within bounds."""
    os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    limit = memory_bytes * ADDRESS_SPACE_FACTOR + ADDRESS_SPACE_BASE
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_requests(stream: BinaryIO) -> queue.Queue[QueryRequest]:
    """By a thread, which ends the process with its input, also within a query."""
    requests: queue.Queue[QueryRequest] = queue.Queue()

    def read() -> None:
        while len(length := stream.read(LENGTH_BYTES)) == LENGTH_BYTES:
            requests.put(decode_request(stream.read(int.from_bytes(length, "big"))))
        os._exit(0)

    threading.Thread(target=read, name="requests", daemon=True).start()
    return requests


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s: log query: %(message)s")
    sys.exit(main(sys.argv[1:]))
