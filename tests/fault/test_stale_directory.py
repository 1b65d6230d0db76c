"""What an earlier run left in the data directory decides nothing, not even for the first request of the next run."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
from tests.support.principals import call_claude
from tests.support.running import start_ingate


def test_no_request_goes_where_an_earlier_run_sent_them(tmp_path: Path) -> None:
    """`ingate record` and `--local` put another upstream in the simulator's place, in this file only."""
    directory_file = tmp_path / "data" / "directory.json"
    with start_ingate(tmp_path / "data"):
        pass
