"""`play("name")` is a simulator that follows `name.yaml` of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.playing import Player


@pytest.fixture
def play() -> Callable[[str], Player]:
    return lambda name: Player().use_file(Path(__file__).parent / f"{name}.yaml")
