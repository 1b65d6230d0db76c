"""What the tools that run on the server do in one answer.

Each tool is used once in a turn, before the model's own text or call: in a later answer of the same turn (a client's
tool has answered, or a paused turn goes on) what was done is not done again, and what was begun is finished.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from ingate.simulator.accounting.tokens import count_text_tokens
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.hosted_tools.code_execution import (
    CodeExecution,
    compose_code,
    describe_container,
    find_only_caller,
    find_tool_for_code,
)
from ingate.simulator.hosted_tools.hosted_tool import HostedTool, derive_id
from ingate.simulator.hosted_tools.offered import list_deferred, list_hosted_tools
from ingate.simulator.hosted_tools.tool_search import list_found
from ingate.simulator.hosted_tools.turn import Turn, read_turn
from ingate.simulator.hosted_tools.web_fetch import WebFetch
from ingate.simulator.hosted_tools.web_search import WebSearch
from ingate.simulator.json_value import JsonObject, get_string, is_list, is_object
from ingate.simulator.request import MessagesRequest

USES_PER_ANSWER = 10
"""After so many the turn pauses, as the real API's loop of servers' tools does by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerActivity:
    """What the servers' tools did before the model's own text or tool call."""

    blocks: tuple[JsonObject, ...] = ()
    pauses: bool = False
    """The answer ends here, with stop_reason `pause_turn`; the last block is a use without its result."""
    web_search_requests: int = 0
    web_fetch_requests: int = 0
    container: JsonObject | None = None
    input_tokens: int = 0
    """What the results add to the input."""
    found_tools: tuple[str, ...] = ()
    """Deferred tools that a search found in this turn, or the one that code calls: the next to be called."""
    caller: JsonObject | None = None
    """What code calls `found_tools[0]`: the `caller` of that `tool_use`, whose result the code waits for."""


def decide_server_activity(request: MessagesRequest, *, fingerprint: Fingerprint) -> ServerActivity | None:
    """None when no server tool is used in this answer."""
    tools = list_hosted_tools(request.body)
    if not tools:
        return None
    turn = read_turn(request.body, betas=request.betas, fingerprint=fingerprint)
    turn = replace(turn, is_forced=request.tool_choice == "tool")
    answer = _Answer(turn)
    answer.finish_begun(tools)
    code = find_code_execution(tools)
    deferred = list_deferred(request.body)
    for tool in tools:
        is_known = tool.name not in deferred or tool.name in list_found(answer.turn.said)
        if is_known and is_chosen(tool, request):
            answer.use(tool, code)
    return answer.conclude(tools)


def is_chosen(tool: HostedTool, request: MessagesRequest) -> bool:
    """What `tool_choice` says of it."""
    if request.tool_choice == "tool":
        return tool.name == request.forced_tool_name
    return request.tool_choice != "none"


def find_code_execution(tools: Sequence[HostedTool]) -> CodeExecution | None:
    return next((tool for tool in tools if isinstance(tool, CodeExecution)), None)


def is_code_block(block: JsonObject) -> bool:
    """A use of the container, or what came of it."""
    kind = get_string(block, "name") if block["type"] == "server_tool_use" else get_string(block, "type")
    return kind.removesuffix("_tool_result").endswith("code_execution")


