"""Files as a storage account would have them."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange_records import ACCOUNT

from ingate.telemetry.sinks.events import Event
from ingate.telemetry.sinks.storage_folder import StorageFolder

HOUR = (
    "insights-logs-requestresponse/resourceId=/SUBSCRIPTIONS/11111111-1111-1111-1111-111111111111/RESOURCEGROUPS/G1/"
    "PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/R1/y=2026/m=11/d=22/h=10/m=00/PT1H.json"
)


def make_event(number: int, **fields: Any) -> Event:
    known: dict[str, Any] = {
        "category": "RequestResponse",
        "resource_id": ACCOUNT,
        "time": datetime(2026, 11, 22, 10, 59, 59, tzinfo=UTC),
        "document": {"number": number},
    }
    return Event(**(known | fields))


def read_numbers(path: Path) -> list[int]:
    return [json.loads(line)["number"] for line in path.read_text().splitlines()]


def test_an_hour_of_a_resource_is_a_file_for_its_owner_only(tmp_path: Path) -> None:
    folder = StorageFolder(tmp_path, "logs")
    folder.deliver([make_event(1), make_event(2)])
    folder.deliver([make_event(3), make_event(4, time=datetime(2026, 11, 22, 11, tzinfo=UTC))])
    path = tmp_path / "diagnostics" / "logs" / HOUR
    assert read_numbers(path) == [1, 2, 3]
    assert read_numbers(Path(str(path).replace("h=10", "h=11"))) == [4]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "diagnostics").stat().st_mode) == 0o700


def test_categories_have_containers(tmp_path: Path) -> None:
    StorageFolder(tmp_path, "logs").deliver([make_event(1, category="Audit"), make_event(2, category="AllMetrics")])
    names = {path.name for path in (tmp_path / "diagnostics" / "logs").iterdir()}
    assert names == {"insights-logs-audit", "insights-metrics-pt1m"}


def test_half_a_line_of_a_process_that_ended_is_written_again(tmp_path: Path) -> None:
    folder = StorageFolder(tmp_path, "logs")
    folder.deliver([make_event(1)])
    path = tmp_path / "diagnostics" / "logs" / HOUR
    with path.open("ab") as file:
        file.write(b'{"number":' + b" " * 200_000)
    folder.deliver([make_event(2)])
    assert read_numbers(path) == [1, 2]


def test_a_batch_that_does_not_fit_on_the_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StorageFolder(tmp_path, "logs")
    folder.deliver([make_event(1)])
    real_write = os.write
    sizes = iter([5])

    def write(file: int, content: Any) -> int:
        size = next(sizes, None)
        if size is None:
            raise OSError(28, "No space left on device")
        return real_write(file, content[:size])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(OSError, match="No space"):
            folder.deliver([make_event(2)])
    path = tmp_path / "diagnostics" / "logs" / HOUR
    assert read_numbers(path) == [1]
    folder.deliver([make_event(2)])
    assert read_numbers(path) == [1, 2]


def test_ids_lead_nowhere_else(tmp_path: Path) -> None:
    StorageFolder(tmp_path, "logs").deliver([make_event(1, resource_id="/../../../x\0y/..")])
    (path,) = tmp_path.rglob("PT1H.json")
    assert path.is_relative_to(tmp_path / "diagnostics" / "logs" / "insights-logs-requestresponse" / "resourceId=")
    assert ".." not in path.parts


@pytest.mark.parametrize("account", ["", "ab", "..", "a/b", "UPPER"])
def test_an_account_is_a_name(tmp_path: Path, account: str) -> None:
    with pytest.raises(ValueError, match="storage account"):
        StorageFolder(tmp_path, account)
