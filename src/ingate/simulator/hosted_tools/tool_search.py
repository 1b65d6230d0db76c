"""`tool_search_tool_regex_*` and `tool_search_tool_bm25_*`: which deferred tools have words of the prompt in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingate.simulator.hosted_tools.turn import Turn
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object

MAX_FOUND = 5
"""Tools a search finds; the real one finds three to five."""
WORD_LENGTHS = range(3, 41)
"""Letters: shorter words are in every description, longer ones are none."""
ERROR_CODES = frozenset({"invalid_tool_input", "unavailable", "too_many_requests", "execution_time_exceeded"})
_WORD = re.compile(r"[a-z0-9]+")
_COMMON = frozenset(
    {"and", "any", "are", "can", "for", "from", "get", "has", "have", "how", "into", "its", "not", "that", "the"}
    | {"this", "what", "when", "which", "with", "you", "your"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSearch:
    tool: JsonObject

    @property
    def name(self) -> str:
        return "tool_search_tool_regex" if "regex" in get_string(self.tool, "type") else "tool_search_tool_bm25"

    @property
    def error_codes(self) -> frozenset[str]:
        return ERROR_CODES

    @property
    def max_uses(self) -> int | None:
        return None

    def is_own(self, use: JsonObject) -> bool:
        return use.get("type") == "server_tool_use" and use.get("name") == self.name

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        """Once a turn, however many uses are asked for."""
        if ordinal:
            return ()
        words = list_words(turn.question)
        if self.name == "tool_search_tool_regex":
            asked: JsonObject = {"pattern": "(?i)" + ("|".join(words) or ".")}
        else:
            asked = {"query": " ".join(words) or "any tool"}
        return ({"type": "server_tool_use", "name": self.name, "input": asked},)

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        content: JsonObject
        if error_code:
            content = {"type": "tool_search_tool_result_error", "error_code": error_code}
        else:
            found = find_tools(turn.body, list_words(turn.question))
            content = {
                "type": "tool_search_tool_search_result",
                "tool_references": [{"type": "tool_reference", "tool_name": name} for name in found],
            }
        return {"type": "tool_search_tool_result", "tool_use_id": get_string(use, "id"), "content": content}


def list_words(text: str) -> Sequence[str]:
    """The first ten words of a text that could tell one tool from another."""
    words = [word for word in _WORD.findall(text.lower()) if len(word) in WORD_LENGTHS and word not in _COMMON]
    return list(dict.fromkeys(words))[:10]


def find_tools(body: JsonObject, words: Sequence[str]) -> Sequence[str]:
    """Names of deferred tools, those with most of the words first."""
    scores: dict[str, int] = {}
    for tool in get_objects(body.get("tools")):
        if tool.get("defer_loading") is True:
            known = set(_WORD.findall(" ".join(list_searched_texts(tool)).lower()))
            scores[get_string(tool, "name")] = sum(word in known for word in words)
    ranked = sorted((name for name, score in scores.items() if score), key=lambda name: -scores[name])
    return ranked[:MAX_FOUND]


def list_searched_texts(tool: JsonObject) -> Iterator[str]:
    """Names and descriptions of the tool and of its arguments."""
    yield get_string(tool, "name").replace("_", " ")
    yield get_string(tool, "description")
    schema = tool.get("input_schema")
    properties = schema.get("properties") if is_object(schema) else None
    arguments: Mapping[str, object] = properties if is_object(properties) else {}
    for name, argument in arguments.items():
        yield name.replace("_", " ")
        yield get_string(argument, "description") if is_object(argument) else ""


def list_found(said: Sequence[JsonObject]) -> Sequence[str]:
    """The tools that searches among these blocks found."""
    contents = [block.get("content") for block in said if block.get("type") == "tool_search_tool_result"]
    return [
        get_string(reference, "tool_name")
        for content in contents
        if is_object(content)
        for reference in get_objects(content.get("tool_references"))
    ]
