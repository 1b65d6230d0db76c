"""`act(body)`: what the servers' tools do for a request; each block it gives is checked against the SDK's types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import pytest
from anthropic.types.beta import BetaContainer, BetaContentBlock
from pydantic import BaseModel, TypeAdapter

from ingate.simulator.fingerprint import get_fingerprint
from ingate.simulator.hosted_tools.activity import ServerActivity, decide_server_activity
from ingate.simulator.request import parse_messages_request

Json: TypeAlias = "dict[str, Any]"
Act: TypeAlias = Callable[..., ServerActivity | None]

WEB_SEARCH = {"type": "web_search_20250305", "name": "web_search"}
WEB_FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
CODE_EXECUTION = {"type": "code_execution_20250825", "name": "code_execution"}

_BLOCK: TypeAdapter[Any] = TypeAdapter(BetaContentBlock)


@pytest.fixture(scope="session")
def act() -> Act:
    return decide


def decide(
    content: str | Sequence[Json] = "Which sheep live in Wales?",
    *later: Json,
    earlier: Sequence[Json] = (),
    betas: tuple[str, ...] = (),
    **fields: Any,
) -> ServerActivity | None:
    """`content` is the user's message, `earlier` and `later` the messages around it."""
    messages = [*earlier, {"role": "user", "content": content}, *later]
    body: Json = {"model": "claude-sonnet-4-5", "max_tokens": 500, "messages": messages, **fields}
    fingerprint = get_fingerprint(seed=0, path=b"/v1/messages", body=json.dumps(body).encode())
    activity = decide_server_activity(parse_messages_request(body, betas=betas), fingerprint=fingerprint)
    for block in activity.blocks if activity else ():
        check_block(block)
    return activity


def check_block(block: Json) -> None:
    """The official SDK accepts the block, and knows each of its members."""
    unknown = list(list_unknown(_BLOCK.validate_python(block)))
    assert not unknown, (block["type"], unknown)


def list_unknown(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from list_unknown(getattr(value, name))
    elif isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from list_unknown(item)  # pyright: ignore[reportUnknownArgumentType]


def read_container(container: object) -> BetaContainer:
    """As the SDK reads it."""
    return BetaContainer.model_validate(container)


def say(*blocks: Json) -> Json:
    """An assistant's message that holds these blocks: what an agent sends back."""
    return {"role": "assistant", "content": list(blocks)}
