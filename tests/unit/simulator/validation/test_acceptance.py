"""What must not be refused: everything that the real API was seen to take, and the edges of each rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.simulator.validation.request_parts import (
    CODE,
    EPHEMERAL,
    HAIKU,
    HOUR,
    OLD,
    OPUS,
    OTHER_TOOL,
    SERVER,
    TOOL,
    Body,
    asking,
    assistant,
    call,
    enabled,
    formatted,
    having,
    lacking,
    offering,
    paper,
    pdf,
    picture,
    result,
    saying,
    schema_tool,
    system,
    text,
    thinking,
    user,
)

from ingate.simulator.incoming import Hosting, ServedAs, SimulatorRequest
from ingate.simulator.json_value import get_objects
from ingate.simulator.refusal import Refusal
from ingate.simulator.simulator import Simulator, SimulatorSettings
from ingate.simulator.validation.features import get_accepted_betas

SIMULATOR = Simulator(settings=SimulatorSettings())
CLAUDE_CODE = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,web-search-2025-03-05,"
    "thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,effort-2025-11-24,per-turn-control-2026-07-01,"
    "mid-conversation-tool-changes-2026-07-01,structured-outputs-2025-12-15,redact-thinking-2026-02-12,"
    "thinking-display-updates-2026-08-18"
)
CLOSED: Body = {"type": "object", "additionalProperties": False}


def find_refusal(
    body: Body,
    *,
    betas: str = "",
    path: bytes = b"/v1/messages",
    version: bytes = b"2023-06-01",
    hosting: Hosting = "anthropic",
) -> str | None:
    headers = [(b"anthropic-version", version), *([(b"anthropic-beta", betas.encode())] if betas else [])]
    request = SimulatorRequest(
        path=path, headers=headers, body=json.dumps(body).encode(), served_as=ServedAs(hosting=hosting)
    )
    accepted = SIMULATOR.accept(request)
    return accepted.message if isinstance(accepted, Refusal) else None


ACCEPTED: dict[str, Body] = {
    "null where it is known to be taken": having(
        metadata=None, stop_sequences=None, cache_control=None, container=None, inference_geo=None
    ),
    "a warm-up": having(max_tokens=0),
    "the longest answer": having(OPUS, max_tokens=128_000),
    "two turns of one role": saying(user("a"), user("b")),
    "an empty turn beside a full one": saying(user(), user("b")),
    "an empty last turn of the assistant": saying(user("a"), assistant("")),
    "a beginning": saying(user("a"), assistant("b")),
    "an empty beginning for a newer model": saying(user("a"), assistant(), model=OPUS),
    "a conversation that the assistant began": saying(assistant("a"), user("b")),
    "instructions at the end": saying(user("a"), system("b"), model=OPUS),
    "instructions before the assistant": saying(user("a"), system("b"), assistant("c"), user("d"), model=OPUS),
    "a run of instructions": saying(user("a"), system("b"), system(text("c")), model=OPUS),
    "a call and its answer": saying(user("a"), assistant(call()), user(result())),
    "an answer and words": saying(user("a"), assistant(call()), user(result(), text("b"))),
    "answers in two messages": saying(
        user("a"), assistant(call("t1"), call("t2")), user(result("t1")), user(result("t2"))
    ),
    "an answer without content": saying(
        user("a"), assistant(call()), user({"type": "tool_result", "tool_use_id": "toolu_1"})
    ),
    "an id again in a later turn": saying(
        user("a"), assistant(call()), user(result()), assistant(call()), user(result())
    ),
    "a server's tool": offering({"type": "web_search_20250305", "name": "web_search", "max_uses": 3}),
    "a paused turn": saying(
        user("a"),
        assistant({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "b"}}),
        model=OPUS,
        tools=[{"type": "web_search_20250305", "name": "web_search"}],
    ),
    "a tool of an explicit kind": offering(TOOL | {"type": "custom"}),
    "a tool of the kind null": offering(TOOL | {"type": None}),
    "a forced call": offering(TOOL, OTHER_TOOL, tool_choice={"type": "tool", "name": "get_time"}),
    "deferred tools beside another": offering(TOOL | {"defer_loading": True}, OTHER_TOOL),
    "a schema with members of its own": offering(
        schema_tool({"type": "object", "x-mine": {"deep": [1]}, "$defs": {}})
    ),
    "a strict tool": offering(schema_tool(CLOSED | {"properties": {"a": {"type": ["string", "null"]}}}, strict=True)),
    "a format": formatted(
        CLOSED
        | {
            "properties": {"l": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/N"}}},
            "$defs": {"N": CLOSED},
        }
    ),
    "enabled thinking": having(thinking=enabled(), max_tokens=2000, temperature=1, stop_sequences=["x"]),
    "adaptive thinking": having(
        OPUS, thinking=thinking("adaptive", display="omitted"), output_config={"effort": "max"}
    ),
    "thinking between tools": having("claude-sonnet-5-5", thinking=thinking("between_tools")),
    "no thinking": having("claude-haiku-5-5", thinking=thinking("disabled"), output_config={"effort": "high"}),
    "the default temperature for a newer model": having(OPUS, temperature=1.0, top_p=0.99),
    "a whole temperature": having(temperature=0),
    "four breakpoints": asking(*[text(cache_control=EPHEMERAL)] * 4),
    "an hour before five minutes": asking(text(cache_control=HOUR), text(cache_control=EPHEMERAL)),
    "an image": asking(picture(8000, 8000), text()),
    "an image by link": asking({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
    "documents": asking(pdf(title="A"), paper(context="B")),
    "a document with citations": asking(paper(citations={"enabled": True}), text()),
    "a user id of no person": having(metadata={"user_id": '{"device_id":"ab12","session_id":"cd"}'}),
    "a document of the assistant's, in the first version": saying(user("a"), assistant(paper()), user("b")),
    "code and skills": offering(CODE, container={"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}),
    "a dated model": having("claude-haiku-4-5-20251001"),
    "standard speed": having(speed="standard"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_valid_request_is_let_through(name: str) -> None:
    assert find_refusal(ACCEPTED[name]) is None


WITH_BETAS: dict[str, tuple[Body, str]] = {
    "a budget larger than the answer, interleaved": (
        offering(TOOL, thinking=enabled(4000), max_tokens=2000),
        "interleaved-thinking-2025-05-14",
    ),
    "context editing": (
        having(
            context_management={
                "edits": [{"type": "clear_tool_uses_20250919", "keep": {"type": "tool_uses", "value": 3}}]
            }
        ),
        "context-management-2025-06-27",
    ),
    "an MCP server and its toolset": (
        offering({"type": "mcp_toolset", "mcp_server_name": "wiki"}, mcp_servers=[SERVER]),
        "mcp-client-2025-11-20",
    ),
    "an MCP server of the first kind": (having(mcp_servers=[SERVER]), "mcp-client-2025-04-04"),
    "the first form of formats": (
        having(output_format={"type": "json_schema", "schema": CLOSED}),
        "structured-outputs-2025-11-13",
    ),
    "instructions without words": (
        saying(user("a"), system() | {"output_config": {"effort": "low"}}, user("b"), model=OPUS),
        "mid-conversation-output-config-2026-07-01",
    ),
    "a computer": (
        offering({"type": "computer_20250124", "name": "computer", "display_width_px": 10, "display_height_px": 10}),
        "computer-use-2025-01-24",
    ),
}


@pytest.mark.parametrize("name", WITH_BETAS)
def test_a_beta_opens_what_it_is_for(name: str) -> None:
    body, beta = WITH_BETAS[name]
    assert find_refusal(body, betas=beta) is None


def test_claude_codes_request_is_let_through() -> None:
    """As its 2.1.330 sends it: thinking, its betas, context management, deferred tools, cached system blocks."""
    body = having(
        max_tokens=32_000,
        stream=True,
        system=[text("x-anthropic-billing-header: a"), text(cache_control=EPHEMERAL), text(cache_control=EPHEMERAL)],
        tools=[TOOL | {"eager_input_streaming": True}, OTHER_TOOL | {"defer_loading": True}],
        messages=[user(text(cache_control=EPHEMERAL))],
        metadata={"user_id": json.dumps({"device_id": "0" * 64, "account_uuid": "", "session_id": "1" * 36})},
        thinking=thinking("enabled", budget_tokens=31_999, display="omitted"),
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    )
    assert find_refusal(body, betas=CLAUDE_CODE) is None
    newer = body | {
        "model": OPUS,
        "max_tokens": 64_000,
        "thinking": thinking("adaptive", display="omitted"),
        "output_config": {"effort": "medium"},
        "messages": [user(text(cache_control=EPHEMERAL)), system("Be brief.")],
    }
    assert find_refusal(newer, betas=CLAUDE_CODE) is None


@pytest.mark.parametrize("hosting", ["anthropic", "azure"])
def test_what_both_hostings_have_is_let_through(hosting: Hosting) -> None:
    tools = [
        TOOL,
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "memory_20250818", "name": "memory"},
    ]
    assert find_refusal(formatted(CLOSED, tools=tools), hosting=hosting) is None


@pytest.mark.parametrize("version", [b"2023-06-01", b"2026-10-21"])
def test_counting_takes_what_is_counted(version: bytes) -> None:
    body = lacking("max_tokens") | {"system": "a", "tools": [TOOL], "tool_choice": {"type": "auto"}}
    assert find_refusal(body, path=b"/v1/messages/count_tokens", version=version) is None
    assert find_refusal(body | {"model": HAIKU, "thinking": enabled()}, path=b"/v1/messages/count_tokens") is None


def test_the_second_version_takes_an_empty_list_of_citations() -> None:
    assert find_refusal(asking(text(citations=[])), version=b"2026-10-21") is None
    assert find_refusal(asking(paper()), version=b"2026-10-21") is None


def test_no_request_that_claude_accepted_is_refused(fixtures_dir: Path) -> None:
    """What Foundry does not have is refused all the same: three of the requests offer the advisor tool."""
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["status"] == 200 and not offers_advisor(row["request"])]
    assert len(rows) > 165
    betas = ",".join(sorted(get_accepted_betas()))
    for row in rows:
        path = b"/v1/messages" if row["op"] == "messages" else b"/v1/messages/count_tokens"
        assert (row["id"], find_refusal(row["request"], betas=betas, path=path)) == (row["id"], None)


def offers_advisor(body: dict[str, Any]) -> bool:
    return any(str(tool.get("type")).startswith("advisor_") for tool in get_objects(body.get("tools")))


def test_the_requests_of_recorded_answers_are_let_through(fixtures_dir: Path) -> None:
    betas = ",".join(sorted(get_accepted_betas()))
    found = 0
    for file in sorted((fixtures_dir / "claude").glob("*.meta.json")):
        meta = json.loads(file.read_text())
        body: Body = meta.get("request_body") or {}
        if meta.get("status") != 200 or "messages" not in body or offers_advisor(body):
            continue
        counts = "max_tokens" not in body
        path = b"/v1/messages/count_tokens" if counts else b"/v1/messages"
        assert (file.name, find_refusal(body, betas=betas, path=path)) == (file.name, None)
        found += 1
    assert found > 10


def test_the_corpus_was_refused_where_the_api_refused_it(fixtures_dir: Path) -> None:
    for name in ("error_400_effort", "error_404_model"):
        meta = json.loads((fixtures_dir / "claude" / f"{name}.meta.json").read_text())
        answer = json.loads((fixtures_dir / "claude" / f"{name}.json").read_text())
        body = meta["request_body"]
        path = b"/v1/messages" if "max_tokens" in body else b"/v1/messages/count_tokens"
        assert find_refusal(body, path=path) == answer["error"]["message"]


def test_an_unusual_old_model_is_known() -> None:
    assert find_refusal(having("claude-3-haiku-20240307", temperature=0.2, top_p=0.5)) is None
    assert find_refusal(having(OLD, temperature=0.2)) is None
