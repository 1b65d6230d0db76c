"""The verdict: each kind of bad client is caught, and a good one is not accused."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import anthropic
import httpx2
import pytest
from tests.scenarios.playing import MODEL, Player, question

from ingate.simulator.incoming import SimulatorRequest

LIMITED = "version: 1\nrules:\n- sequence: [{error: {status: 429, retry_after: 5}}, fine now]\n"
OVERLOADED = "version: 1\nrules:\n- respond: {error: 529}\n"


def make_broken(kind: str) -> str:
    return f"""
version: 1
rules:
- when: {{turn: 1}}
  sequence:
  - text: An answer that is long enough to be cut somewhere in its middle.
    stream_fault: {kind}
  - An answer that is long enough to be cut somewhere in its middle.
"""


def go_on(player: Player, said: Any, **fields: Any) -> None:
    """The next turn, with this as what the assistant is believed to have said."""
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": said}]
    player.ask(body=question(messages=[*history, {"role": "user", "content": "Go on"}], **fields))


def list_notes(player: Player) -> list[str]:
    return [note["kind"] for note in player.call("GET", "verdict")[1]["notes"]]


def test_a_client_that_does_not_wait_as_it_was_told() -> None:
    player = Player().use(LIMITED)
    assert player.ask().headers["retry-after"] == "5"
    player.now += 4.9
    player.ask()
    assert player.findings == ["retried_before_retry_after"]
    finding = player.call("GET", "verdict")[1]["findings"][0]
    assert finding["requests"] == [1, 2]
    assert finding["message"] == "request 1 was told to wait 5 s, and came again as request 2 after 4.90 s"


def test_a_client_that_waits_as_it_was_told() -> None:
    player = Player().use(LIMITED)
    player.ask()
    player.now += 5
    player.ask()
    player.ask()  # the same again after an answer: a question, not a retry
    assert (player.findings, list_notes(player)) == ([], [])


def test_another_request_need_not_wait() -> None:
    player = Player().use(LIMITED)
    player.ask("one")
    player.ask("two")
    assert player.findings == []


def test_a_request_that_was_on_its_way_already_is_no_retry() -> None:
    player = Player().use("version: 1\nrules:\n- respond: {error: {status: 429, retry_after: 5}, delay: 2}\n")
    request = SimulatorRequest(
        path=b"/v1/messages",
        headers=[(b"anthropic-version", b"2023-06-01")],
        body=b'{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}',
    )
    player.simulator.answer(request)
    player.now += 1
    player.simulator.answer(request)
    assert player.findings == []


def test_a_retry_storm() -> None:
    player = Player().use(OVERLOADED)
    for _ in range(9):
        player.ask()
        player.now += 0.5
    assert player.findings == ["retry_storm"]
    assert player.call("GET", "verdict")[1]["findings"][0]["requests"] == [2, 3, 4, 5, 6, 7, 8, 9]


def test_retries_that_back_off_are_no_storm() -> None:
    player = Player().use(OVERLOADED)
    for attempt in range(9):
        player.ask()
        player.now += 0.5 * 2**attempt * 0.75
    assert player.findings == []


def test_retries_that_wait_as_they_are_told_are_no_storm() -> None:
    player = Player().use("version: 1\nrules:\n- respond: {error: {status: 529, retry_after: 0.2}}\n")
    for _ in range(30):
        player.ask()
        player.now += 0.2
    assert player.findings == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_client_that_retries_what_cannot_succeed(status: int) -> None:
    player = Player().use(f"version: 1\nrules:\n- respond: {{error: {status}}}\n")
    player.ask()
    player.now += 60
    player.ask()
    assert player.findings == ["retried_non_retryable"]


def test_a_refusal_of_the_simulators_own_counts_too() -> None:
    player = Player()
    player.ask(body={"model": MODEL})
    player.ask(body={"model": MODEL})
    assert player.findings == ["retried_non_retryable"]


def test_a_retry_that_the_server_asked_for_is_none() -> None:
    error = "{status: 400, headers: {x-should-retry: 'true'}}"
    player = Player().use(f"version: 1\nrules:\n- respond: {{error: {error}}}\n")
    player.ask()
    player.ask()
    assert player.findings == []


@pytest.mark.parametrize("kind", ["truncate", "disconnect", "{kind: disconnect, after_bytes: 1000}"])
def test_a_client_that_takes_a_truncated_stream_for_an_answer(kind: str) -> None:
    player = Player().use(make_broken(kind))
    piece = player.ask(stream=True)
    go_on(player, piece.streamed_text if "bytes" not in kind else player.simulator.journal.entries[0].sent.texts[0])  # pyright: ignore[reportOptionalMemberAccess]
    assert player.findings == ["accepted_truncated_stream"]


def test_a_client_that_ignores_an_error_event() -> None:
    player = Player().use(make_broken("error_event"))
    piece = player.ask(stream=True)
    go_on(player, [{"type": "text", "text": piece.streamed_text.strip()}], stream=True)
    assert player.findings == ["ignored_error_event"]


def test_a_client_that_runs_half_a_tool_call() -> None:
    player = Player().use(
        """
