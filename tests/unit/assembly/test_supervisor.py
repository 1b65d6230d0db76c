from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ingate.assembly import supervisor
from ingate.assembly.supervisor import RESTART_SECONDS, Child, StartFailed
from ingate.settings import Settings

lock_data_dir = getattr(supervisor, "_lock_data_dir")  # noqa: B009 - private, and reached through processes only
bind = getattr(supervisor, "_bind")  # noqa: B009
bind_gateways = getattr(supervisor, "_bind_gateways")  # noqa: B009
url_of = getattr(supervisor, "_url_of")  # noqa: B009
read_line = getattr(supervisor, "_read_line")  # noqa: B009


class TestDataDirectory:
    def test_belongs_to_one_ingate_at_a_time(self, tmp_path: Path) -> None:
        held = lock_data_dir(tmp_path / "data")
        with pytest.raises(StartFailed, match=f"another Ingate runs on {tmp_path / 'data'}; stop it, or give"):
            lock_data_dir(tmp_path / "data")
        os.close(held)
        os.close(lock_data_dir(tmp_path / "data"))

    def test_is_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        os.close(lock_data_dir(tmp_path / "a" / "b"))
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


class TestSockets:
    def test_a_port_that_is_taken_is_told_with_the_option_that_helps(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(
                StartFailed, match=rf"cannot listen on 127.0.0.1 port {port}: .*choose another --port"
            ):
                bind("127.0.0.1", port, "--port")

    def test_a_port_that_is_not_everyones_is_told_with_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_socket: object, _address: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(socket.socket, "bind", refuse)
        with pytest.raises(StartFailed, match=r"port 443 is below 1024.*--tls-port.*ip_unprivileged_port_start=443"):
            bind("127.0.0.1", 443, "--tls-port")
        with pytest.raises(StartFailed, match="cannot listen on 127.0.0.1 port 8443: Permission denied"):
            bind("127.0.0.1", 8443, "--tls-port")

    def test_a_host_that_is_none_is_told(self) -> None:
        with pytest.raises(StartFailed, match="cannot listen on 300.1.2.3 port 0"):
            bind("300.1.2.3", 0, "--port")

    def test_each_worker_has_a_socket_on_the_one_port(self) -> None:
        listeners: list[socket.socket] = bind_gateways(Settings(port=0, workers=3))
        try:
            assert len({listener.getsockname()[1] for listener in listeners}) == 1
            assert len(listeners) == 3
            assert url_of(listeners[0]) == f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
        finally:
            for listener in listeners:
                listener.close()


class TestReports:
    def test_one_line_is_read_from_a_child(self) -> None:
        reader, writer = os.pipe()
        os.write(writer, b'{"pid":1}\n')
        assert read_line(reader, 5.0, lambda: False) == b'{"pid":1}\n'
        os.close(writer)
        assert read_line(reader, 5.0, lambda: False) == b"", "a child that ended without a word"
        os.close(reader)

    def test_nobody_is_waited_for_when_stopping(self) -> None:
        reader, writer = os.pipe()
        assert read_line(reader, 60.0, lambda: True) == b""
        assert read_line(reader, 0.0, lambda: False) == b""
        os.close(reader)
        os.close(writer)


def test_a_child_that_ended_is_started_again_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> tuple[subprocess.Popen[bytes], int]:
        reader, writer = os.pipe()
        os.close(writer)
        started.append(subprocess.Popen([sys.executable, "-S", "-c", "raise SystemExit(3)"]))
        return started[-1], reader

    child = Child("gateway worker 0", start)
    os.close(child.ready)
    started[0].wait(10)
    child.check(100.0)
    child.check(100.0 + RESTART_SECONDS - 0.1)
    assert len(started) == 1
    assert "gateway worker 0 ended with status 3; starting it again" in caplog.text
    child.check(100.0 + RESTART_SECONDS)
    assert len(started) == 2
    started[1].wait(10)


def test_whoever_started_it_can_end_it_by_ending(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    settings = Settings(port=0, management_port=0, management_tls_port=0, data_dir=tmp_path)
    supervised = supervisor.Supervisor(settings, lifeline=reader)
    is_to_stop = getattr(supervised, "_is_to_stop")  # noqa: B009
    try:
        assert not is_to_stop()
        os.close(writer)
        assert is_to_stop()
        assert supervised.run() == 0, "it returns at once"
    finally:
        supervised.stop()
        os.close(reader)
