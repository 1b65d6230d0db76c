"""Whether an answer is one: what a Messages answer and a Messages stream must have for a client to read them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from bench.workload import Json, Shape, Target, render_body, request_headers


class InvalidAnswerError(Exception):
    """An answer that no client of the Messages API should accept; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """What a valid answer consists of."""

    text: str
    body_bytes: int
    events: int
    """Of a stream; 0 in JSON."""

    @property
    def words(self) -> int:
        return len(self.text.split())


def ask(target: Target, shape: Shape) -> CheckedAnswer:
    """One exchange, checked. Raises InvalidAnswerError."""
    status, text = post(target, render_body(shape, target.model))
    if status != 200:
        raise InvalidAnswerError(f"status {status}: {text[:200]}")
    if shape is Shape.JSON:
        return CheckedAnswer(text=check_message(text), body_bytes=len(text.encode()), events=0)
    events = parse_events(text)
    return CheckedAnswer(text=check_events(events), body_bytes=len(text.encode()), events=len(events))


def post(target: Target, body: bytes) -> tuple[int, str]:
    """Status and whole body of one exchange; status 0 when there was none."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=20)
    try:
        connection.request("POST", target.path, body, dict(request_headers(target)))
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def check_message(text: str) -> str:
    """The text of a JSON answer that is complete."""
    message = _parse_object(text)
    _check_head(message)
    _require(message.get("stop_reason") == "end_turn", f"stop_reason is {message.get('stop_reason')!r}")
    blocks = cast(list[Json], message["content"])
    _require(bool(blocks), "content is empty")
    _require(all(block.get("type") == "text" for block in blocks), "content is not all text")
    return "".join(str(block["text"]) for block in blocks)


def parse_events(text: str) -> list[Json]:
    """The data of each event, whose `event:` line says the same type."""
    events: list[Json] = []
    for lines in text.strip().split("\n\n"):
        name, _, data = lines.partition("\n")
        event = _parse_object(data.removeprefix("data:"))
        _require(name == f"event: {event.get('type')}", f"{name!r} does not name its data {data[:80]!r}")
        events.append(event)
    return events


def check_events(events: Sequence[Json]) -> str:
    """The text of a stream whose events come in the documented order: a message that starts, whole blocks of text one
    after the other, why it stopped, and its end. Pings may come anywhere between."""
    shown = [event for event in events if event["type"] != "ping"]
    types = [str(event["type"]) for event in shown]
    _require(types[:1] == ["message_start"], f"it begins with {types[:1]}")
    _require(types[-2:] == ["message_delta", "message_stop"], f"it ends with {types[-2:]}")
    _check_head(shown[0]["message"])
    reason = shown[-2]["delta"].get("stop_reason")
    _require(reason == "end_turn", f"stop_reason is {reason!r}")
    _require(isinstance(shown[-2]["usage"].get("output_tokens"), int), "message_delta has no output_tokens")
    return _join_blocks(shown[1:-2])


def _join_blocks(events: Sequence[Json]) -> str:
    text = ""
    index, is_open = -1, False
    for event in events:
        starts = event["type"] == "content_block_start"
        _require(starts is not is_open, f"{event['type']} out of place")
        index += starts
        _require(event.get("index") == index, f"{event['type']} of block {event.get('index')} where {index} is due")
        if event["type"] == "content_block_delta":
            _require(event["delta"].get("type") == "text_delta", "a delta is not text")
            text += event["delta"]["text"]
        else:
            _require(starts or event["type"] == "content_block_stop", f"unknown event {event['type']}")
            is_open = starts
    _require(index >= 0 and not is_open, "no block was completed")
    return text


def _check_head(message: Json) -> None:
    """What a JSON answer and a message_start have in common."""
    _require(message.get("type") == "message" and message.get("role") == "assistant", "it is no assistant's message")
    _require(str(message.get("id", "")).startswith("msg_"), f"its id is {message.get('id')!r}")
    _require(isinstance(message.get("model"), str), "it names no model")
    _require(isinstance(message.get("content"), list), "content is no list")
    _require("stop_sequence" in message, "stop_sequence is missing")
    usage = message.get("usage")
    _require(isinstance(usage, dict), "usage is missing")
    counts = cast(Json, usage)
    for name in ("input_tokens", "output_tokens"):
        _require(isinstance(counts.get(name), int), f"usage.{name} is no integer")


def _parse_object(text: str) -> Json:
    try:
        value: object = json.loads(text)
    except ValueError:
        raise InvalidAnswerError(f"no JSON: {text[:80]!r}") from None
    _require(isinstance(value, dict), f"no object: {text[:80]!r}")
    return cast(Json, value)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise InvalidAnswerError(problem)
