"""Structured output: one JSON document and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask

from ingate.simulator.schema_check import is_valid

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "role": {"enum": ["author", "editor"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age", "role", "tags"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "schema": PERSON}


def read(ask: Ask, text: str, **fields: Any) -> dict[str, Any]:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 500, "messages": [{"role": "user", "content": text}]}
    answer = ask(body | fields, extra_headers=[(b"anthropic-beta", b"structured-outputs-2025-11-13")])
    [(_, content)] = answer.chunks
    assert answer.status == 200, content
    return json.loads(content)


@pytest.mark.parametrize("asked", [{"output_config": {"format": FORMAT}}, {"output_format": FORMAT}])
def test_the_answer_is_one_document_that_the_schema_accepts(ask: Ask, asked: dict[str, Any]) -> None:
    message = read(ask, "Who wrote it?", **asked)
    [block] = message["content"]
    assert (block["type"], message["stop_reason"]) == ("text", "end_turn")
    assert is_valid(json.loads(block["text"]), PERSON, PERSON)


def test_the_document_takes_values_from_the_prompt(ask: Ask) -> None:
    message = read(ask, 'Extract: name is "Ada Lovelace", age 36, an author.', output_config={"format": FORMAT})
    document = json.loads(message["content"][0]["text"])
    assert document == {"name": "Ada Lovelace", "age": 36, "role": "author", "tags": []}


def test_max_tokens_cut_the_document_and_say_so(ask: Ask) -> None:
    message = read(ask, "Who?", output_config={"format": FORMAT}, max_tokens=4)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 4)


def test_with_tools_the_call_comes_first_and_the_document_after_its_result(ask: Ask) -> None:
    tool = {"name": "look_up", "input_schema": {"type": "object"}}
    asked: dict[str, Any] = {"tools": [tool], "output_config": {"format": FORMAT}}
    call = read(ask, "Who wrote it?", **asked)
    assert call["stop_reason"] == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call["content"][-1]["id"], "content": "Ada"}
    turns = [
        {"role": "user", "content": "Who wrote it?"},
        {"role": "assistant", "content": call["content"]},
        {"role": "user", "content": [result]},
    ]
    [block] = read(ask, "", messages=turns, **asked)["content"]
    assert is_valid(json.loads(block["text"]), PERSON, PERSON)
