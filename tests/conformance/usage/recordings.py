"""Recorded answers of Claude and of servers that speak its API, and the usage that each one states.

The truth is computed here, by another parser and another fold than those of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from tests.support.sse_events import parse_events

Usage = dict[str, Any]


class Recording(NamedTuple):
    name: str
    is_stream: bool
    data: bytes
    usage: Usage | None
    """None of an answer that states none: an error."""


FOLDERS = ("claude", "vercel_ai", "anthropic_sdk", "llamacpp", "vllm")
_NO_ANSWER = (".meta.json", ".headers", ".md")


def list_recordings(folder: Path) -> list[Recording]:
    return [
        recording
        for name in FOLDERS
        for path in sorted((folder / name).iterdir())
        if not path.name.endswith(_NO_ANSWER)
        for recording in _read_recordings(f"{name}/{path.name}", path.read_bytes())
    ]


def _read_recordings(name: str, data: bytes) -> Iterator[Recording]:
    if name.endswith(".json"):
        document = json.loads(data)
        yield Recording(name, False, data, _find_usage(document))
        return
    if name.endswith(".chunks.txt"):
        data = b"".join(b"data: " + line + b"\n\n" for line in data.splitlines() if line)
    for number, answer in enumerate(_split_answers(data.replace(b"\r\n", b"\n"))):
        yield Recording(f"{name}#{number}", True, answer, _fold_stream(answer))


def _split_answers(data: bytes) -> list[bytes]:
    """Some files hold several streams, one after another."""
    end = b'message_stop"}'
    answers: list[bytes] = []
    for piece in data.split(b"\n\n"):
        if not piece.strip():
            continue
        if not answers or answers[-1].rstrip().endswith(end):
            answers.append(b"")
        answers[-1] += piece + b"\n\n"
    return answers


def _fold_stream(data: bytes) -> Usage | None:
    usage: Usage | None = None
    for event in parse_events(data):
        document = cast("dict[str, Any]", json.loads(event.data))
        stated = _find_usage(document)
        if stated is not None:
            usage = {**(usage or {}), **{name: value for name, value in stated.items() if value is not None}}
    return usage


def _find_usage(document: dict[str, Any]) -> Usage | None:
    match document.get("type"):
        case "message_start":
            return cast("Usage", document["message"]["usage"])
        case "message_delta" | "message":
            return cast("Usage | None", document.get("usage"))
        case _:
            return {"input_tokens": document["input_tokens"]} if "input_tokens" in document else None
