from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ingate.assembly import proxy_log
from ingate.assembly.proxy_log import ObservationsFile, ProxyLog
from ingate.proxy.destination import Address

HOST = "r.services.ai.azure.com"


def test_each_thing_is_said_once_and_what_goes_well_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    log = ProxyLog()
    for _ in range(2):
        log.on_arrival()
        log.on_served(HOST)
        log.on_left_unheard(HOST)
        log.on_not_let_out("example.com", 443, "why")
        log.on_unreachable(Address(host="127.0.0.1", port=1), "refused")
        log.on_untrusted(HOST, "unknown ca")
    refused, unreachable, untrusted = caplog.messages
    assert refused == "refused example.com:443: why"
    assert unreachable == "127.0.0.1:1 cannot be reached: refused"
    assert untrusted.startswith(f"a client broke off TLS with {HOST} (unknown ca)")
    assert "ingate doctor" in untrusted


def test_the_file_is_there_at_once_and_follows_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_log, "WRITE_SECONDS", 0.05)
    path = tmp_path / "proxy.json"

    async def scenario() -> None:
        file = ObservationsFile(path, asyncio.get_running_loop())
        assert json.loads(path.read_bytes())["arrivals"] == 0
        for _ in range(3):
            file.observations.on_arrival()
        file.observations.on_untrusted(HOST, "unknown ca")
        assert json.loads(path.read_bytes())["arrivals"] == 0
        for _ in range(500):
            await asyncio.sleep(0.01)
            if (seen := json.loads(path.read_bytes()))["arrivals"]:
                break
        else:
            pytest.fail("nothing was written")
        assert seen["arrivals"] == 3
        [broken] = seen["broken_off"]
        assert (broken["host"], broken["reason"], broken["count"]) == (HOST, "unknown ca", 1)

    asyncio.run(scenario())
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_takes_no_file_is_told_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        ObservationsFile(tmp_path / "missing" / "proxy.json", asyncio.get_running_loop())

    asyncio.run(scenario())
    assert "proxy.json cannot be written: No such file or directory" in caplog.text
