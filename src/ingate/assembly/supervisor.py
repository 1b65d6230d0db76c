"""`ingate up`: binds the sockets, starts the control process and the gateway workers, and looks after them."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ingate.local_model.fault import LocalModelError
from ingate.settings import Settings, render_settings
from ingate.store.private_file import write_private_file

from .data_files import DIRECTORY_FILE, LOCK_FILE, PREVIOUS_DIRECTORY_FILE
from .local_upstream import LocalUpstream, start_local_upstream

_log = logging.getLogger("ingate")

RUNNING_FILE = "running.json"
PROXY_FILE = "proxy.json"
"""What became of the proxy's clients."""
READY_SECONDS = 60.0
RESTART_SECONDS = 1.0
"""Between a child's end and the next attempt, so that one that cannot start does not eat a core."""


class Announce(Protocol):
    """Renders what the user reads when everything serves."""

    def __call__(
        self,
        *,
        endpoint: str,
        management_url: str,
        management_tls_url: str,
        data_dir: str,
        resource: str,
        deployments: list[str],
        simulated: bool,
        local_model: str | None,
        recorded: tuple[str, str] | None,
        development_keys: bool,
        azure_names_port: int | None,
    ) -> str: ...


class StartFailed(Exception):
    """The text is for the user."""


def run_up(settings: Settings, *, announce: Announce, lifeline: int = -1) -> int:
    """Serves until SIGTERM or SIGINT, or until the pipe `lifeline` (its descriptor) has ended. Gives back the exit
    code."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s [supervisor] %(message)s",
        stream=sys.stderr,
    )
    try:
        with_lock = _lock_data_dir(settings.data_dir)
        if settings.record_to:
            Path(settings.record_to).mkdir(mode=0o700, parents=True, exist_ok=True)
        supervisor = Supervisor(settings, lifeline=lifeline)
    except (StartFailed, OSError) as error:
        _say(f"ingate: {error}")
        return 1
    try:
        details = supervisor.start()
        _print(_render_announcement(announce, settings, supervisor, details))
        return supervisor.run()
    except (StartFailed, LocalModelError) as error:
        _say(f"ingate: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        supervisor.stop()
        os.close(with_lock)


class Child:
    """One child process and how to start it again."""

    def __init__(self, name: str, start: Callable[[], tuple[subprocess.Popen[bytes], int]]) -> None:
        self.name = name
        self._start = start
        self.process, self.ready = start()
        self.restart_at: float | None = None

    def check(self, now: float) -> None:
        """Starts it again when it has ended."""
        if self.restart_at is not None:
            if now >= self.restart_at:
                self.restart_at = None
                self.process, ready = self._start()
                os.close(ready)
            return
        status = self.process.poll()
        if status is not None:
            _log.error("%s ended with status %d; starting it again", self.name, status)
            self.restart_at = now + RESTART_SECONDS


class Supervisor:
    """Owns the sockets, so that a child that is started again finds its clients waiting."""

    def __init__(self, settings: Settings, *, lifeline: int = -1) -> None:
        """Binds. Raises StartFailed."""
        self._settings = settings
        self._own_lifeline = lifeline
        self._children: list[Child] = []
        self._local: LocalUpstream | None = None
        self._lifeline, self._lifeline_end = os.pipe()
        self._gateway_sockets = _bind_gateways(settings)
        self._management_socket = _bind("127.0.0.1", settings.management_port, "--management-port")
        self._management_tls_socket = _bind("127.0.0.1", settings.management_tls_port, "--management-tls-port")
        self._proxy_socket = (
            _bind("127.0.0.1", settings.proxy_port, "--proxy-port") if settings.proxy_port >= 0 else None
        )
        self._tls_socket = _bind(settings.host, settings.tls_port, "--tls-port") if settings.tls else None
        self.proxy_url = _url_of(self._proxy_socket) if self._proxy_socket is not None else ""
        self.azure_names_port: int | None = (
            self._tls_socket.getsockname()[1] if self._tls_socket is not None else None
        )
        self.gateway_url = _url_of(self._gateway_sockets[0])
        self.management_url = _url_of(self._management_socket)
        self.management_tls_url = f"https://localhost:{self._management_tls_socket.getsockname()[1]}"
        self._stopping = False

    def start(self) -> dict[str, Any]:
        """Returns when everything serves, with what the control process says of the state."""
        settings = self._settings
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        _put_aside_directory(settings.data_dir)
        if settings.local:
            self._local = start_local_upstream(settings.local, settings.data_dir, _say)
        control = self._add_child(
            "control process",
            ["control", *self._control_arguments()],
            self._management_socket,
            self._management_tls_socket,
        )
        workers = [
            self._add_child(f"gateway worker {worker}", ["gateway", "--worker", str(worker)], listener)
            for worker, listener in enumerate(self._gateway_sockets)
        ]
        details = self._await_ready(control)
        for worker in workers:
            self._await_ready(worker)
        listeners = [listener for listener in (self._proxy_socket, self._tls_socket) if listener is not None]
        if listeners:
            self._await_ready(self._add_proxy(listeners))
        self._write_running(details)
        return details

    def run(self) -> int:
        while not self._is_to_stop():
            now = time.monotonic()
            for child in self._children:
                child.check(now)
            time.sleep(0.2)
        return 0

    def stop(self) -> None:
        """Tells the children to end in good order, and ends those that do not."""
        self._stopping = True
        (self._settings.data_dir / RUNNING_FILE).unlink(missing_ok=True)
        for listener in (*self._gateway_sockets, self._management_socket, self._management_tls_socket):
            listener.close()
        for listener in (self._proxy_socket, self._tls_socket):
            if listener is not None:
                listener.close()
        processes = [child.process for child in self._children]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + self._settings.drain_timeout + 2
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        if self._local is not None:
            self._local.process.terminate()
        os.close(self._lifeline_end)

    def _is_to_stop(self) -> bool:
        if not self._stopping and self._own_lifeline >= 0 and select.select([self._own_lifeline], [], [], 0)[0]:
            self._stopping = True
        return self._stopping

    def _on_signal(self, number: int, frame: object) -> None:
        self._stopping = True

    def _control_arguments(self) -> list[str]:
        arguments = ["--gateway-url", self.gateway_url]
        if self._local is not None:
            arguments += ["--local-upstream", msgspec.json.encode(self._local.definition).decode()]
        return arguments

    def _add_child(self, name: str, arguments: list[str], *listeners: socket.socket) -> Child:
        child = Child(name, lambda: self._spawn(arguments, listeners))
        self._children.append(child)
        return child

    def _add_proxy(self, listeners: list[socket.socket]) -> Child:
        settings = self._settings
        arguments = ["--data-dir", str(settings.data_dir), "--gateway-url", self.gateway_url]
        arguments += ["--management-url", self.management_url, "--management-tls-url", self.management_tls_url]
        arguments += ["--observations", str(settings.data_dir / PROXY_FILE)]
        arguments += [part for host in settings.proxy_allow for part in ("--allow", host)]
        arguments += ["--passthrough"] if settings.proxy_passthrough else []
        arguments += ["--tls-fd", str(self._tls_socket.fileno())] if self._tls_socket is not None else []
        child = Child("proxy", lambda: self._start_module("ingate.assembly.proxy", arguments, listeners))
        self._children.append(child)
        return child

    def _spawn(self, arguments: list[str], listeners: Sequence[socket.socket]) -> tuple[subprocess.Popen[bytes], int]:
        return self._start_module(
            "ingate.assembly", [*arguments, "--settings", render_settings(self._settings)], listeners
        )

    def _start_module(
        self, module: str, arguments: list[str], listeners: Sequence[socket.socket]
    ) -> tuple[subprocess.Popen[bytes], int]:
        ready, ready_end = os.pipe()
        sockets = [listener.fileno() for listener in listeners]
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                module,
                *arguments,
                *("--listen-fd", *map(str, sockets)),
                *("--lifeline-fd", str(self._lifeline)),
                *("--ready-fd", str(ready_end)),
            ],
            pass_fds=(*sockets, self._lifeline, ready_end),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        os.close(ready_end)
        return process, ready

    def _await_ready(self, child: Child) -> dict[str, Any]:
        """Raises StartFailed when it ends, or says that it cannot serve."""
        said = _read_line(child.ready, READY_SECONDS, self._is_to_stop)
        os.close(child.ready)
        if not said:
            raise StartFailed(f"the {child.name} did not start")
        details: dict[str, Any] = msgspec.json.decode(said)
        if "error" in details:
            raise StartFailed(details["error"])
        return details

    def _write_running(self, details: dict[str, Any]) -> None:
        """For the command line, which finds a running Ingate by its data directory."""
        running = {
            "pid": os.getpid(),
            "gateway_url": self.gateway_url,
            "management_url": self.management_url,
            "management_tls_url": self.management_tls_url,
            "proxy_url": self.proxy_url,
            "proxy_lets_out": bool(self._settings.proxy_allow or self._settings.proxy_passthrough),
            "azure_names_port": self.azure_names_port,
            "tenant_id": details["tenant_id"],
            "subscription_id": details["subscription_id"],
            "resource_group": details["resource_group"],
            "default_resource": details["resource"],
        }
        write_private_file(self._settings.data_dir / RUNNING_FILE, msgspec.json.encode(running))


def _put_aside_directory(data_dir: Path) -> None:
    """What the last run published may have another upstream in the simulator's place (`--local`, `ingate record`), or
    keys that this one refuses to expose: gateways wait for what the control process publishes now."""
    with contextlib.suppress(FileNotFoundError):
        (data_dir / DIRECTORY_FILE).replace(data_dir / PREVIOUS_DIRECTORY_FILE)


def _lock_data_dir(data_dir: Path) -> int:
    """Raises StartFailed when another Ingate has it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StartFailed(
            f"another Ingate runs on {data_dir}; stop it, or give this one its own --data-dir"
        ) from None
    return descriptor


