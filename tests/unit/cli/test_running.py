from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Run

from ingate.cli.running import default_data_dir, read_running
from ingate.settings import parse_settings


def test_commands_look_where_ingate_up_keeps_its_data() -> None:
    assert default_data_dir() == parse_settings({}, {}).data_dir


def test_a_gateway_that_listens_everywhere_is_called_on_loopback(data_dir: Path) -> None:
    (data_dir / "running.json").write_text('{"gateway_url": "http://0.0.0.0:8080"}')
    running = read_running(data_dir)
    assert running is not None
    assert running.gateway_url == "http://127.0.0.1:8080"


def test_nothing_runs_without_a_running_file(tmp_path: Path) -> None:
    assert read_running(tmp_path) is None


def test_an_address_that_is_none_is_taken_for_not_running(data_dir: Path, run: Run) -> None:
    (data_dir / "running.json").write_text('{"management_url": "http://[oops"}')
    assert run("resource", "list").exit_code == 3
