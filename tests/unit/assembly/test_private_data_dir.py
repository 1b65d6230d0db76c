from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingate.assembly.private_data_dir import ensure_private


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """As an earlier run left it, opened to others since."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("ingate.lock", "ingate.db", "ingate.key"):
        (folder / name).touch(mode=0o600)
    (folder / "journal").mkdir(mode=0o700)
    return folder


def read_mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def test_one_that_others_may_enter_is_closed(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    ensure_private(data_dir)
    assert read_mode(data_dir) == 0o700
    assert caplog.messages == [f"the data directory {data_dir} was open to others (mode 0755); it has mode 0700 now"]


def test_one_that_is_private_is_left_without_a_word(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    data_dir.chmod(0o700)
    ensure_private(data_dir)
    assert (read_mode(data_dir), caplog.messages) == (0o700, [])


def test_one_that_was_made_for_the_first_run_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "ingate.lock").touch(mode=0o600)
    ensure_private(tmp_path)
    assert read_mode(tmp_path) == 0o700


def test_a_folder_with_something_else_in_it_is_not_ours_to_close(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").touch(mode=0o600)
    ensure_private(tmp_path)
    assert read_mode(tmp_path) == 0o755
    assert caplog.messages == [
        f"the data directory {tmp_path} has mode 0755: others may see which files it has; chmod 700 it"
    ]


def test_nor_is_one_with_a_file_that_others_may_read(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    data_dir.chmod(0o777)
    (data_dir / "site.html").touch()
    (data_dir / "site.html").chmod(0o644)
    ensure_private(data_dir)
    assert read_mode(data_dir) == 0o777
    assert "others may put files of theirs in the place of Ingate's" in caplog.text


def test_nor_is_somebody_elses(
    data_dir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: data_dir.stat().st_uid + 1)
    ensure_private(data_dir)
    assert read_mode(data_dir) == 0o755
    assert "chmod 700 it" in caplog.text
