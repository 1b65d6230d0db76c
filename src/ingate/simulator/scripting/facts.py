"""What a rule's conditions can ask about a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    tool_name: str
    """Empty if no message before says which call this answers."""
    text: str
    is_error: bool


class RequestFacts:
    """Worked out when first asked for; `body` is the decoded one, or empty if it was no JSON object."""

    def __init__(self, request: SimulatorRequest, *, body: JsonObject, betas: Sequence[str], session: str) -> None:
        self.request = request
        self.body = body
        self.betas = tuple(betas)
        self.session = session

    @property
    def deployment(self) -> str:
        """The name that the client sent; without a gateway in between, the model's."""
        return self.request.served_as.deployment_name or self.model

    @property
    def model(self) -> str:
        return get_string(self.body, "model")

    @property
    def path(self) -> str:
        return self.request.path.decode("latin-1")

    @property
    def is_streamed(self) -> bool:
        return self.body.get("stream") is True

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name; the values of a repeated one are joined with commas."""
        joined: dict[str, str] = {}
        for name, value in self.request.headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            joined[key] = f"{joined[key]}, {text}" if key in joined else text
        return joined

    @cached_property
    def turns(self) -> tuple[tuple[JsonObject, ...], ...]:
        """The user's messages, those with nothing of the assistant's between them together."""
        turns: list[list[JsonObject]] = []
        follows_user = False
        for message in get_objects(self.body.get("messages")):
            role = message.get("role")
            if role == "user":
                if not follows_user:
                    turns.append([])
                turns[-1].append(message)
                follows_user = True
            elif role == "assistant":
                follows_user = False
        return tuple(map(tuple, turns))

    @property
    def turn(self) -> int:
        return len(self.turns)

    @cached_property
    def last_user_text(self) -> str:
        """The text of the last user turn, without what tools returned."""
        texts = [get_text(message.get("content")) for message in (self.turns[-1] if self.turns else ())]
        return "\n".join(filter(None, texts))

    @cached_property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """Those in the last user turn."""
        blocks = [
            block
            for message in (self.turns[-1] if self.turns else ())
            for block in get_objects(message.get("content"))
            if block.get("type") == "tool_result"
        ]
        names = self._list_called_tools() if blocks else {}
        return tuple(
            ToolResult(
                tool_name=names.get(get_string(block, "tool_use_id"), ""),
                text=get_text(block.get("content")),
                is_error=block.get("is_error") is True,
            )
            for block in blocks
        )

    @property
    def tool_result_text(self) -> str:
        return "\n".join(result.text for result in self.tool_results)

    @cached_property
    def system(self) -> str:
        """The system prompt, and the system messages within the conversation."""
        messages = get_objects(self.body.get("messages"))
        within = (get_text(message.get("content")) for message in messages if message.get("role") == "system")
        return "\n".join(filter(None, (get_text(self.body.get("system")), *within)))

    @cached_property
    def tools_offered(self) -> tuple[str, ...]:
        return tuple(get_string(tool, "name") for tool in get_objects(self.body.get("tools")))

    def _list_called_tools(self) -> dict[str, str]:
        return {
            get_string(block, "id"): get_string(block, "name")
            for message in get_objects(self.body.get("messages"))
            if message.get("role") == "assistant"
            for block in get_objects(message.get("content"))
            if block.get("type") == "tool_use"
        }


def get_text(content: object) -> str:
    """A string, or the text of the text blocks in a list."""
    if isinstance(content, str):
        return content
    if not is_list(content):
        return ""
    return "\n".join(
        get_string(block, "text") for block in content if is_object(block) and block.get("type") == "text"
    )
