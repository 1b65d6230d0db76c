"""A simulator, and the few words in which its tests talk to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pytest

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings

Body: TypeAlias = "dict[str, Any]"
Ask: TypeAlias = Callable[..., SimulatedAnswer]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """`ask(body)` posts to /v1/messages with the first API version."""

    def post(
        body: Body | bytes,
        *,
        path: bytes = b"/v1/messages",
        version: bytes | None = b"2023-06-01",
        settings: SimulatorSettings | None = None,
        extra_headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> SimulatedAnswer:
        headers = [*extra_headers, *([(b"anthropic-version", version)] if version is not None else [])]
        return Simulator(settings=settings or SimulatorSettings()).answer(
            SimulatorRequest(
                path=path,
                query=b"beta=true",
                headers=headers,
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            )
        )

    return post
