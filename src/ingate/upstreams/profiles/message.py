"""One message, its blocks and its stop reason, made to look as the Messages API has them."""

from __future__ import annotations

from .raw_json import NULL, RawObject, parse_object, parse_objects, parse_text, parse_value, render_raw

MESSAGE_ID = "msg_"
TOOL_USE_ID = "toolu_"
FOREIGN_ID_PREFIXES = ("chatcmpl-tool-", "chatcmpl-", "call_")


def render_id(foreign: str | None, prefix: str) -> str:
    """The id with Anthropic's prefix; what follows it stays unique and recognisable in the upstream's own log."""
    text = foreign or ""
    if text.startswith(prefix):
        return text
    for known in FOREIGN_ID_PREFIXES:
        text = text.removeprefix(known)
    return prefix + text


def normalise_message(message: RawObject, model: str | None) -> bool:
    """Changes a whole message, or the one in `message_start`. True when anything was changed.

    `model` replaces the server's own name for what it runs (llama.cpp's is the path of a file); None keeps it.
    """
    changed = _replace_id(message, MESSAGE_ID)
    if model is not None and parse_text(message.get("model")) != model:
        message["model"] = render_raw(model)
        changed = True
    for name in ("stop_reason", "stop_sequence"):
        if name not in message:
            message[name] = NULL
            changed = True
    changed |= normalise_stop(message)
    blocks = parse_objects(message.get("content"))
    if blocks and sum(normalise_block(block, begins=False) for block in blocks):  # every one, not up to the first
        message["content"] = render_raw(blocks)
        changed = True
    return changed


def normalise_stop(holder: RawObject) -> bool:
    """`end_turn` together with a stop sequence is the stop reason `stop_sequence`."""
    if parse_value(holder.get("stop_sequence")) is None or parse_text(holder.get("stop_reason")) != "end_turn":
        return False
    holder["stop_reason"] = render_raw("stop_sequence")
    return True


def normalise_block(block: RawObject, *, begins: bool) -> bool:
    """Changes a content block, or with `begins` the one in `content_block_start`."""
    block_type = parse_text(block.get("type"))
    if block_type == "thinking" and "signature" not in block:
        block["signature"] = render_raw("")
        return True
    if block_type != "tool_use":
        return False
    changed = _replace_id(block, TOOL_USE_ID)
    if parse_object(block.get("input")) is None and (begins or "input" not in block):
        block["input"] = render_raw({})
        changed = True
    return changed


def _replace_id(holder: RawObject, prefix: str) -> bool:
    foreign = parse_text(holder.get("id"))
    replacement = render_id(foreign, prefix)
    if replacement == foreign:
        return False
    holder["id"] = render_raw(replacement)
    return True
