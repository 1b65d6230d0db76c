"""What a test holds: its own session in a running Ingate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clients import build_async_client, build_client
from .connection import SESSION_HEADER, Connection, Refused
from .journal import RecordedRequest, Verdict, parse_requests, parse_verdict

if TYPE_CHECKING:
    from anthropic import AnthropicFoundry, AsyncAnthropicFoundry


class ScriptError(ValueError):
    """Ingate does not take the script. `line` and `column` count from 1; None when they are not known."""

    def __init__(self, message: str, line: int | None, column: int | None) -> None:
        self.line, self.column = line, column
        super().__init__(message if line is None else f"line {line}, column {column}: {message}")


class Ingate:
    """One test's session: its rules, journal and verdict concern only requests that carry its header."""

    def __init__(self, connection: Connection, *, session: str, api_key: str) -> None:
        self._connection = connection
        self._deployments: list[str] = []
        self.session = session
        """The value of the header `x-ingate-session`."""
        self.api_key = api_key

    @property
    def gateway_url(self) -> str:
        return self._connection.addresses.gateway_url

    @property
    def base_url(self) -> str:
        """What clients for Foundry take: ends with `/anthropic`."""
        return f"{self.gateway_url}/anthropic"

    @property
    def headers(self) -> dict[str, str]:
        """All that a request without a client needs."""
        return {"api-key": self.api_key, "anthropic-version": "2023-06-01", SESSION_HEADER: self.session}

    @property
    def environment(self) -> dict[str, str]:
        """Variables from which the official Python and TypeScript clients (and Claude Code) take all they need."""
        return {
            "ANTHROPIC_FOUNDRY_BASE_URL": self.base_url,
            "ANTHROPIC_FOUNDRY_API_KEY": self.api_key,
            "ANTHROPIC_CUSTOM_HEADERS": f"{SESSION_HEADER}: {self.session}",
        }

    @cached_property
    def client(self) -> AnthropicFoundry:
        """An `anthropic.AnthropicFoundry` with its own defaults, so that it retries what it always retries."""
        return build_client(base_url=self.base_url, api_key=self.api_key, headers={SESSION_HEADER: self.session})

    @cached_property
    def async_client(self) -> AsyncAnthropicFoundry:
        return build_async_client(
            base_url=self.base_url, api_key=self.api_key, headers={SESSION_HEADER: self.session}
        )

    def script(self, script: str | Mapping[str, Any] | Path) -> None:
        """Answers by these rules from now on; counts begin anew. `script` is YAML or JSON text, a mapping, or a file.
        Raises ScriptError."""
        match script:
            case Path():
                text = script.read_text(encoding="utf-8")
            case str():
                text = script
            case _:
                text = json.dumps(script)
        try:
            self._connection.administer("PUT", "script", self.session, text)
        except Refused as refused:
            error = refused.answer.get("error", {})
            if refused.status != 400 or "message" not in error:
                raise
            raise ScriptError(error["message"], error.get("line"), error.get("column")) from None

    @property
    def requests(self) -> list[RecordedRequest]:
        """This session's, oldest first: the last thousand."""
        return parse_requests(self._connection.administer("GET", "requests", self.session, limit="1000"))

    @property
    def verdict(self) -> Verdict:
        return parse_verdict(self._connection.administer("GET", "verdict", self.session))

    def reset(self) -> None:
        """Forgets the requests; the rules stay and count anew."""
        self._connection.administer("POST", "reset", self.session)

    def deployment(self, name: str, *, model: str = "claude-sonnet-4-5", capacity: int = 10_000) -> str:
        """Deploys `model` as `name` until the test ends, and gives the name back. A capacity of 1 makes 429s.
        Raises ValueError when there is one of that name."""
        if self._connection.has_deployment(name):
            raise ValueError(f"there is a deployment {name} already, which other tests use")
        self._connection.put_deployment(name, model=model, capacity=capacity)
        self._deployments.append(name)
        self._connection.wait_until_served(name, self.api_key)
        return name

    def close(self) -> None:
        """Gives back what the session took of the shared Ingate."""
        if "client" in self.__dict__:
            self.client.close()
        for name in self._deployments:
            self._connection.delete_deployment(name)
        self._connection.administer("DELETE", "script", self.session)
        self._connection.administer("DELETE", "requests", self.session)
