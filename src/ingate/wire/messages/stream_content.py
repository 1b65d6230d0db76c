"""The content of a streamed answer, put together again: what was split over deltas stands in one piece."""

from __future__ import annotations

from typing import Any, cast

import msgspec

_JSON_PIECES = "partial_json"


class StreamUnreadable(ValueError):
    """Not the Messages API's events."""


def assemble_stream(data: bytes) -> dict[str, Any]:
    """The message that the events amount to, as far as they go; `error` in it when one came. An event that is not
    whole at the end is left out. Raises StreamUnreadable."""
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for event in _read_events(data):
        match event.get("type"):
            case "message_start":
                message.update(_get_object(event, "message"))
            case "content_block_start":
                blocks[_get_index(event)] = dict(_get_object(event, "content_block"))
            case "content_block_delta":
                _add_delta(blocks.setdefault(_get_index(event), {}), _get_object(event, "delta"))
            case "message_delta":
                message.update(_get_object(event, "delta"))
                message["usage"] = {**_get_object(message, "usage"), **_get_object(event, "usage")}
            case "error":
                message["error"] = event.get("error")
            case _:
                pass
    message["content"] = [_finish_block(block) for _, block in sorted(blocks.items())]
    return message


def _read_events(data: bytes) -> list[dict[str, Any]]:
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    events: list[dict[str, Any]] = []
    for part in data[: data.rfind(b"\n\n") + 1].split(b"\n\n"):
        lines = [line[5:].strip() for line in part.split(b"\n") if line.startswith(b"data:")]
        if lines:
            try:
                events.append(msgspec.json.decode(b"\n".join(lines), type=dict[str, Any]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise StreamUnreadable from error
    return events


def _add_delta(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Strings go on where the last piece ended, whatever kind of delta they are in; the rest is listed."""
    for name, value in delta.items():
        if name == "type":
            continue
        if isinstance(value, str):
            so_far = block.get(name)
            block[name] = so_far + value if isinstance(so_far, str) else value
        else:
            listed = block.get(f"{name}s")
            block[f"{name}s"] = [*cast("list[Any]", listed), value] if isinstance(listed, list) else [value]


def _finish_block(block: dict[str, Any]) -> dict[str, Any]:
    """The pieces of a tool's input are read as the JSON that they are, so that what is escaped in it is seen. Where
    they are not whole, only their size is told."""
    pieces = block.pop(_JSON_PIECES, None)
    if not isinstance(pieces, str) or not pieces:
        return block
    try:
        block["input"] = msgspec.json.decode(pieces)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        block["input"] = None
        block["unreadable_input_characters"] = len(pieces)
    return block


def _get_object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _get_index(event: dict[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else -1
