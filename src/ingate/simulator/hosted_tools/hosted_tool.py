"""What each tool that runs on the server has to tell, and the small pieces that they share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ingate.simulator.fingerprint import Fingerprint, get_id
from ingate.simulator.hosted_tools.turn import Turn
from ingate.simulator.json_value import JsonObject, is_integer

DIRECT: JsonObject = {"type": "direct"}
"""`caller` of what the model calls itself, not by code that it runs."""
FAR_DATE = "2099-12-31T23:59:59.000000Z"
"""Stands where the real API gives a date that it takes from the clock: answers must be repeatable."""


class HostedTool(Protocol):
    @property
    def name(self) -> str:
        """What `tool_choice` calls it."""
        ...

    @property
    def error_codes(self) -> frozenset[str]:
        """The errors its result can have."""
        ...

    @property
    def max_uses(self) -> int | None: ...

    def is_own(self, use: JsonObject) -> bool:
        """Whether this block is a use of this tool."""
        ...

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        """The blocks of the turn's n-th use, of which the last is the use itself, without its id; empty when there is
        nothing to use the tool for."""
        ...

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        """The block with the result of a use; `error_code` is one of `error_codes`, or empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTool:
    """What the tools have in common that are offered once, under a name of their own."""

    tool: JsonObject

    own_name: ClassVar[str]
    own_error_codes: ClassVar[frozenset[str]]

    @property
    def name(self) -> str:
        return self.own_name

    @property
    def error_codes(self) -> frozenset[str]:
        return self.own_error_codes

    @property
    def max_uses(self) -> int | None:
        return get_max_uses(self.tool)

    def is_own(self, use: JsonObject) -> bool:
        return use.get("type") == "server_tool_use" and use.get("name") == self.own_name


def derive_id(fingerprint: Fingerprint, prefix: str, label: str) -> str:
    """An id like the API's, another for each label."""
    return prefix + get_id(hashlib.blake2b(fingerprint.digest + label.encode()).digest())


def get_max_uses(tool: JsonObject) -> int | None:
    limit = tool.get("max_uses")
    return limit if is_integer(limit) else None
