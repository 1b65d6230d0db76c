"""An upstream that writes down every byte it is sent and answers from a script.

One thread a connection and blocking sockets: slow, and too simple to be wrong. It reads requests with
`strict_http`, so whatever a gateway sends that is not plain HTTP/1.1 becomes a `violation`; so do bytes that arrive
after a request and before its answer, because this gateway does not pipeline.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from .strict_http import Incomplete, Malformed, Request, parse_request
from .upstream_script import Answer, Close, Reset, Send, Stall, Step, Wait, echo

Script = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request as it arrived, and on which connection."""

    connection: int
    request: Request


class _Ended(Exception):
    """A step, or the gateway, ended the connection."""


class RecordingUpstream:
    """Listens on an ephemeral loopback port until `close`."""

    def __init__(self) -> None:
        self.script: Script = echo
        self.violations: list[str] = []
        self.accepted = 0
        self.abandoned: list[float] = []
        """When (monotonic) the gateway closed a connection before the answer was complete."""
        self._recorded: list[Recorded] = []
        self._open: dict[int, socket.socket] = {}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def recorded(self) -> list[Recorded]:
        with self._lock:
            return list(self._recorded)

    @property
    def requests(self) -> list[Request]:
        return [entry.request for entry in self.recorded]

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._open)

    def answer_with(self, answer: Answer) -> None:
        """Every request from now on gets this answer."""
        self.script = lambda _request: answer

    def clear(self) -> None:
        """Forgets what was recorded and answers `echo` again."""
        self.forget()
        self.violations.clear()
        self.abandoned.clear()
        self.script = echo

    def forget(self) -> None:
        """Drops what was recorded, and nothing else."""
        with self._lock:
            self._recorded.clear()

    def wait_until(self, condition: Callable[[], bool], seconds: float = 3.0) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def drop_idle_connections(self) -> None:
        """Ends every open connection: what a server does to idle ones. Call between requests."""
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.drop_idle_connections()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                number = self.accepted
                self._open[number] = connection
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._serve_requests(connection, number)
        except _Ended:
            pass
        except OSError:
            self.abandoned.append(time.monotonic())
        finally:
            connection.close()
            with self._lock:
                self._open.pop(number, None)

    def _serve_requests(self, connection: socket.socket, number: int) -> None:
        while True:
            request = self._read_request(connection)
            with self._lock:
                self._recorded.append(Recorded(connection=number, request=request))
            for step in self.script(request):
                self._perform(step, connection)
            if not request.keeps_alive:
                return

    def _read_request(self, connection: socket.socket) -> Request:
        data = bytearray()
        wanted = 0
        while True:
            received = connection.recv(262_144)
            if not received:
                if data:
                    self.abandoned.append(time.monotonic())
                raise _Ended
            data += received
            if len(data) < wanted:
                continue
            try:
                request, rest = parse_request(bytes(data))
            except Incomplete:
                wanted = _expected_size(data)
                continue
            except Malformed as problem:
                self.violations.append(f"{problem}: {bytes(data[:400])!r}")
                raise _Ended from None
            if rest:
                self.violations.append(f"bytes after the request: {rest[:400]!r}")
                raise _Ended
            return request

    def _perform(self, step: Step, connection: socket.socket) -> None:
        match step:
            case Send(data):
                connection.sendall(data)
            case Wait(seconds):
                time.sleep(seconds)
            case Stall(seconds):
                self._await_departure(connection, seconds)
            case Reset():
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Ended
            case Close():
                raise _Ended

    def _await_departure(self, connection: socket.socket, seconds: float) -> None:
        readable, _, _ = select.select([connection], [], [], seconds)
        if readable:
            received = connection.recv(65_536)
            if received:
                self.violations.append(f"bytes while the answer was due: {received[:400]!r}")
            self.abandoned.append(time.monotonic())
        raise _Ended


def _expected_size(data: bytearray) -> int:
    """Where the request will end if it says so with a length, to parse a large one once and not at every read."""
    head, blank, _ = bytes(data[:65_536]).partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if blank and line.startswith(b"content-length:") and line[15:].strip().isdigit():
            return len(head) + 4 + int(line[15:])
    return 0


@contextlib.contextmanager
def recording_upstream() -> Generator[RecordingUpstream]:
    upstream = RecordingUpstream()
    try:
        yield upstream
    finally:
        upstream.close()


@contextlib.contextmanager
def refused_port() -> Generator[int]:
    """A loopback port that nobody listens on and nobody else can take meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]
