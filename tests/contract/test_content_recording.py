"""What a deployment's owner asked to be kept, and nothing of anyone else's."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.running import RunningIngate, start_ingate
from tests.support.upstream_script import SSE_HEADERS, answer

SECRET = "sk-ant-api03-CANARY-0123456789"
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"role": "assistant", "content": [], "usage": {"input_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "acct-123 sk-ant-api"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "03-CANARY-0123456789"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
STREAM = b"".join(b"event: x\ndata: " + json.dumps(event).encode() + b"\n\n" for event in EVENTS)


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    """One of its own: what is under test is what its data directory holds."""
    with start_ingate(tmp_path_factory.mktemp("content") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def upstream(ingate: RunningIngate) -> Generator[RecordingUpstream]:
    with recording_upstream() as recording:
        recording.script = lambda request: answer(200, STREAM, headers=SSE_HEADERS)
        ingate.put_upstream("streaming", recording.base_url)
        yield recording


def put_deployment(ingate: RunningIngate, name: str, recording: object) -> None:
    ingate_members = {"upstream": "streaming", "upstreamModel": "m", "recordContent": recording}
    ingate.manage(
        "PUT",
        f"{ingate.account_path('example-resource')}/deployments/{name}",
        {
            "sku": {"name": "GlobalStandard", "capacity": 1000},
            "properties": {"model": {"name": "claude-haiku-4-5"}, "ingate": ingate_members},
        },
    )
    ingate.wait_until_served()


def ask(ingate: RunningIngate, deployment: str) -> httpx2.Response:
    return httpx2.post(
        f"{ingate.base_url}/v1/messages",
        headers={"api-key": ingate.api_key, "anthropic-version": "2023-06-01"},
        json={
            "model": deployment,
            "max_tokens": 9,
            "stream": True,
            "messages": [{"role": "user", "content": f"My key is {SECRET}, my account acct-456."}],
        },
    )


def read_lines(folder: Path, count: int) -> list[dict[str, Any]]:
    """Waits for so many: they are written after the answer has gone."""
    deadline = time.monotonic() + 10
    while True:
        data = b"".join(path.read_bytes() for path in sorted(folder.iterdir())) if folder.exists() else b""
        lines = data.splitlines(keepends=True)
        if (len(lines) >= count and lines[-1].endswith(b"\n")) or time.monotonic() > deadline:
            return [cast("dict[str, Any]", json.loads(line)) for line in lines]
        time.sleep(0.02)


def test_content_is_kept_only_where_it_is_asked_for_and_without_secrets(
    ingate: RunningIngate, upstream: RecordingUpstream
) -> None:
    folder = ingate.data_dir / "content"
    put_deployment(ingate, "recorded", None)
    unrecorded = ask(ingate, "recorded")
    assert unrecorded.content == STREAM
    time.sleep(0.3)
    assert not folder.exists()

    put_deployment(ingate, "recorded", {"retentionDays": 7, "redact": [r"acct-\d+"]})
    recorded = ask(ingate, "recorded")
    assert recorded.content == STREAM
    [line] = read_lines(folder, 1)
    assert line["apim_request_id"] == recorded.headers["apim-request-id"]
    assert line["ended"] == "completed"
    assert line["request"]["content"]["messages"] == [
        {"role": "user", "content": "My key is [redacted], my account [redacted]."}
    ]
    assert line["answer"]["content"]["content"] == [{"type": "text", "text": "[redacted] [redacted]"}]
    assert line["answer"]["bytes"] == len(STREAM)
    [file] = folder.iterdir()
    assert "-keep-7-worker-0" in file.name
    assert file.stat().st_mode & 0o777 == 0o600
    kept = [path for path in ingate.data_dir.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]
    assert kept == []

    put_deployment(ingate, "recorded", None)
    assert ask(ingate, "recorded").content == STREAM
    time.sleep(0.3)
    assert len(read_lines(folder, 1)) == 1


def test_what_is_old_is_deleted_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "content"
    folder.mkdir(parents=True)
    old = folder / "example-resource.gone.0123456789ab-2020-01-01-keep-7-worker-5.jsonl"
    old.write_text("{}\n")
    with start_ingate(tmp_path / "data"):
        deadline = time.monotonic() + 10
        while old.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not old.exists()
