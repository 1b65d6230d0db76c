"""Every recording of another server's answers, through that server's profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.stream_grammar import GrammarViolation, StreamedMessage, check_stream
from tests.unit.upstreams.profiles.conftest import SSE, Pieces, normalise

from ingate.upstreams.profiles.profile import PROFILE_NAMES

STREAMS = [
    ("llama.cpp", "llamacpp/text_stream.sse"),
    ("llama.cpp", "llamacpp/thinking_stream.sse"),
    ("llama.cpp", "llamacpp/tool_stream.sse"),
    ("vllm", "vllm/text_stream.sse"),
    ("vllm", "vllm/tool_stream.sse"),
]
MESSAGES = [("llama.cpp", "llamacpp/thinking.json"), ("llama.cpp", "llamacpp/tool.json"), ("vllm", "vllm/tool.json")]


def _joined(stream: bytes, delta: str) -> str:
    """All deltas of one kind, read without any idea of the grammar."""
    lines = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: ")]
    return "".join(line["delta"].get(delta, "") for line in lines if line["type"] == "content_block_delta")


def _check_nothing_is_lost(raw: bytes, message: StreamedMessage) -> None:
    for delta in ("text", "thinking", "partial_json", "signature"):
        assert message.joined(delta) == _joined(raw, delta)


@pytest.mark.parametrize(("profile", "recording"), STREAMS)
def test_a_recorded_stream_becomes_grammatical_and_loses_nothing(
    fixtures_dir: Path, profile: str, recording: str, pieces: Pieces
) -> None:
    raw = (fixtures_dir / recording).read_bytes()
    with pytest.raises(GrammarViolation):
        check_stream(raw)

    passed = normalise(profile, raw, headers=SSE, pieces=pieces)

    message = check_stream(passed.body)
    _check_nothing_is_lost(raw, message)
    asked_for = "asked-for" if profile == "llama.cpp" else "claude-sonnet-4-5"
    assert message.start["model"] == asked_for


@pytest.mark.parametrize(("profile", "recording"), STREAMS)
def test_normalising_twice_changes_nothing_more(fixtures_dir: Path, profile: str, recording: str) -> None:
    once = normalise(profile, (fixtures_dir / recording).read_bytes(), headers=SSE).body
    assert normalise(profile, once, headers=SSE).body == once


@pytest.mark.parametrize(("profile", "recording"), MESSAGES)
def test_a_recorded_message_has_what_the_messages_api_has(
    fixtures_dir: Path, profile: str, recording: str, pieces: Pieces
) -> None:
    raw = (fixtures_dir / recording).read_bytes()
    before: dict[str, Any] = json.loads(raw)
    after: dict[str, Any] = json.loads(normalise(profile, raw, pieces=pieces).body)

    assert after["id"] == "msg_" + before["id"].removeprefix("chatcmpl-")
    assert after["stop_sequence"] is None
    assert after["usage"] == before["usage"]
    for old, new in zip(before["content"], after["content"], strict=True):
        if old["type"] == "tool_use":
            assert new == old | {"id": "toolu_" + old["id"].removeprefix("chatcmpl-tool-")}
        else:
            assert new == old


def test_llama_cpps_500_for_missing_messages_is_the_clients_fault(fixtures_dir: Path) -> None:
    answer = normalise(
        "llama.cpp", (fixtures_dir / "llamacpp/error_500_missing_messages.json").read_bytes(), status=500
    )
    assert answer.status == 400
    assert json.loads(answer.body) == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "'messages' is required"},
    }


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_real_apis_streams_pass_every_profile_unchanged(fixtures_dir: Path, profile: str) -> None:
    recordings = sorted((fixtures_dir / "claude").glob("*.sse"))
    assert recordings
    for recording in recordings:
        raw = recording.read_bytes()
        check_stream(raw)
        asked = json.dumps({"model": check_stream(raw).start["model"]}).encode()
        assert normalise(profile, raw, headers=SSE, request_body=asked).body == raw, recording.name
