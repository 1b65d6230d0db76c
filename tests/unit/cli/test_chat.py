from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path, render_event, render_stream

MESSAGES = "/anthropic/v1/messages"


def sent_bodies(ingate: FakeIngate) -> list[dict[str, object]]:
    return [json.loads(item.content) for item in ingate.requests if item.url.path == MESSAGES]


def test_an_answer_is_printed_as_text(run: Run, ingate: FakeIngate) -> None:
    result = run("chat", "Hello!")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "A simulated answer.\n", "")
    assert sent_bodies(ingate) == [
        {
            "model": "claude-haiku-4-5",
            "max_tokens": 1024,
            "messages": [{"role": "user", "content": "Hello!"}],
            "stream": True,
        }
    ]


def test_what_is_piped_in_is_the_prompt(run: Run, ingate: FakeIngate) -> None:
    run("chat", "--deployment", "claude-opus-4-5", "--system", "Be brief.", stdin="from a pipe\n")
    body = sent_bodies(ingate)[0]
    assert (body["model"], body["system"]) == ("claude-opus-4-5", "Be brief.")
    assert body["messages"] == [{"role": "user", "content": "from a pipe\n"}]


def test_nothing_to_say_is_wrong_usage(run: Run) -> None:
    assert run("chat", stdin="").exit_code == 2


def test_another_resource_is_reached_by_its_host_name_with_its_key(run: Run, ingate: FakeIngate) -> None:
    ingate.add_resource("team-b")
    ingate.add_deployment("team-b", "opus")
    assert run("chat", "--resource", "team-b", "Hello!").exit_code == 0
    request = ingate.requests[-1]
    assert request.headers["host"] == "team-b.localhost:8080"
    assert request.headers["x-api-key"] == "team-b-first-key"
    assert request.url.host == "127.0.0.1"


def test_at_a_terminal_the_conversation_grows_turn_by_turn(run: Run, ingate: FakeIngate) -> None:
    result = run("chat", stdin="One\n\nTwo\n", terminal=True)
    assert result.exit_code == 0
    assert result.stdout == "A simulated answer.\nA simulated answer.\n"
    assert sent_bodies(ingate)[1]["messages"] == [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "A simulated answer."},
        {"role": "user", "content": "Two"},
    ]


def test_a_turn_that_fails_is_not_part_of_the_conversation(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", MESSAGES] = httpx2.Response(
        529, json={"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    )
    result = run("chat", stdin="One\nTwo\n", terminal=True)
    assert result.exit_code == 0
    assert result.stderr.count("ingate: overloaded_error: Overloaded") == 2
    assert [body["messages"] for body in sent_bodies(ingate)] == [
        [{"role": "user", "content": "One"}],
        [{"role": "user", "content": "Two"}],
    ]


def test_a_refusal_of_the_gateway_is_told_with_its_code(run: Run) -> None:
    result = run("chat", "--deployment", "nope", "Hello!")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "ingate: DeploymentNotFound: The API deployment does not exist.\n"


def test_an_error_within_the_stream_ends_the_command(run: Run, ingate: FakeIngate) -> None:
    error = render_event({"type": "error", "error": {"type": "api_error", "message": "It broke."}})
    text = render_stream("Half an ").partition(b"event: message_delta")[0]
    ingate.answers["POST", MESSAGES] = httpx2.Response(200, content=text + error)
    result = run("chat", "Hello!")
    assert (result.exit_code, result.stdout) == (1, "Half an \n")
    assert result.stderr == "ingate: api_error: It broke.\n"


def test_an_answer_without_its_end_is_a_failure(run: Run, ingate: FakeIngate) -> None:
    text = render_stream("Half an ").partition(b"event: message_delta")[0]
    ingate.answers["POST", MESSAGES] = httpx2.Response(200, content=text)
    result = run("chat", "Hello!")
    assert (result.exit_code, result.stdout) == (1, "Half an \n")
    assert "ended before it was whole" in result.stderr


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal"])
def test_an_answer_that_was_cut_short_says_why(run: Run, ingate: FakeIngate, stop_reason: str) -> None:
    ingate.answers["POST", MESSAGES] = httpx2.Response(200, content=render_stream("A long", stop_reason=stop_reason))
    result = run("chat", "Hello!")
    assert (result.exit_code, result.stderr) == (0, f"(stop reason: {stop_reason})\n")


def test_steering_characters_in_an_answer_do_not_reach_a_terminal(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", MESSAGES] = httpx2.Response(200, content=render_stream("\x1b[2Jgone\n\tkept"))
    assert run("chat", "Hello!", terminal=True).stdout == "\N{REPLACEMENT CHARACTER}[2Jgone\n\tkept\n"
    ingate.answers["POST", MESSAGES] = httpx2.Response(200, content=render_stream("\x1b[2Jgone"))
    assert run("chat", "Hello!").stdout == "\x1b[2Jgone\n"


def test_a_gateway_that_is_gone_is_exit_code_3(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["POST", MESSAGES] = httpx2.ConnectError("refused")
    result = run("chat", "Hello!")
    assert result.exit_code == 3
    assert "ingate up" in result.stderr


def test_a_gateway_alone_is_enough_with_a_key_and_a_deployment(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    result = run(
        *("chat", "--base-url", "http://127.0.0.1:8080/anthropic", "-d", "claude-opus-4-5", "Hello!"),
        environment={"INGATE_API_KEY": "example-resource-second-key", "INGATE_DATA_DIR": str(tmp_path / "none")},
    )
    assert (result.exit_code, result.stdout) == (0, "A simulated answer.\n")
    assert len(ingate.requests) == 1


def test_whoever_is_signed_in_talks_with_a_token_and_needs_no_key(run: Run, ingate: FakeIngate) -> None:
    sign_in = ("login", "-u", "ada@example.com", "--password-stdin")
    assert run(*sign_in, stdin="the-persons-password").exit_code == 0
    ingate.keys[account_path("example-resource")] = {}
    assert run("chat", "Hello").stdout == "A simulated answer.\n"
    assert "x-api-key" not in ingate.requests[-1].headers
    assert not any(request.url.path.endswith("/listKeys") for request in ingate.requests)


def test_whoever_may_not_look_for_the_deployment_is_told_the_role_that_lets_them_talk(
    run: Run, ingate: FakeIngate
) -> None:
    assert run("login", "-u", "ada@example.com", "--password-stdin", stdin="the-persons-password").exit_code == 0
    account = account_path("example-resource")
    for path in (
        account.rpartition("/resourceGroups/")[0] + "/providers/Microsoft.CognitiveServices/accounts",
        account,
    ):
        message = (
            "The client 'ada' with object id 'o-1' does not have authorization to perform action "
            f"'Microsoft.CognitiveServices/accounts/read' over scope '{path}' or the scope is invalid."
        )
        ingate.answers["GET", path] = httpx2.Response(
            403, json={"error": {"code": "AuthorizationFailed", "message": message}}
        )
    result = run("chat", "Hello")
    assert result.exit_code == 1
    assert f"ingate role assign 'Foundry User' --principal o-1 --scope {account} --as-admin" in result.stderr
