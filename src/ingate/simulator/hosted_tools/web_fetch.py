"""`web_fetch_*`: an invented page that says so, for an address that the conversation has named."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.accounting.tokens import split_tokens
from ingate.simulator.hosted_tools.domains import is_url_allowed
from ingate.simulator.hosted_tools.found_urls import list_conversation_urls, list_turn_urls
from ingate.simulator.hosted_tools.hosted_tool import DIRECT, FAR_DATE, ServerTool
from ingate.simulator.hosted_tools.turn import Turn
from ingate.simulator.json_value import JsonObject, get_string, is_integer, is_object

MAX_URL = 250
"""Characters; the documented limit."""
UNNAMED_URL = "https://example.com/simulated/not-in-the-conversation"
"""What the tool is asked for when it is forced and no address was named."""
ERROR_CODES = frozenset(
    {
        "invalid_tool_input",
        "url_too_long",
        "url_not_allowed",
        "url_not_in_prior_context",
        "url_not_accessible",
        "unsupported_content_type",
        "too_many_requests",
        "max_uses_exceeded",
        "unavailable",
        "content_too_large",
    }
)
_PARAGRAPHS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFetch(ServerTool):
    own_name = "web_fetch"
    own_error_codes = ERROR_CODES

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        """The n-th address of the turn. A forced tool takes any other of the conversation, or one that will fail."""
        urls = list(dict.fromkeys(list_turn_urls(turn, self.tool)))
        if not urls and turn.is_forced:
            urls = [*list_conversation_urls(turn, self.tool)[-1:], UNNAMED_URL][:1]
        if not urls:
            return ()
        url = urls[ordinal % len(urls)]
        return ({"type": "server_tool_use", "name": "web_fetch", "input": {"url": url}},)

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        asked = use.get("input")
        url = get_string(asked, "url") if is_object(asked) else ""
        error_code = error_code or self.find_error(turn, url)
        return {
            "type": "web_fetch_tool_result",
            "tool_use_id": get_string(use, "id"),
            "caller": use.get("caller", DIRECT),
            "content": {"type": "web_fetch_tool_result_error", "error_code": error_code}
            if error_code
            else self.invent_page(url),
        }

    def find_error(self, turn: Turn, url: str) -> str:
        if len(url) > MAX_URL:
            return "url_too_long"
        if url not in (*list_conversation_urls(turn, self.tool), *list_turn_urls(turn, self.tool)):
            return "url_not_in_prior_context"
        return "" if is_url_allowed(url, self.tool) else "url_not_allowed"

    def invent_page(self, url: str) -> JsonObject:
        document: JsonObject = {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": self.invent_text(url)},
            "title": f"Simulated page for {url}",
        }
        citations = self.tool.get("citations")
        if is_object(citations) and citations.get("enabled") is True:
            document["citations"] = {"enabled": True}
        return {"type": "web_fetch_result", "url": url, "retrieved_at": FAR_DATE, "content": document}

    def invent_text(self, url: str) -> str:
        """Cut at `max_content_tokens`, by the estimate that `usage` is counted with."""
        text = f"This page is simulated. Nothing was fetched from {url}."
        text += "".join(
            f"\n\nParagraph {number} of the simulated page stands where the real page would say more."
            for number in range(2, _PARAGRAPHS + 1)
        )
        limit = self.tool.get("max_content_tokens")
        return "".join(split_tokens(text)[:limit]) if is_integer(limit) and limit > 0 else text
