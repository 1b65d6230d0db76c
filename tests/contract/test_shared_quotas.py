"""`ingate up --workers N`: however many workers and clients, a deployment's limits are its limits.

`INGATE_QUOTA_LOAD_SECONDS=60` loads for longer than the few seconds of a test run.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.support.quota_load import LoadResult, run_load
from tests.support.running import RunningIngate, start_ingate
from tests.support.valkey_server import ValkeyServer, running_valkey

SECONDS = float(os.environ.get("INGATE_QUOTA_LOAD_SECONDS") or 6)
CLIENTS = 200
WORKERS = 4

LIMITS = {"requestsPerMinute": 60_000, "inputTokensPerMinute": 60_000, "outputTokensPerMinute": 10_000_000}
"""Input is what runs out, in the first seconds: 1,000 tokens a second come in after that."""

pytestmark = pytest.mark.slow


@pytest.fixture
def valkey() -> Generator[ValkeyServer]:
    with running_valkey() as server:
        yield server


def put_limited(ingate: RunningIngate) -> None:
    ingate.manage(
        "PUT",
        f"{ingate.account_path('example-resource')}/deployments/limited",
        {
            "sku": {"name": "GlobalStandard", "capacity": 1},
            "properties": {"model": {"name": "claude-sonnet-4-5"}, "ingate": {"limits": LIMITS}},
        },
    )
    ingate.wait_until_served()
    time.sleep(1)  # which asked one worker; all have a change within a second


def load(ingate: RunningIngate) -> LoadResult:
    put_limited(ingate)
    # Estimated higher than it is counted: what is used was reserved, and the rest is given back. Of a text that is
    # estimated too low, whatever is in flight would be owed as well.
    text = "internationalization " * 60
    result = asyncio.run(run_load(ingate, "limited", clients=CLIENTS, seconds=SECONDS, pause=0.2, text=text))
    print(  # noqa: T201 - what a longer run is for
        f"\n{result.admitted} admitted, {result.refused} refused in {result.seconds:.2f} s: {result.input_tokens} "
        f"input tokens of {decide_allowed(result):.0f}"
    )
    return result


def decide_allowed(result: LoadResult) -> float:
    """A minute's worth, which was there at the beginning, and what came in since."""
    limit = LIMITS["inputTokensPerMinute"]
    return limit + limit * result.seconds / 60


def assert_sold_to_the_limit_and_no_further(result: LoadResult, *, least: float) -> None:
    assert result.others == []
    assert result.refused > 0
    assert result.input_tokens <= decide_allowed(result)
    assert result.input_tokens >= least * decide_allowed(result)


def test_four_workers_that_share_a_valkey_sell_no_token_too_many(valkey: ValkeyServer, tmp_path: Path) -> None:
    environment = {"INGATE_LIMITS": valkey.url}
    with start_ingate(tmp_path / "data", "--workers", str(WORKERS), environment=environment) as ingate:
        result = load(ingate)
        workers = count_workers_that_served(ingate)
    assert_sold_to_the_limit_and_no_further(result, least=0.9)
    assert workers == WORKERS, "every worker on the port gets connections"


def test_nor_does_one_worker_on_its_own(tmp_path: Path) -> None:
    with start_ingate(tmp_path / "data") as ingate:
        result = load(ingate)
    assert_sold_to_the_limit_and_no_further(result, least=0.9)


def test_nor_do_four_that_share_nothing(tmp_path: Path) -> None:
    """Each has a quarter. The kernel spreads 200 connections evenly enough for all of them to be used up."""
    with start_ingate(tmp_path / "data", "--workers", str(WORKERS)) as ingate:
        result = load(ingate)
    assert_sold_to_the_limit_and_no_further(result, least=0.8)


def count_workers_that_served(ingate: RunningIngate) -> int:
    """Every worker has journal files of its own."""
    files = [file for file in (ingate.data_dir / "journal").glob("*.jsonl") if b"limited" in file.read_bytes()]
    return len({file.name.partition("-worker-")[2].partition("-")[0] for file in files})


def test_while_the_valkey_is_away_requests_are_refused_as_the_setting_says(tmp_path: Path) -> None:
    """And its password is on no command line and in no log."""
    with running_valkey("--requirepass", "s3cret-password") as valkey:
        environment = {"INGATE_LIMITS": f"valkey://:s3cret-password@127.0.0.1:{valkey.port}"}
        with start_ingate(tmp_path / "data", environment=environment) as ingate:
            assert ask(ingate) == (200, "message")
            children = Path(f"/proc/{ingate.process.pid}/task/{ingate.process.pid}/children")
            for pid in children.read_text().split() if children.exists() else []:
                assert b"s3cret" not in Path(f"/proc/{pid}/cmdline").read_bytes()
            valkey.kill()
            assert ask(ingate) == (503, "ServiceUnavailable")
            valkey.start()
            until = time.monotonic() + 10
            while ask(ingate)[0] != 200 and time.monotonic() < until:
                time.sleep(0.1)
            assert ask(ingate) == (200, "message")
        assert "s3cret" not in ingate.stderr_file.read_text()


def ask(ingate: RunningIngate) -> tuple[int, str]:
    """The answer's status, and its code or type."""
    body = {"model": "claude-haiku-4-5", "max_tokens": 1, "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{ingate.base_url}/v1/messages",
        data=json.dumps(body).encode(),
        headers={"x-api-key": ingate.api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)["type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["error"]["code"]
