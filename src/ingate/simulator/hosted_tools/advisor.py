"""`advisor_*`: the second model that the first one asks. Its advice is invented, and says so."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.hosted_tools.hosted_tool import ServerTool
from ingate.simulator.hosted_tools.turn import Turn
from ingate.simulator.json_value import JsonObject, get_string

ERROR_CODES = frozenset(
    {
        "max_uses_exceeded",
        "prompt_too_long",
        "too_many_requests",
        "overloaded",
        "unavailable",
        "execution_time_exceeded",
        "model_not_found",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisor(ServerTool):
    own_name = "advisor"
    own_error_codes = ERROR_CODES

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        return ({"type": "server_tool_use", "name": "advisor", "input": {}},)

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        content: JsonObject = {"type": "advisor_tool_result_error", "error_code": error_code}
        if not error_code:
            model = get_string(self.tool, "model")
            text = f"Simulated advice: {model} was not asked. Go on as planned."
            content = {"type": "advisor_result", "text": text, "stop_reason": "end_turn"}
        return {"type": "advisor_tool_result", "tool_use_id": get_string(use, "id"), "content": content}
