"""Every feature of an answer, as JSON and as a stream: one grammar, one message, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.stream_grammar import check_stream
from tests.unit.simulator.conftest import Ask

from ingate.simulator.accounting.compaction import COMPACT_BETA
from ingate.simulator.accounting.input_account import charge_input
from ingate.simulator.accounting.prompt_cache import InputUsage, PromptCache
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.magic_strings import TRIGGER_REFUSAL
from ingate.simulator.model_facts import get_model_facts
from ingate.simulator.reply import Reply
from ingate.simulator.replying import decide_reply
from ingate.simulator.request import parse_messages_request
from ingate.simulator.simulator import SimulatorSettings

TOOL = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "The grass is green. The sky is blue."},
    "citations": {"enabled": True},
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
ASK_ME = {"type": "text", "text": "What colour is it?"}

FEATURES: dict[str, dict[str, Any]] = {
    "text": {},
    "an echo": {"messages": [{"role": "user", "content": "Repeat: naïve café 🎉 and more"}]},
    "max_tokens": {"max_tokens": 3},
    "a stop sequence": {"messages": [{"role": "user", "content": "Repeat: a END b"}], "stop_sequences": ["END"]},
    "a tool": {"tools": [TOOL]},
    "a tool that is named": {"tools": [TOOL], "messages": [{"role": "user", "content": "Use get_weather."}]},
    "a strict tool": {"tools": [TOOL | {"strict": True}]},
    "no tool": {"tools": [TOOL], "tool_choice": {"type": "none"}},
    "structured output": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "a refusal": {"messages": [{"role": "user", "content": TRIGGER_REFUSAL}]},
    "a citable document": {"messages": [{"role": "user", "content": [DOCUMENT, ASK_ME]}]},
    "an image": {"messages": [{"role": "user", "content": [IMAGE, ASK_ME]}]},
    "web search": {"tools": [SEARCH], "messages": [{"role": "user", "content": "Search the web for sheep."}]},
    "web search and a tool": {"tools": [SEARCH, TOOL]},
    "a paused turn": {"tools": [SEARCH], "messages": [{"role": "user", "content": "Simulate pause_turn."}]},
    "a tool called by code": {"tools": [CODE, TOOL | {"allowed_callers": ["code_execution_20250825"]}]},
}
THINKING: dict[str, dict[str, Any]] = {
    "claude-sonnet-4-5": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    "claude-opus-4-6": {"thinking": {"type": "adaptive", "display": "omitted"}},
    "claude-opus-5": {"thinking": {"type": "adaptive", "display": "summarized"}},
    "claude-haiku-4-5": {},
}


def body_of(model: str, fields: dict[str, Any], *, thinks: bool) -> dict[str, Any]:
    question = {"role": "user", "content": "Why is the sky blue?"}
    body: dict[str, Any] = {"model": model, "max_tokens": 2000, "messages": [question]}
    thinking = THINKING[model] if thinks and fields.get("max_tokens", 2000) > 1024 else {}
    return body | thinking | fields


def read(ask: Ask, body: dict[str, Any], **how: Any) -> bytes:
    answer = ask(body, **how)
    content = b"".join(piece for _, piece in answer.chunks)
    assert answer.status == 200, content
    return content


@pytest.mark.parametrize("version", [b"2023-06-01", b"2026-10-21"])
@pytest.mark.parametrize("thinks", [False, True], ids=["plain", "thinking"])
@pytest.mark.parametrize("model", THINKING)
@pytest.mark.parametrize("feature", FEATURES)
def test_a_streamed_answer_is_grammatical_and_tells_what_the_json_answer_tells(
    ask: Ask, feature: str, model: str, thinks: bool, version: bytes
) -> None:
    body = body_of(model, FEATURES[feature], thinks=thinks)
    message = json.loads(read(ask, body, version=version))
    stream = read(ask, body | {"stream": True}, version=version, settings=SimulatorSettings(pad_data_lines=True))
    assert check_stream(stream, of_claude=True).put_together() == message


def test_every_request_that_claude_has_answered_gets_one_answer_both_ways(ask: Ask, fixtures_dir: Path) -> None:
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    asked = [row["request"] for row in map(json.loads, lines) if row["status"] == 200 and row["op"] == "messages"]
    assert len(asked) > 100
    for body in asked:
        lenient = SimulatorSettings(lenient=True)
        message = json.loads(read(ask, body | {"stream": False}, settings=lenient))
        stream = read(ask, body | {"stream": True}, settings=lenient)
        assert check_stream(stream, of_claude=True).put_together() == message


def test_a_thousand_answers_to_one_request_are_one(ask: Ask) -> None:
    body = body_of("claude-sonnet-4-5", FEATURES["a tool that is named"], thinks=True) | {"stream": True}
    digests = {hashlib.sha256(read(ask, body)).hexdigest() for _ in range(1_000)}
    assert len(digests) == 1


def reply_to(fields: dict[str, Any], *, model: str = "claude-sonnet-4-5", usage: InputUsage | None = None) -> Reply:
    body = body_of(model, fields, thinks=False)
    request = parse_messages_request(body, betas=(COMPACT_BETA,))
    cache = PromptCache(clock=lambda: 0.0)
    account = charge_input(body, betas=(), facts=request.facts, cache=cache, partition="")
    account = replace(account, usage=usage) if usage else account
    return decide_reply(request, account=account, fingerprint=Fingerprint(digest=bytes(64)))


@pytest.mark.parametrize(
    ("stop_reason", "feature"),
    [
        ("end_turn", "text"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "a stop sequence"),
        ("tool_use", "a tool"),
        ("refusal", "a refusal"),
        ("pause_turn", "a paused turn"),
    ],
)
def test_every_stop_reason_can_be_asked_for(stop_reason: str, feature: str) -> None:
    assert reply_to(FEATURES[feature]).stop_reason == stop_reason


def test_a_citable_document_is_quoted_with_its_citation() -> None:
    reply = reply_to(FEATURES["a citable document"])
    blocks: list[dict[str, Any]] = list(reply.content)
    [cited] = [block for block in blocks if "citations" in block]
    [citation] = cited["citations"]
    assert citation["cited_text"] == cited["text"]


def test_the_documented_test_string_is_refused_with_details_wherever_it_stands() -> None:
    reply = reply_to(FEATURES["a refusal"])
    assert (reply.content, reply.stop_sequence) == ((), None)
    assert reply.stop_details is not None
    assert (reply.stop_details["type"], reply.stop_details["category"]) == ("refusal", None)
    turns = [
        {"role": "user", "content": [{"type": "text", "text": TRIGGER_REFUSAL}]},
        {"role": "assistant", "content": "No."},
        {"role": "user", "content": "Go on then."},
    ]
    assert reply_to({"messages": turns}).stop_reason == "refusal"


def test_an_answer_that_the_window_has_no_room_for_ends_with_its_own_reason() -> None:
    window = get_model_facts("claude-sonnet-4-5").context_window
    reply = reply_to({}, usage=InputUsage(uncached=window - 4))
    assert (reply.stop_reason, reply.usage.output_tokens) == ("model_context_window_exceeded", 4)
    assert reply_to({"max_tokens": 3}, usage=InputUsage(uncached=window - 4)).stop_reason == "max_tokens"
    assert reply_to({}, model="claude-opus-4-5").stop_reason == "end_turn"


def test_the_parts_of_the_input_are_reported_as_they_were_charged() -> None:
    charged = InputUsage(uncached=5, cache_read=7, cache_creation_5m=11, cache_creation_1h=13)
    usage = reply_to({}, usage=charged).usage
    assert (usage.input_tokens, usage.cache_read) == (5, 7)
    assert (usage.cache_creation_5m, usage.cache_creation_1h) == (11, 13)


LONG = [{"role": "user", "content": "A long story. " * 20_000}]


def compacting(**more: Any) -> dict[str, Any]:
    edit = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 50_000}}
    return {"messages": LONG, "context_management": {"edits": [edit | more]}}


def test_a_compacted_conversation_begins_with_its_summary_and_counts_both_passes() -> None:
    reply = reply_to(compacting(), model="claude-opus-4-6")
    assert [block["type"] for block in reply.content] == ["compaction", "text"]
    assert reply.context_management == {"applied_edits": []}
    [summary, message] = reply.usage.iterations
    assert (summary["type"], message["type"]) == ("compaction", "message")
    assert message["output_tokens"] == reply.usage.output_tokens
    assert reply.usage.input_tokens < 5_000


def test_pausing_after_the_compaction_leaves_the_summary_alone() -> None:
    reply = reply_to(compacting(pause_after_compaction=True), model="claude-opus-4-6")
    assert [block["type"] for block in reply.content] == ["compaction"]
    assert (reply.stop_reason, reply.usage.output_tokens) == ("compaction", 0)


def test_context_management_is_reported_to_those_who_asked_for_it() -> None:
    assert reply_to({}).context_management is None
    edits = [{"type": "clear_tool_uses_20250919"}]
    assert reply_to({"context_management": {"edits": edits}}).context_management == {"applied_edits": []}


def test_a_json_answer_takes_as_long_as_its_tokens_do_whatever_the_jitter(ask: Ask) -> None:
    paced = SimulatorSettings(tokens_per_second=50, jitter=1)
    answer = ask(body_of("claude-opus-4-6", {}, thinks=True), settings=paced)
    [(seconds, content)] = answer.chunks
    assert seconds == json.loads(content)["usage"]["output_tokens"] / 50
