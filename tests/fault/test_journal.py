"""The journal of a running worker: what a record says, a disk that fills up, and `--fsync`."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.full_disk import find_workers, full_disk
from tests.support.raw_client import Address, RawClient, render_request
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.running import RunningIngate, start_ingate
from tests.support.strict_http import Response
from tests.support.upstream_script import Answer, Wait, answer, render_events, sse_answer

JSON_BODY = b'{"model":"scripted","max_tokens":8,"messages":[]}'
STREAM_BODY = b'{"model":"scripted","max_tokens":8,"stream":true,"messages":[]}'
USAGE = {
    "input_tokens": 11,
    "output_tokens": 1,
    "cache_read_input_tokens": 13,
    "cache_creation_input_tokens": 17 + 19,
    "cache_creation": {"ephemeral_5m_input_tokens": 17, "ephemeral_1h_input_tokens": 19},
    "server_tool_use": {"web_search_requests": 23, "web_fetch_requests": 29},
    "service_tier": "standard",
}
LAST_USAGE = {"output_tokens": 31, "output_tokens_details": {"thinking_tokens": 7}}
MESSAGE = b'{"type":"message","model":"m","stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}'
STREAM = render_events(
    ("message_start", {"message": {"model": "claude-sonnet-4-5-20250929", "usage": USAGE}}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "One"}}),
    ("message_delta", {"delta": {"stop_reason": "max_tokens"}, "usage": LAST_USAGE}),
    ("message_stop", {}),
)


class Asker:
    """Asks the deployment of the scripted upstream."""

    def __init__(self, ingate: RunningIngate) -> None:
        parts = urlsplit(ingate.gateway_url)
        self.address: Address = (parts.hostname or "", parts.port or 0)
        self._key = ingate.api_key.encode()

    def render(self, body: bytes = JSON_BODY) -> bytes:
        headers = (
            (b"host", b"127.0.0.1"),
            (b"api-key", self._key),
            (b"anthropic-version", b"2023-06-01"),
            (b"user-agent", b"journal-test/1"),
        )
        return render_request(b"POST", b"/anthropic/v1/messages", headers, body)

    def ask(self, body: bytes = JSON_BODY, *, seconds: float = 5.0) -> Response:
        with RawClient(self.address) as client:
            client.send(self.render(body))
            return client.read_response(method=b"POST", seconds=seconds)

    def await_status(self, status: int, *, seconds: float = 5.0) -> None:
        deadline = time.monotonic() + seconds
        while (found := self.ask().status) != status:
            assert time.monotonic() < deadline, f"still {found}"
            time.sleep(0.02)


def _route(ingate: RunningIngate, upstream: RecordingUpstream) -> Asker:
    upstream.answer_with(answer(200, MESSAGE))
    ingate.put_upstream("recording", upstream.base_url)
    ingate.put_deployment("scripted", upstream="recording", capacity=100_000)
    ingate.wait_until_served()
    return Asker(ingate)


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("journal") / "data", "--log-level", "warning") as ingate:
        yield ingate


@pytest.fixture
def upstream() -> Generator[RecordingUpstream]:
    with recording_upstream() as upstream:
        yield upstream


@pytest.fixture
def asker(ingate: RunningIngate, upstream: RecordingUpstream) -> Asker:
    return _route(ingate, upstream)


def _last_record(ingate: RunningIngate) -> dict[str, Any]:
    return ingate.read_journal()[-1]


def test_record_of_a_stream_says_everything(ingate: RunningIngate, upstream: RecordingUpstream, asker: Asker) -> None:
    upstream.answer_with(sse_answer(STREAM, pieces=5, pause=0.002))
    before = time.time()
    response = asker.ask(STREAM_BODY)
    record = _last_record(ingate)
    assert before - 1 < record.pop("time") < time.time()
    assert 0 < record.pop("first_token_ms") <= record.pop("duration_ms") < 5000
    assert record == {
        "request_id": response.values(b"request-id")[0].decode(),
        "apim_request_id": response.values(b"apim-request-id")[0].decode(),
        "resource": "example-resource",
        "resource_id": ingate.account_path("example-resource"),
        "location": "eastus2",
        "deployment": "scripted",
        "model": "claude-sonnet-4-5",
        "model_version": "20250929",
        "deployment_type": "GlobalStandard",
        "upstream": "recording",
        "response_model": "claude-sonnet-4-5-20250929",
        "operation": "messages",
        "status": 200,
        "outcome": "completed",
        "streaming": True,
        "usage": {
            "input_tokens": 11,
            "output_tokens": 31,
            "cache_read_input_tokens": 13,
            "cache_creation_5m_input_tokens": 17,
            "cache_creation_1h_input_tokens": 19,
            "thinking_tokens": 7,
            "web_search_requests": 23,
            "web_fetch_requests": 29,
            "service_tier": "standard",
        },
        # 11 x $3, 31 x $15, 13 x $0.30, 17 x $3.75 and 19 x $6 a million; 23 searches at $10 a thousand
        "cost": ["0.000033", "0.000465", "0.0000039", "0.00006375", "0.000114", "0.23"],
        "price": "claude-sonnet-4-5@2026-08-21",
        "authentication": "key",
        "key_number": 1,
        "caller_address": "127.0.0.1",
        "user_agent": "journal-test/1",
        "request_bytes": len(STREAM_BODY),
        "response_bytes": len(STREAM),
        "stop_reason": "max_tokens",
    }


def test_record_of_an_error_says_which(ingate: RunningIngate, upstream: RecordingUpstream, asker: Asker) -> None:
    upstream.answer_with(answer(529, b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'))
    assert asker.ask().status == 529
    record = _last_record(ingate)
    assert (record["status"], record["error_code"], record["outcome"]) == (
        529,
        "overloaded_error",
        "refused-by-upstream",
    )


class TestDiskThatFillsUp:
    """A bound on the size of the worker's files stands for the disk's. `journal_bytes` is what fits exactly."""

    @pytest.fixture
    def journal_bytes(self, ingate: RunningIngate, asker: Asker) -> int:
        for _ in range(20):  # so that the log of the worker, which has the same bound, stays far below it
            assert asker.ask().status == 200
        [journal] = (ingate.data_dir / "journal").iterdir()
        return journal.stat().st_size

    @pytest.mark.parametrize("room", [0, 100], ids=["no-room", "room-for-half-a-record"])
    def test_whole_answer_that_was_under_way_is_not_given_and_then_nobody_is_admitted(
        self, ingate: RunningIngate, upstream: RecordingUpstream, asker: Asker, journal_bytes: int, room: int
    ) -> None:
        asked = len(upstream.requests)
        errors = ingate.stderr_file.read_text().count("the journal cannot be written")
        before = ingate.read_journal()
        with full_disk(find_workers(ingate)[0], file_bytes=journal_bytes + room):
            under_way = asker.ask()
            refused = [asker.ask() for _ in range(5)]
            assert [under_way.status, *(response.status for response in refused)] == [503] * 6
            assert b"Usage cannot be recorded" in under_way.body
            assert len(upstream.requests) == asked + 1, "only the first was forwarded"
            time.sleep(0.6)  # the worker looks for room meanwhile
            assert asker.ask().status == 503
            assert ingate.read_journal() == before
        asker.await_status(200)
        identifier = under_way.values(b"request-id")[0].decode()
        [kept] = [record for record in ingate.read_journal() if record["request_id"] == identifier]
        assert (kept["status"], kept["error_code"], kept["outcome"]) == (503, "ServiceUnavailable", "completed")
        assert kept["usage"] == {"input_tokens": 7, "output_tokens": 3}
        said = ingate.stderr_file.read_text()
        assert said.count("the journal cannot be written, new requests are refused") == errors + 1
        assert said.count("the journal can be written again; records that had waited for it: 1") == errors + 1

    def test_stream_that_was_under_way_is_finished_and_recorded_later(
        self, ingate: RunningIngate, upstream: RecordingUpstream, asker: Asker, journal_bytes: int
    ) -> None:
        steps: Answer = sse_answer(STREAM, pieces=3)
        upstream.answer_with([steps[0], steps[1], Wait(0.5), *steps[2:]])
        with RawClient(asker.address) as client:
            client.send(asker.render(STREAM_BODY))
            client.read_until(b"\r\n\r\n")
            with full_disk(find_workers(ingate)[0], file_bytes=journal_bytes):
                response = client.read_response(method=b"POST")
                assert response.body == STREAM
                assert asker.ask().status == 503
                identifier = response.values(b"request-id")[0].decode()
                assert all(record["request_id"] != identifier for record in ingate.read_journal())
        upstream.answer_with(answer(200, MESSAGE))
        asker.await_status(200)
        [record] = [record for record in ingate.read_journal() if record["request_id"] == identifier]
        assert (record["status"], record["outcome"], record["usage"]["output_tokens"]) == (200, "completed", 31)

    def test_kept_connection_is_served_again_afterwards(
        self, ingate: RunningIngate, asker: Asker, journal_bytes: int
    ) -> None:
        with RawClient(asker.address) as client:
            with full_disk(find_workers(ingate)[0], file_bytes=journal_bytes):
                for _ in range(2):
                    client.send(asker.render())
                    assert client.read_response(method=b"POST").status == 503
            asker.await_status(200)
            client.send(asker.render())
            assert client.read_response(method=b"POST").status == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of 12 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "", "-t", "tmpfs", "-o", "size=12m", "ingate-test", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_file_system_that_is_nearly_full_refuses_before_anything_is_lost(
    tmp_path: Path, small_disk: Path, upstream: RecordingUpstream
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    (data_dir / "journal").symlink_to(small_disk)
    with start_ingate(data_dir) as ingate:
        asker = _route(ingate, upstream)
        asker.await_status(200)
        upstream.answer_with([Wait(1.0), *answer(200, MESSAGE)])
        with RawClient(asker.address) as client:
            client.send(asker.render())
            assert upstream.wait_until(lambda: len(upstream.requests) == 2)
            _fill(small_disk / "filler", leave=1024 * 1024)
            deadline = time.monotonic() + 3
            while asker.ask().status != 503:
                assert time.monotonic() < deadline
            assert client.read_response(method=b"POST").status == 200, "there is room for what was under way"
        assert _last_record(ingate)["outcome"] in ("completed", "refused")
        (small_disk / "filler").unlink()
        upstream.answer_with(answer(200, MESSAGE))
        asker.await_status(200)
    assert "the disk is nearly full" in ingate.stderr_file.read_text()


def _fill(path: Path, *, leave: int) -> None:
    free = shutil.disk_usage(path.parent).free
    path.write_bytes(b"\0" * (free - leave))


class TestFsync:
    def test_whole_answers_and_streams_come_as_ever(self, tmp_path: Path, upstream: RecordingUpstream) -> None:
        with start_ingate(tmp_path / "data", "--fsync") as ingate:
            asker = _route(ingate, upstream)
            with RawClient(asker.address) as client:
                for _ in range(10):
                    upstream.answer_with(answer(200, MESSAGE))
                    client.send(asker.render())
                    assert client.read_response(method=b"POST").body == MESSAGE
                    upstream.answer_with(sse_answer(STREAM, pieces=7))
                    client.send(asker.render(STREAM_BODY))
                    assert client.read_response(method=b"POST").body == STREAM
        assert len([record for record in ingate.read_journal() if record["outcome"] == "completed"]) == 20

    def test_worker_that_stops_gives_what_is_under_way(self, tmp_path: Path, upstream: RecordingUpstream) -> None:
        with start_ingate(tmp_path / "data", "--fsync") as ingate:
            asker = _route(ingate, upstream)
            upstream.answer_with([Wait(0.5), *answer(200, MESSAGE)])
            with RawClient(asker.address) as client:
                client.send(asker.render())
                assert upstream.wait_until(lambda: len(upstream.requests) == 1)
                ingate.process.terminate()
                assert client.read_response(method=b"POST").body == MESSAGE
            assert ingate.stop() == 0
        assert [record["outcome"] for record in ingate.read_journal()] == ["completed"]


def test_workers_started_again_never_write_one_file(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    seen: set[str] = set()
    for number in (1, 2):
        with start_ingate(data_dir, "--workers", "2"):
            names = {path.name for path in (data_dir / "journal").iterdir()}
            assert len(names) == 2 * number
            assert seen < names
            seen = names