version: 1
rules:
- when: {turn: 1}
  respond:
    content: [{type: tool_use, name: rm, input: {path: scratch/of/mine}}]
    stream_fault: {kind: truncate, after_events: 5}
"""
    )
    tool = {"name": "rm", "input_schema": {"type": "object"}}
    start = player.ask(stream=True, tools=[tool]).data[1]["content_block"]
    player.ask(
        body=question(tools=[tool])
        | {
            "messages": [
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": [start | {"input": {"path": "/"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": start["id"], "content": "done"}]},
            ]
        }
    )
    assert player.findings == ["accepted_truncated_stream"]


@pytest.mark.parametrize("kind", ["truncate", "error_event", "{kind: truncate, after_events: 99}"])
def test_a_client_that_asks_again_after_a_broken_stream(kind: str) -> None:
    """Also when all of the text had come, and only the end of the stream was missing."""
    player = Player().use(make_broken(kind))
    assert "message_stop" not in player.ask(stream=True).events
    player.now += 1
    whole = player.ask(stream=True)
    assert whole.events[-1] == "message_stop"
    go_on(player, whole.streamed_text)
    assert (player.findings, list_notes(player)) == ([], [])


def test_to_let_the_model_go_on_from_the_piece_is_fair() -> None:
    """The partial answer as a prefill: https://platform.claude.com/docs/en/build-with-claude/streaming, recovery."""
    player = Player().use(make_broken("truncate"))
    piece = player.ask(stream=True).streamed_text
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": piece.strip()}]
    player.ask(body=question() | {"messages": history})
    assert player.findings == []


def test_to_give_up_is_only_a_note() -> None:
    player = Player().use(OVERLOADED)
    player.ask()
    assert player.call("GET", "verdict")[1]["ok"]
    assert list_notes(player) == ["no_retry"]


class SimulatedTransport(httpx2.BaseTransport):
    """Carries the official SDK's requests to a player, and its answers back."""

    def __init__(self, player: Player) -> None:
        self.player = player

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self.player.simulator.answer(
            SimulatorRequest(path=request.url.path.encode(), headers=list(request.headers.raw), body=request.read())
        )
        seen = self.player.receive(answer)
        if seen.is_cut and not seen.content:
            raise httpx2.RemoteProtocolError("the connection was cut", request=request)
        return httpx2.Response(seen.status, headers=dict(seen.headers), content=seen.content)


@pytest.mark.parametrize(
    "script",
    [
        LIMITED,
        OVERLOADED,
        "version: 1\nrules:\n- respond: {error: 400}\n",
        "version: 1\nrules:\n- respond: {error: {status: 503, retry_after: 0.5}}\n",
        "version: 1\nrules:\n- respond: {fault: disconnect}\n",
        "version: 1\nrules:\n- respond: {error: {status: 429, headers: {retry-after-ms: 1500}}}\n",
    ],
)
def test_the_official_sdk_is_not_accused(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it may retry. Its waits cost no time."""
    player = Player().use(script)

    def sleep(seconds: float) -> None:
        player.now += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    http_client = httpx2.Client(transport=SimulatedTransport(player))
    with (
        anthropic.Anthropic(
            api_key="x", base_url="http://simulated", max_retries=12, http_client=http_client
        ) as client,
        contextlib.suppress(anthropic.APIError),
    ):
        client.messages.create(
            model="claude-sonnet-5", max_tokens=99, messages=[{"role": "user", "content": "Hello"}]
        )
    assert len(player.requests) >= 1
    assert player.findings == []
