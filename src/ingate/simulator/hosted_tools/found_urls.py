"""The addresses that a conversation has named: the only ones that the fetching tool may fetch.

`url_sources` (web_fetch_20260318) says which of them count: the user's, those in results of the client's tools, those
in results of the servers' tools. URLs in what the assistant wrote itself never count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingate.simulator.hosted_tools.turn import Turn, iterate_all_blocks, list_blocks
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\[\]()]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?*_"


def find_urls(text: str) -> Iterator[str]:
    for match in _URL.findall(text):
        yield match.rstrip(_TRAILING)


def remove_urls(text: str) -> str:
    return _URL.sub(" ", text)


def list_turn_urls(turn: Turn, tool: JsonObject) -> Sequence[str]:
    """Those that this turn is about: of the user's message, then of the results since."""
    found = [("user", block) for block in turn.opening]
    found += [("user", block) for block in turn.results]
    found += [("assistant", block) for block in turn.said]
    return list(_list_urls(found, tool, get_tool_names(turn)))


def list_conversation_urls(turn: Turn, tool: JsonObject) -> Sequence[str]:
    return list(_list_urls(iterate_all_blocks(turn.body), tool, get_tool_names(turn)))


def get_tool_names(turn: Turn) -> Mapping[str, str]:
    """The name of the tool behind each id."""
    uses = [*(block for _, block in iterate_all_blocks(turn.body)), *turn.said]
    return {get_string(use, "id"): get_string(use, "name") for use in uses if use.get("type") == "tool_use"}


def _list_urls(found: Iterable[tuple[str, JsonObject]], tool: JsonObject, names: Mapping[str, str]) -> Iterator[str]:
    for role, block in found:
        kind = get_string(block, "type")
        if kind == "tool_result":
            if counts(tool, "client_tool_results", names.get(get_string(block, "tool_use_id"), "")):
                yield from _list_text_urls(list_blocks(block))
        elif kind in ("web_search_tool_result", "web_fetch_tool_result"):
            if counts(tool, "server_tool_results", kind.removesuffix("_tool_result")):
                yield from _list_result_urls(block.get("content"))
        elif role == "user" and counts(tool, "user_input", ""):
            yield from _list_text_urls([block])


def _list_text_urls(blocks: Sequence[JsonObject]) -> Iterator[str]:
    for block in blocks:
        yield from find_urls(get_string(block, "text"))


def _list_result_urls(content: object) -> Iterator[str]:
    """Of search results, or of a page that was fetched."""
    if not is_object(content):
        yield from filter(None, (get_string(result, "url") for result in get_objects(content)))
        return
    page = content.get("content")
    source = page.get("source") if is_object(page) else None
    if is_object(source) and source.get("type") == "text":
        yield from find_urls(get_string(source, "data"))


def counts(tool: JsonObject, source: str, tool_name: str) -> bool:
    """Whether `url_sources` lets this source count; all do that it does not mention."""
    sources = tool.get("url_sources")
    rule = sources.get(source) if is_object(sources) else None
    if not is_object(rule):
        return True
    listed = rule.get("tools")
    names = [get_string(item, "name") for item in get_objects(listed)] if is_list(listed) else []
    match rule.get("type"):
        case "none":
            return False
        case "only":
            return tool_name in names
        case "except":
            return tool_name not in names
        case _:
            return True
