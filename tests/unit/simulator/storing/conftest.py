from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.storage_client import StorageClient


@pytest.fixture
def client(tmp_path: Path) -> StorageClient:
    return StorageClient(folder=tmp_path / "simulator")
