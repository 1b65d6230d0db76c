"""A session against a stand-in for Ingate that answers from a table and writes down what it was asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingate.pytest_plugin.clients import ClientMissing
from ingate.pytest_plugin.connection import Connection, Refused
from ingate.pytest_plugin.session import Ingate, ScriptError
from ingate.pytest_plugin.starting import Addresses

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
ADDRESSES = Addresses(
    gateway_url="http://gateway.test",
    management_url="http://management.test",
    account_path=ACCOUNT,
    admin_token="the-token",
)


class StandIn:
    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []
        self.answers: dict[str, list[httpx2.Response]] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        line = f"{request.method} {request.url.path}"
        waiting = self.answers.get(line)
        if not waiting:
            return httpx2.Response(200, json={})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def answer(self, line: str, *answers: tuple[int, Any]) -> None:
        """In this order; the last one again and again."""
        self.answers[line] = [httpx2.Response(status, json=body) for status, body in answers]

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.asked]


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def session(stand_in: StandIn) -> Ingate:
    connection = Connection(ADDRESSES, transport=httpx2.MockTransport(stand_in))
    return Ingate(connection, session="1-test", api_key="the-key")


def test_everything_a_client_needs_is_there(session: Ingate) -> None:
    assert session.base_url == "http://gateway.test/anthropic"
    assert session.headers == {
        "api-key": "the-key",
        "anthropic-version": "2023-06-01",
        "x-ingate-session": "1-test",
    }
    assert session.environment == {
        "ANTHROPIC_FOUNDRY_BASE_URL": "http://gateway.test/anthropic",
        "ANTHROPIC_FOUNDRY_API_KEY": "the-key",
        "ANTHROPIC_CUSTOM_HEADERS": "x-ingate-session: 1-test",
    }


def test_a_client_is_made_once_and_carries_the_session(session: Ingate) -> None:
    client = session.client

    assert session.client is client
    assert client.default_headers["x-ingate-session"] == "1-test"
    assert client.max_retries == 2
    session.close()


def test_without_the_package_a_client_is_refused_with_the_command_that_helps(
    session: Ingate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)

    with pytest.raises(ClientMissing, match="pip install anthropic"):
        _ = session.client


@pytest.mark.parametrize("form", ["text", "mapping", "file"])
def test_a_script_is_text_a_mapping_or_a_file(form: str, session: Ingate, stand_in: StandIn, tmp_path: Path) -> None:
    rules: dict[str, Any] = {"rules": [{"respond": "Hé"}]}
    file = tmp_path / "script.yaml"
    file.write_text(json.dumps(rules), encoding="utf-8")

    match form:
        case "text":
            session.script(json.dumps(rules))
        case "mapping":
            session.script(rules)
        case _:
            session.script(file)

    [request] = stand_in.asked
    assert str(request.url) == "http://gateway.test/_ingate/simulator/script?session=1-test"
    assert request.headers["authorization"] == "Bearer the-token"
    assert json.loads(request.content) == rules


def test_a_script_with_a_mistake_says_where_it_is(session: Ingate, stand_in: StandIn) -> None:
    mistake = {"message": "unknown member 'wen'", "line": 3, "column": 5}
    stand_in.answer("PUT /_ingate/simulator/script", (400, {"error": mistake}))

    with pytest.raises(ScriptError, match="^line 3, column 5: unknown member 'wen'$") as raised:
        session.script("rules: []")

    assert (raised.value.line, raised.value.column) == (3, 5)


def test_another_refusal_is_no_mistake_in_the_script(session: Ingate, stand_in: StandIn) -> None:
    stand_in.answer("PUT /_ingate/simulator/script", (401, {"error": {"message": "who are you?"}}))

    with pytest.raises(Refused, match="401: who are you"):
        session.script("rules: []")


def test_questions_are_about_this_session_alone(session: Ingate, stand_in: StandIn) -> None:
    stand_in.answer("GET /_ingate/simulator/requests", (200, {"requests": []}))
    stand_in.answer("GET /_ingate/simulator/verdict", (200, {"ok": True, "findings": []}))

    assert session.requests == []
    assert session.verdict.ok
    session.reset()

    assert stand_in.lines[-1] == "POST /_ingate/simulator/reset"
    assert {request.url.params["session"] for request in stand_in.asked} == {"1-test"}


def test_a_deployment_is_there_until_the_session_ends(session: Ingate, stand_in: StandIn) -> None:
    deployment, counting = f"{ACCOUNT}/deployments/mine", "/anthropic/v1/messages/count_tokens"
    stand_in.answer(f"GET {deployment}", (404, {}))
    stand_in.answer(f"POST {counting}", (404, {}), (404, {}), (200, {"input_tokens": 9}))

    assert session.deployment("mine", model="claude-opus-4-5", capacity=1) == "mine"

    assert stand_in.lines == [f"GET {deployment}", f"PUT {deployment}", *[f"POST {counting}"] * 3]
    assert json.loads(stand_in.asked[1].content)["sku"] == {"name": "GlobalStandard", "capacity": 1}
    assert stand_in.asked[2].headers["x-ingate-session"] != "1-test"
    session.close()
    assert f"DELETE {deployment}" in stand_in.lines


def test_a_deployment_that_others_use_is_left_alone(session: Ingate, stand_in: StandIn) -> None:
    with pytest.raises(ValueError, match="claude-haiku-4-5 already"):
        session.deployment("claude-haiku-4-5")

    session.close()
    assert not [line for line in stand_in.lines if line.startswith(("PUT", "DELETE /subscriptions"))]


def test_the_end_of_a_session_leaves_nothing_behind(session: Ingate, stand_in: StandIn) -> None:
    session.close()

    assert stand_in.lines == ["DELETE /_ingate/simulator/script", "DELETE /_ingate/simulator/requests"]
