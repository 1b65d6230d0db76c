"""Answers that are one JSON document: `output_config.format`, and `output_format` as it was called before."""

from __future__ import annotations

import msgspec

from ingate.simulator.json_value import JsonObject, is_object
from ingate.simulator.prompt_values import PromptValues
from ingate.simulator.request import MessagesRequest
from ingate.simulator.schema_example import build_value

_encoder = msgspec.json.Encoder()


def find_schema(body: JsonObject) -> JsonObject | None:
    """The schema that the answer has to obey, if the request has one."""
    config = body.get("output_config")
    asked = config.get("format") if is_object(config) else None
    asked = asked if is_object(asked) else body.get("output_format")
    if not is_object(asked) or asked.get("type") != "json_schema":
        return None
    schema = asked.get("schema")
    return schema if is_object(schema) else None


def compose_document(schema: JsonObject, request: MessagesRequest) -> str:
    """The smallest document that the schema accepts, with what the prompt says for its properties."""
    value = build_value(schema, suggest=PromptValues(request.last_turn.text).suggest)
    return _encoder.encode(value).decode()
