"""The lenient simulator answers whatever it can make sense of."""

from __future__ import annotations

import json

import pytest
from tests.unit.simulator.conftest import Ask
from tests.unit.simulator.validation.invalid_requests import INVALID_REQUESTS, InvalidRequest
from tests.unit.simulator.validation.request_parts import Body, having, lacking, saying, user

from ingate.simulator.simulator import SimulatorSettings

LENIENT = SimulatorSettings(lenient=True)

UNANSWERABLE: list[tuple[Body, str]] = [
    (lacking("model"), "model: Field required"),
    (lacking("max_tokens"), "max_tokens: Field required"),
    (lacking("messages"), "messages: Field required"),
    (having(messages=[]), "messages: at least one message is required"),
    (having(messages=["Hello"]), "messages.0: Input does not match the expected shape."),
    (saying({"role": "user"}), "messages.0.content: Field required"),
    (saying({"role": "user", "content": [{}]}), "messages.0.content.0.type: Field required"),
    (having(tools="x"), "tools: Input should be a valid array"),
]


@pytest.mark.parametrize(("body", "message"), UNANSWERABLE, ids=[message for _, message in UNANSWERABLE])
def test_what_cannot_be_answered_is_refused_all_the_same(ask: Ask, body: Body, message: str) -> None:
    answer = ask(body, settings=LENIENT)
    [(_, content)] = answer.chunks
    assert (answer.status, json.loads(content)["error"]["message"]) == (400, message)


@pytest.mark.parametrize(
    "body",
    [
        having("no-such-model", zzz=1, temperature=7, max_tokens=10**9),
        saying({"role": "robot", "content": [{"type": "song", "notes": []}], "name": "Bob"}),
        having(system=None, tools=None, tool_choice=None, thinking=None),
        saying(user("a"), {"role": "assistant", "content": "b "}, model="claude-opus-5-5"),
        having(tools=[{"type": "function", "function": {"name": "f"}}]),
    ],
    ids=["unknown names", "an unknown role and block", "null everywhere", "a beginning", "OpenAI's tools"],
)
def test_what_only_claude_would_refuse_is_answered(ask: Ask, body: Body) -> None:
    assert ask(body, settings=LENIENT).status == 200
    assert ask(body).status in (400, 404)


def test_betas_and_versions_of_tomorrow_are_no_obstacle(ask: Ask) -> None:
    assert ask(having(), settings=LENIENT, extra_headers=[(b"anthropic-beta", b"telepathy-2099-01-01")]).status == 200


@pytest.mark.parametrize("invalid", INVALID_REQUESTS, ids=lambda invalid: invalid.name)
def test_nothing_in_the_table_makes_it_fail(ask: Ask, invalid: InvalidRequest) -> None:
    answer = ask(invalid.body, settings=LENIENT, path=invalid.path.encode())
    assert answer.status in (200, 400)
    assert all(piece for _, piece in answer.chunks)
