"""docs/reference/files-and-skills.md lists the operations that the gateway serves, each under its path and method."""

from __future__ import annotations

import re
from pathlib import Path

from ingate.gateway.endpoints import STORAGE_ENDPOINTS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "files-and-skills.md"


def test_every_storage_operation_is_in_the_reference_and_no_other() -> None:
    rows = re.findall(r"^\| `(/\S+)` \| ([A-Z, ]+) \| ([^|]+) \|$", REFERENCE.read_text(), re.MULTILINE)
    documented = {
        f"/anthropic/v1{path}": dict(
            zip(methods.encode().split(b", "), re.findall(r"`([^`]+)`", operations), strict=True)
        )
        for path, methods, operations in rows
    }

    assert documented == STORAGE_ENDPOINTS
