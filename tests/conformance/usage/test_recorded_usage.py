"""The usage of every recorded answer, read in passing: in any chunking, compressed or not, it is what was stated."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.content_codings import CODINGS

from ingate.domain.usage import TokenUsage, decide_usage
from ingate.wire.content_coding import ContentReader
from ingate.wire.messages.usage import AnswerReader, JsonAnswerReader, StreamAnswerReader

from .recordings import FOLDERS, Recording, Usage, list_recordings

Cut = Callable[[bytes], list[bytes]]


def cut_every(size: int) -> Cut:
    return lambda data: [data[start : start + size] for start in range(0, len(data), size)]


def cut_at_random(data: bytes) -> list[bytes]:
    dice = random.Random(len(data))  # noqa: S311 - repeatable, not secret
    pieces: list[bytes] = []
    while data:
        size = dice.choice((1, 2, 3, 7, 30, 200, 1500, 16384))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


CUTS: dict[str, Cut] = {
    "one byte": cut_every(1),
    "random": cut_at_random,
    "whole": lambda data: [data],
}


@pytest.fixture(scope="module")
def recordings(fixtures_dir: Path) -> list[Recording]:
    return list_recordings(fixtures_dir)


def make_reader(recording: Recording) -> AnswerReader:
    return StreamAnswerReader() if recording.is_stream else JsonAnswerReader()


def read(recording: Recording, cut: Cut) -> TokenUsage | None:
    reader = make_reader(recording)
    for piece in cut(recording.data):
        reader.read(piece)
    reader.end()
    has_last_word = not recording.is_stream or b"message_delta" in recording.data
    assert reader.usage_is_final == (reader.usage is not None and has_last_word), recording.name
    return decide_usage(reader.usage) if reader.usage is not None else None


def flatten(usage: TokenUsage | None) -> Usage | None:
    """Under the wire's names; zero and absent are the same."""
    if usage is None:
        return None
    found: Usage = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "ephemeral_5m_input_tokens": usage.cache_creation_5m_input_tokens,
        "ephemeral_1h_input_tokens": usage.cache_creation_1h_input_tokens,
        "thinking_tokens": usage.thinking_tokens,
        "web_search_requests": usage.web_search_requests,
        "web_fetch_requests": usage.web_fetch_requests,
        "service_tier": usage.service_tier,
        "inference_geo": usage.inference_geo,
        "speed": usage.speed,
        **{name: json.loads(bytes(value)) for name, value in (usage.other or {}).items()},
    }
    return {name: value for name, value in found.items() if value}


def flatten_wire(stated: Usage | None) -> Usage | None:
    """All that was stated, sub-objects opened; a cache write of unstated kind is a five-minute one."""
    if stated is None:
        return None
    found: dict[str, Any] = {}
    for name, value in stated.items():
        if name in ("cache_creation", "server_tool_use", "output_tokens_details"):
            found.update(value)
        else:
            found[name] = value
    if not found.get("ephemeral_1h_input_tokens"):
        found["ephemeral_5m_input_tokens"] = found.get("cache_creation_input_tokens", 0)
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("cut", CUTS)
def test_what_is_read_is_what_the_answer_states(recordings: list[Recording], cut: str) -> None:
    wrong = {
        recording.name: (flatten(read(recording, CUTS[cut])), flatten_wire(recording.usage))
        for recording in recordings
        if flatten(read(recording, CUTS[cut])) != flatten_wire(recording.usage)
    }
    assert wrong == {}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("coding", CODINGS)
def test_also_of_a_compressed_answer(recordings: list[Recording], coding: bytes, cut: str) -> None:
    for recording in recordings:
        reader = make_reader(recording)
        coded = ContentReader(coding, reader.read)
        for piece in CUTS[cut](CODINGS[coding](recording.data)):
            coded.read(piece)
        reader.end()
        assert coded.problem is None
        usage = decide_usage(reader.usage) if reader.usage is not None else None
        assert flatten(usage) == flatten_wire(recording.usage), recording.name


def test_of_every_folder_something_is_read(recordings: list[Recording]) -> None:
    seen = {recording.name.split("/")[0] for recording in recordings if recording.usage is not None}
    assert seen == set(FOLDERS)
    assert sum(recording.usage is not None for recording in recordings) > 60


def test_the_usage_of_every_recorded_request_survives(fixtures_dir: Path) -> None:
    """More usages than there are answers: each is put into an answer, as JSON and as the last word of a stream."""
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_bytes().splitlines()
    usages = [row["usage"] for row in map(json.loads, lines) if row["op"] == "messages" and row["status"] == 200]
    assert len(usages) > 100
    for usage in usages:
        document = json.dumps({"type": "message", "usage": usage}).encode()
        delta = json.dumps({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}).encode()
        for recording in (
            Recording("document", False, document, usage),
            Recording("stream", True, b"event: message_delta\ndata: %b\n\n" % delta, usage),
        ):
            for cut in CUTS.values():
                assert flatten(read(recording, cut)) == flatten_wire(usage)
