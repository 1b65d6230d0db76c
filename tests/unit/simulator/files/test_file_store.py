"""Files on disk: private, whole or not there, shared by workers, and kept across restarts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tests.support.storage_client import StorageClient

from ingate.simulator.files.store import FileStore, StorageFull, StoredFile
from ingate.simulator.storing.folder import name_folder

RESOURCE = "example-resource"


def open_store(
    folder: Path, *, now: float = 1_750_000_000.0, prefix: str = "a", total_bytes: int = 10**9
) -> FileStore:
    numbers = iter(range(10_000))
    return FileStore(
        folder, clock=lambda: now, make_id=lambda: f"{prefix}{next(numbers):06}", total_bytes=total_bytes
    )


def create(store: FileStore, content: bytes = b"x", resource_id: str = RESOURCE) -> StoredFile:
    file = store.create(resource_id, filename="a.txt", mime_type="text/plain", content=content)
    assert isinstance(file, StoredFile)
    return file


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        create(open_store(tmp_path / "simulator" / "files"))
    finally:
        os.umask(previous)
    made = [tmp_path / "simulator", *(tmp_path / "simulator").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}
    assert sorted(path.name for path in made if path.is_file()) == [
        ".lock",
        "file_a000000.content",
        "file_a000000.json",
    ]


def test_nothing_is_written_before_the_first_upload(tmp_path: Path) -> None:
    store = open_store(tmp_path / "files")
    assert store.list(RESOURCE) == []
    assert store.find(RESOURCE, "file_a") is None
    assert not store.delete(RESOURCE, "file_a")
    assert list(tmp_path.iterdir()) == []


def test_another_worker_and_the_next_start_see_the_same(client: StorageClient) -> None:
    file_id = client.upload(content=b"kept")
    client.storage = client.open()
    file = client.storage.files.find(RESOURCE, file_id)
    assert file is not None
    assert file.size_bytes == 4
    assert client.storage.files.read_content(RESOURCE, file_id) == b"kept"


def test_resource_ids_stay_below_the_folder(tmp_path: Path) -> None:
    store = open_store(tmp_path / "files")
    for resource_id in ("..", "../..", ".", "", "a/b", "/subscriptions/s/x/" + "x" * 1000):
        file = create(store, resource_id=resource_id)
        assert store.find(resource_id, file.file_id) == file
    assert [path.name for path in tmp_path.iterdir()] == ["files"]
    assert all(path.parent == tmp_path / "files" for path in (tmp_path / "files").iterdir())


def test_a_name_in_two_resource_groups_is_two_resources(tmp_path: Path) -> None:
    store = open_store(tmp_path / "files", total_bytes=1)
    one, another = (
        f"/subscriptions/{'s' * 36}/resourceGroups/{group}/providers/Microsoft.CognitiveServices/accounts/chat"
        for group in ("staging", "g" * 90)
    )
    file = create(store, resource_id=one)
    assert store.find(another, file.file_id) is None
    assert store.list(another) == []
    create(store, resource_id=another)  # each has room of its own
    assert store.find(one.upper(), file.file_id) == file


def test_many_workers_upload_at_once_and_none_goes_over_the_limit(tmp_path: Path) -> None:
    stores = [open_store(tmp_path, prefix=f"w{number}x", total_bytes=100) for number in range(4)]
    outcomes: list[StoredFile | StorageFull] = []

    def work(store: FileStore) -> None:
        outcomes.extend(store.create(RESOURCE, filename="a", mime_type="a/b", content=b"x" * 7) for _ in range(10))

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [outcome for outcome in outcomes if isinstance(outcome, StoredFile)]
    assert (len(outcomes), len(kept)) == (40, 14)
    assert sorted(file.file_id for file in stores[0].list(RESOURCE)) == sorted(file.file_id for file in kept)
    assert not list((tmp_path / name_folder(RESOURCE)).glob("*.partial"))


def test_what_a_killed_worker_left_is_not_seen_and_cleared_away(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    kept = create(store)
    folder = tmp_path / name_folder(RESOURCE)
    orphan, stale, young = (
        folder / f"file_{name}" for name in ("o.content", "s.content.partial", "y.content.partial")
    )
    for path in (orphan, stale, young):
        path.write_bytes(b"half")
    os.utime(stale, (0, 0))
    os.utime(young, (1_750_000_000.0, 1_750_000_000.0))
    assert store.list(RESOURCE) == [kept]
    create(store)
    assert [path.exists() for path in (orphan, stale, young)] == [False, False, True]
    assert store.read_content(RESOURCE, kept.file_id) == b"x"


def test_content_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    file = create(store)
    (tmp_path / name_folder(RESOURCE) / f"{file.file_id}.content").unlink()
    assert store.read_content(RESOURCE, file.file_id) is None


def test_expired_content_leaves_the_disk_with_the_next_upload(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.create(RESOURCE, filename="a", mime_type="a/b", content=b"x" * 50, expires_in_seconds=3600)
    later = open_store(tmp_path, now=1_750_003_600.0, prefix="b", total_bytes=50)
    create(later, content=b"y" * 50)
    assert sorted(path.name for path in (tmp_path / name_folder(RESOURCE)).glob("file_*")) == [
        "file_a000000.json",
        "file_b000000.content",
        "file_b000000.json",
    ]
    much_later = open_store(tmp_path, now=1_750_003_600.0 + 30 * 24 * 3600, prefix="c", total_bytes=500)
    create(much_later)
    assert not (tmp_path / name_folder(RESOURCE) / "file_a000000.json").exists()