class _Answer:
    """The activity as it comes to be. `turn` holds what is said in it already."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._begun = len(turn.said)
        self._uses = 0
        self._pauses = False
        self._caller: JsonObject | None = None
        self._called: tuple[str, ...] = ()

    def finish_begun(self, tools: Sequence[HostedTool]) -> None:
        """The results of uses that an earlier answer of the turn ended with."""
        answered = {get_string(block, "tool_use_id") for block in self.turn.said}
        for block in reversed(self.turn.said):  # what code called, before the code
            owner = next((tool for tool in tools if tool.is_own(block)), None)
            if owner is not None and get_string(block, "id") not in answered:
                self._respond(owner, block)

    def use(self, tool: HostedTool, code: CodeExecution | None) -> None:
        """As often as the prompt wants it and it was not used yet. Nothing follows a pause or a call by code."""
        done = sum(tool.is_own(block) for block in self.turn.said)
        for ordinal in range(done, self.turn.direction.uses):
            asked = () if self._is_over() else tool.ask(self.turn, ordinal)
            if not asked:
                return
            opened = self._open_code(tool, code)
            caller: JsonObject = {"caller": opened[1]} if opened else {}
            self._say(*asked[:-1])
            use = self._say_use({**asked[-1], **caller})
            if isinstance(tool, CodeExecution):
                self._hand_over(use)
            self._pauses = self._caller is None and self._is_time_to_pause()
            if self._is_over():
                return
            self._respond(tool, use, is_refused=tool.max_uses is not None and ordinal - done >= tool.max_uses)
            if opened and code:
                self._respond(code, opened[0])

    def _open_code(self, tool: HostedTool, code: CodeExecution | None) -> tuple[JsonObject, JsonObject] | None:
        """Begins the code that calls a web tool which the model may not call itself: the use of it, and `caller`."""
        caller_type = find_only_caller(tool.tool) if isinstance(tool, WebSearch | WebFetch) else ""
        if not caller_type or code is None:
            return None
        use = self._say_use(compose_code(tool.name))
        return use, {"type": caller_type, "tool_id": use["id"]}

    def conclude(self, tools: Sequence[HostedTool]) -> ServerActivity | None:
        blocks = self.turn.said[self._begun :]
        code = find_code_execution(tools)
        container = describe_container(self.turn, is_used=any(map(is_code_block, blocks))) if code else None
        if not blocks and container is None:
            return None
        return ServerActivity(
            blocks=blocks,
            pauses=self._pauses,
            web_search_requests=sum(_is_search(block) for block in blocks),
            web_fetch_requests=sum(block["type"] == "web_fetch_tool_result" for block in blocks),
            container=container,
            input_tokens=sum(_count_tokens(block) for block in blocks if "tool_use_id" in block),
            found_tools=self._called or tuple(dict.fromkeys(list_found(self.turn.said))),
            caller=self._caller,
        )

    def _is_over(self) -> bool:
        return self._pauses or self._caller is not None

    def _say_use(self, asked: JsonObject) -> JsonObject:
        """Says a use, with an id of its own."""
        prefix = "mcptoolu_" if asked["type"] == "mcp_tool_use" else "srvtoolu_"
        label = f"use {len(self.turn.said)}"
        use = {"type": asked["type"], "id": derive_id(self.turn.fingerprint, prefix, label), **asked}
        self._say(use)
        return use

    def _say(self, *blocks: JsonObject) -> None:
        self.turn = replace(self.turn, said=(*self.turn.said, *blocks))

    def _respond(self, tool: HostedTool, use: JsonObject, *, is_refused: bool = False) -> None:
        wanted = "max_uses_exceeded" if is_refused else self.turn.direction.error_code
        error_code = wanted if wanted in tool.error_codes else ""
        self._say(tool.respond(self.turn, use, error_code))
        self._uses += 1

    def _hand_over(self, use: JsonObject) -> None:
        """Leaves the use open when its code calls a tool of the client's."""
        called = find_tool_for_code(self.turn)
        if called is not None:
            self._caller = {"type": find_only_caller(called), "tool_id": get_string(use, "id")}
            self._called = (get_string(called, "name"),)

    def _is_time_to_pause(self) -> bool:
        """At the limit, or because the prompt says so, but then only in the turn's first answer."""
        return self._uses >= USES_PER_ANSWER or (self.turn.direction.pauses and self._begun == 0)


def _is_search(block: JsonObject) -> bool:
    """A search that found something, or nothing: one that failed is not billed."""
    return block["type"] == "web_search_tool_result" and not is_object(block.get("content"))


def _count_tokens(block: JsonObject) -> int:
    return count_text_tokens(msgspec.json.encode(_get_readable(block)).decode())


def _get_readable(value: object) -> object:
    """Without what the model never reads."""
    if is_list(value):
        return [_get_readable(item) for item in value]
    if is_object(value):
        return {name: _get_readable(member) for name, member in value.items() if name != "encrypted_content"}
    return value
