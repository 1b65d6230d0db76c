"""Same request, same seed: the same bytes, a thousand times over and from another Ingate."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.running import RunningIngate, start_ingate

WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTIONS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "Hello!"}]},
    {"messages": [{"role": "user", "content": "Hello!"}], "stream": True},
    {"messages": [{"role": "user", "content": "get_weather for city: Paris"}], "tools": [WEATHER], "stream": True},
    {
        "messages": [{"role": "user", "content": "Think of Paris."}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "max_tokens": 4096,
        "stream": True,
    },
]


def ask(ingate: RunningIngate, connection: http.client.HTTPConnection, key: str, question: dict[str, Any]) -> bytes:
    body = {"model": "claude-haiku-4-5", "max_tokens": 512} | question
    headers = {"api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json"}
    connection.request("POST", "/anthropic/v1/messages", json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return b"%b\n%b" % ((answer.getheader("request-id") or "").encode(), content)


def connect(ingate: RunningIngate) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(ingate.gateway_url.removeprefix("http://"), timeout=10)


@pytest.mark.slow
def test_a_thousand_answers_and_those_of_another_ingate_are_the_same_bytes(
    ingate: RunningIngate, tmp_path: Path
) -> None:
    connection, key = connect(ingate), ingate.api_key
    first = [ask(ingate, connection, key, question) for question in QUESTIONS]
    for _ in range(250):
        assert [ask(ingate, connection, key, question) for question in QUESTIONS] == first
    connection.close()
    with start_ingate(tmp_path / "other") as other:
        connection, key = connect(other), other.api_key
        assert [ask(other, connection, key, question) for question in QUESTIONS] == first
        connection.close()
