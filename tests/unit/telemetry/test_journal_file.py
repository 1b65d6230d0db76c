"""Whether a journal file will get more lines: anyone can tell, whatever has become of its writer."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingate.telemetry.journal_file import JournalFile, is_closed, unlink_closed

OPENED = 1_795_348_800.0
WRITER = """
import sys
from pathlib import Path
from ingate.telemetry.journal_file import JournalFile
file = JournalFile(Path(sys.argv[1]), worker=0, opened=1795348800.0)
file.write(b'{}\\n')
sys.stdout.write(f'{file.path}\\n')
sys.stdout.flush()
sys.stdin.read()
"""


def test_a_file_is_closed_when_its_writer_closed_it(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, worker=0, opened=OPENED)
    assert not is_closed(file.path)
    file.close()
    assert is_closed(file.path)
    assert is_closed(file.path)


def test_a_file_is_closed_when_its_writer_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        path = Path(writer.stdout.readline().strip())
        assert not is_closed(path)
        assert not unlink_closed(path)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert is_closed(path)
    assert unlink_closed(path)
    assert not path.exists()


def test_a_file_without_a_header_is_not_known_to_be_closed(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"")
    assert not is_closed(path)
    path.write_bytes(b'{"journal_format":1,')
    assert not is_closed(path)


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_closed(tmp_path / "x.jsonl")
    assert unlink_closed(tmp_path / "x.jsonl")


def test_a_writer_whose_file_was_taken_before_it_was_locked_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    taken: list[Path] = []

    def take_first(descriptor: int, operation: int) -> None:
        if not taken and operation == fcntl.LOCK_EX:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", take_first)
    file = JournalFile(tmp_path, worker=0, opened=OPENED)
    file.write(b"{}\n")
    file.close()
    assert file.path.read_bytes().endswith(b"{}\n")
    assert file.path != taken[0]


def test_where_nothing_can_be_locked_journals_are_written_and_count_as_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr(fcntl, "flock", refuse)
    file = JournalFile(tmp_path, worker=0, opened=OPENED)
    file.write(b"{}\n")
    file.close()
    assert not is_closed(file.path)
