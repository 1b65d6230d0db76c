"""The admin API, without HTTP."""

from __future__ import annotations

import json

import pytest
from tests.scenarios.playing import Player, question

SCRIPT = "version: 1\nrules:\n- {name: hello, respond: from the script}\n"


def test_a_script_is_put_read_and_deleted() -> None:
    player = Player()
    assert player.call("GET", "script") == (
        200,
        {"session": "", "source_name": "", "text": "", "rules": [], "error": None},
    )
    status, put = player.call("PUT", "script", SCRIPT)
    assert (status, put["text"]) == (200, SCRIPT)
    assert player.ask().text == "from the script"
    assert player.call("GET", "/script/")[1]["rules"] == [{"name": "hello", "matched": 1, "answered": 1}]
    assert player.call("DELETE", "script") == (204, None)
    assert "simulated" in player.ask().text


def test_a_script_can_be_json() -> None:
    player = Player()
    assert player.call("PUT", "script", json.dumps({"version": 1, "rules": [{"respond": "🙂"}]}))[0] == 200
    assert player.ask().text == "🙂"


def test_a_wrong_script_is_refused_and_changes_nothing() -> None:
    player = Player().use(SCRIPT)
    status, refusal = player.call("PUT", "script", "version: 1\nrules:\n- respond: {delay: 1}\n- when: 5\n")
    assert status == 400
    assert refusal["error"]["code"] == "script_invalid"
    assert refusal["error"]["message"].startswith("a response needs one of text,")
    assert (refusal["error"]["line"], refusal["error"]["column"]) == (3, 12)
    assert [problem["line"] for problem in refusal["error"]["problems"]] == [3, 4, 4]
    assert player.ask().text == "from the script"


def test_a_session_has_its_own_script_counts_journal_and_verdict() -> None:
    player = Player().use(SCRIPT)
    player.call("PUT", "script", "version: 1\nrules:\n- respond: {error: 400}\n", session="a")
    assert player.ask(session="a").status == 400
    assert player.ask(session="a").status == 400
    assert player.ask(session="b").text == "from the script"
    assert player.call("GET", "verdict", session="a")[1]["findings"][0] == {
        "kind": "retried_non_retryable",
        "message": "request 1 was answered 400, which the same request cannot mend, "
        "and came again unchanged as request 2",
        "requests": [1, 2],
        "session": "a",
    }
    assert player.call("GET", "verdict", session="b")[1]["ok"]
    assert not player.call("GET", "verdict")[1]["ok"]
    assert [entry["number"] for entry in player.call("GET", "requests", session="b")[1]["requests"]] == [3]
    assert player.call("DELETE", "requests", session="a") == (204, None)
    assert [entry["number"] for entry in player.requests] == [3]
    player.call("DELETE", "script", session="a")
    assert player.ask(session="a").text == "from the script"


def test_a_reset_forgets_counts_journal_and_verdict_but_not_the_script() -> None:
    player = Player().use("version: 1\nrules:\n- sequence: [{error: 400}, two]\n")
    assert player.ask(session="a").status == 400
    assert player.ask(session="b").status == 400
    assert player.ask(session="a").status == 200
    assert player.call("POST", "reset", session="a") == (204, None)
    assert player.ask(session="a").status == 400
    assert player.ask(session="b").status == 200
    assert player.call("POST", "reset") == (204, None)
    assert player.requests == []
    assert player.ask(session="b").status == 400
    assert player.last["number"] == 6, "numbers go on, so that none stands for two requests"


def test_a_reset_is_passed_on() -> None:
    told: list[str] = []
    player = Player()
    simulator = type(player.simulator)(
        player.simulator._simulator,  # pyright: ignore[reportPrivateUsage]
        clock=lambda: 0.0,
        wall_clock=lambda: 0.0,
        seed=0,
        on_reset=told.append,
    )
    simulator.administer(b"POST", b"reset", b"session=a", b"")
    assert told == ["a"]


def test_what_the_journal_says_of_a_request() -> None:
    player = Player().use(SCRIPT)
    player.ask("Hi", deployment="prod-a", session="a", headers=[("X-Team", "blue"), ("x-api-key", "sk-ant-secret")])
    assert player.last == {
        "number": 1,
        "time": "2023-11-14T22:13:20.500Z",
        "session": "a",
        "deployment_name": "prod-a",
        "method": "POST",
        "path": "/v1/messages",
        "headers": {"anthropic-version": "2023-06-01", "x-team": "blue"},
        "body": question("Hi"),
        "status": 200,
        "ending": "complete",
        "rule": "hello",
        "near_misses": [],
        "answered_by": "script",
    }


def test_the_newest_requests_are_listed_in_their_order() -> None:
    player = Player()
    for number in range(5):
        player.ask(str(number))
    listed = player.call("GET", "requests", limit="2")[1]["requests"]
    assert [entry["number"] for entry in listed] == [4, 5]


def test_a_body_that_is_no_json_is_a_text() -> None:
    player = Player()
    player.ask(body=b"\xffnot json")
    assert player.last["body"] == "\ufffdnot json"
    assert player.last["answered_by"] == "refusal"


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "code"),
    [
        (b"GET", b"scripts", b"", 404, "not_found"),
        (b"GET", b"", b"", 404, "not_found"),
        (b"POST", b"script", b"", 405, "method_not_allowed"),
        (b"DELETE", b"verdict", b"", 405, "method_not_allowed"),
        (b"GET", b"requests", b"limit=0", 400, "query_invalid"),
        (b"GET", b"requests", b"limit=x", 400, "query_invalid"),
        (b"GET", b"requests", b"limit=" + b"9" * 5000, 400, "query_invalid"),
        (b"GET", b"requests", b"sesion=a", 400, "query_invalid"),
        (b"GET", b"requests", b"\xff", 400, "query_invalid"),
        (b"GET", b"requests", b"&" * 50, 400, "query_invalid"),
        (b"PUT", b"script", b"", 400, "script_invalid"),
    ],
)
def test_calls_that_are_refused(method: bytes, path: bytes, query: bytes, status: int, code: str) -> None:
    answer = Player().simulator.administer(method, path, query, b"\xff")
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)
    if status == 405:
        assert dict(answer.headers)[b"allow"] in (b"GET, PUT, DELETE", b"GET")
