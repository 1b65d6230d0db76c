"""`web_search_*`: invented results, each of which says so."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.hosted_tools.domains import is_url_allowed, list_domains
from ingate.simulator.hosted_tools.hosted_tool import DIRECT, ServerTool
from ingate.simulator.hosted_tools.turn import QUERY_LENGTH, Turn
from ingate.simulator.json_value import JsonObject, get_string, is_object

RESULTS = 5
RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
"""Domains that no one owns (RFC 2606): a client that follows a result meets no stranger."""
PAGE_AGES = (None, "2 days ago", "January 5, 2026", "March 30, 2026")
ERROR_CODES = frozenset(
    {
        "invalid_tool_input",
        "unavailable",
        "max_uses_exceeded",
        "too_many_requests",
        "query_too_long",
        "request_too_large",
    }
)
_CONTENT_BYTES = 240
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSearch(ServerTool):
    own_name = "web_search"
    own_error_codes = ERROR_CODES

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        return ({"type": "server_tool_use", "name": "web_search", "input": {"query": turn.get_query(ordinal)}},)

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        asked = use.get("input")
        query = get_string(asked, "query") if is_object(asked) else ""
        return {
            "type": "web_search_tool_result",
            "tool_use_id": get_string(use, "id"),
            "caller": use.get("caller", DIRECT),
            "content": {"type": "web_search_tool_result_error", "error_code": error_code}
            if error_code
            else self.invent_results(query[:QUERY_LENGTH]),
        }

    def invent_results(self, query: str) -> list[JsonObject]:
        hosts = self.list_hosts()
        return [
            self.invent_result(query, hosts[number % len(hosts)], number) for number in range(RESULTS if hosts else 0)
        ]

    def invent_result(self, query: str, host: str, number: int) -> JsonObject:
        slug = _NOT_SLUG.sub("-", query.lower()).strip("-")[:60] or "anything"
        url = f"https://{host}/simulated/{slug}-{number + 1}"
        opaque = hashlib.shake_256(url.encode()).digest(_CONTENT_BYTES)
        return {
            "type": "web_search_result",
            "title": f"Simulated result {number + 1}: {query}",
            "url": url,
            "encrypted_content": base64.b64encode(opaque).decode(),
            "page_age": PAGE_AGES[opaque[0] % len(PAGE_AGES)],
        }

    def list_hosts(self) -> Sequence[str]:
        """The domains allowed by name (a path may belong to one), else the first reserved one that is not blocked."""
        allowed = list_domains(self.tool, "allowed_domains")
        if allowed:
            return [domain.partition("*")[0].rstrip("/") for domain in allowed]
        free = [domain for domain in RESERVED_DOMAINS if is_url_allowed(f"https://{domain}/simulated/", self.tool)]
        return free[:1]


def get_snippet(result: JsonObject) -> str:
    """What a citation quotes of one of our results, of which nothing but its title is known."""
    return f"{get_string(result, 'title')} - invented, no page was read."


def derive_encrypted_index(result: JsonObject) -> str:
    opaque = hashlib.shake_256(b"index " + get_string(result, "url").encode()).digest(108)
    return base64.b64encode(opaque).decode()