def _bind_gateways(settings: Settings) -> list[socket.socket]:
    """One socket for each worker on the one port: the kernel spreads new connections evenly."""
    first = _bind(settings.host, settings.port, "--port", shared=settings.workers > 1)
    port: int = first.getsockname()[1]
    more = [_bind(settings.host, port, "--port", shared=True) for _ in range(settings.workers - 1)]
    return [first, *more]


def _bind(host: str, port: int, option: str, *, shared: bool = False) -> socket.socket:
    """Raises StartFailed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, option, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, option, error) from error
    return listener


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> StartFailed:
    if isinstance(error, PermissionError) and 0 < port < 1024:
        return StartFailed(
            f"port {port} is below 1024, and not everyone may listen there: choose another {option}, or allow it "
            f"(Linux: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}; containers: --cap-add NET_BIND_SERVICE)"
        )
    return StartFailed(f"cannot listen on {host} port {port}: {error.strerror} (choose another {option})")


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _read_line(descriptor: int, timeout: float, is_stopping: Callable[[], bool]) -> bytes:
    """What a child reports; empty when it ended without a word, or took too long."""
    deadline = time.monotonic() + timeout
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not said.endswith(b"\n") and not is_stopping() and time.monotonic() < deadline:
            if selector.select(0.25):
                part = os.read(descriptor, 65536)
                if not part:
                    return b""
                said += part
    return said


def _render_announcement(
    announce: Announce, settings: Settings, supervisor: Supervisor, details: dict[str, Any]
) -> str:
    return announce(
        endpoint=supervisor.gateway_url,
        management_url=supervisor.management_url,
        management_tls_url=supervisor.management_tls_url,
        data_dir=str(settings.data_dir),
        resource=details["resource"],
        deployments=details["deployments"],
        simulated=details["simulated"] and not settings.local,
        local_model=settings.local or None,
        recorded=(settings.record_upstream_url, settings.record_to) if settings.record_to else None,
        development_keys=settings.development_keys,
        azure_names_port=supervisor.azure_names_port,
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
