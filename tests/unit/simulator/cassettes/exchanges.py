"""Exchanges and cassettes as tests of recording and replay need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingate.simulator.cassettes.cassette import MARK, Cassette, RecordedAnswer, RecordedRequest
from ingate.simulator.cassettes.redaction import Redaction, parse_path
from ingate.simulator.cassettes.writing import CassetteFolder, PassedExchange
from ingate.simulator.incoming import Header, ServedAs, SimulatorRequest

NOON = 1_795_348_800.0
"""2026-11-22T12:00Z."""
SECRET = "hunter2"
VERSION: Header = (b"anthropic-version", b"2023-06-01")
JSON_TYPE: Header = (b"content-type", b"application/json")
SSE_TYPE: Header = (b"content-type", b"text/event-stream; charset=utf-8")


def make_body(*texts: str, **members: object) -> dict[str, Any]:
    """User and assistant take turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[turn % 2], "content": text} for turn, text in enumerate(texts or ("Hello",))]
    return {"model": "claude-haiku-4-5", "max_tokens": 10, "messages": messages} | members


def make_request(
    *, deployment: str = "my-claude", path: bytes = b"/v1/messages", version: bytes = b"2023-06-01"
) -> SimulatorRequest:
    return SimulatorRequest(
        path=path, headers=[(b"Anthropic-Version", version)], served_as=ServedAs(deployment_name=deployment)
    )


def make_cassette(
    body: dict[str, Any],
    answer: bytes = b"{}",
    *,
    name: str = "001-my-claude.yaml",
    deployment: str = "my-claude",
    path: str = "/v1/messages",
) -> Cassette:
    return Cassette(
        name=name,
        deployment_name=deployment,
        request=RecordedRequest(method="POST", path=path, headers={"anthropic-version": "2023-06-01"}, body=body),
        answer=RecordedAnswer(status=200, headers=(JSON_TYPE,), content=answer),
    )


def make_exchange(
    body: dict[str, Any] | bytes | None = None,
    answer: bytes = b'{"type":"message"}',
    *,
    status: int = 200,
    headers: tuple[Header, ...] = (JSON_TYPE,),
    request_headers: tuple[Header, ...] = (VERSION,),
    query: bytes = b"",
    deployment: str = "my-claude",
) -> PassedExchange:
    return PassedExchange(
        started_at=NOON,
        deployment_name=deployment,
        method=b"POST",
        path=b"/v1/messages",
        query=query,
        request_headers=request_headers,
        request_body=body if isinstance(body, bytes) else json.dumps(body or make_body()).encode(),
        status=status,
        answer_headers=headers,
        answer_body=answer,
    )


def hide(text: str) -> str:
    """What a redactor does, with one secret."""
    return text.replace(SECRET, MARK)


def make_redaction(*paths: str) -> Redaction:
    return Redaction(redact_text=hide, paths=[parse_path(path) for path in paths])


def make_folder(path: Path, *paths: str) -> CassetteFolder:
    return CassetteFolder(path, redaction=make_redaction(*paths), recorded_by="ingate 0.0.0")
