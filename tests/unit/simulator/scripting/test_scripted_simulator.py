"""What the scripted simulator does beside following a script's rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.scenarios.playing import MODEL, Player, question
from tests.stream_grammar import check_stream

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.scripting import scripted_simulator
from ingate.simulator.scripting.problems import ScriptError
from ingate.simulator.scripting.scripted_simulator import ScriptedSimulator
from ingate.simulator.simulator import Simulator, SimulatorSettings


def make_request(body: Mapping[str, object], *headers: tuple[bytes, bytes]) -> SimulatorRequest:
    return SimulatorRequest(
        path=b"/v1/messages",
        headers=[(b"anthropic-version", b"2023-06-01"), *headers],
        body=json.dumps(body).encode(),
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", ["version: 1", "version: 1\nrules: [{when: {text: other}, respond: no}]"])
def test_without_a_rule_that_answers_it_is_the_simulator(script: str, stream: bool) -> None:
    """To the byte, and whatever the session."""
    plain = Simulator(settings=SimulatorSettings())
    scripted = ScriptedSimulator(plain, clock=lambda: 0.0, wall_clock=lambda: 0.0, seed=1)
    scripted.use_script(script, "script")
    for body in (question(stream=stream), {"model": MODEL}):
        expected = plain.answer(make_request(body))
        answer = scripted.answer(make_request(body, (b"X-Ingate-Session", b"a")))
        assert (answer.status, answer.headers) == (expected.status, expected.headers)
        assert list(answer.chunks) == list(expected.chunks)


def test_scripted_streams_obey_the_grammar() -> None:
    player = Player().use(
        """
version: 1
rules:
- respond:
    content:
    - {type: thinking, thinking: Hm.}
    - {type: redacted_thinking, data: c2VjcmV0}
    - {type: text, text: ""}
    - {type: tool_use, name: a, input: {}}
    - {type: tool_use, name: b, input: {x: [1, "two", null]}}
"""
    )
    seen = player.ask(stream=True)
    message = check_stream(seen.content)
    assert message.stop_reason == "tool_use"
    ids = [block.start["id"] for block in message.blocks if block.start["type"] == "tool_use"]
    assert len(set(ids)) == 2


def test_scripted_thinking_may_come_back() -> None:
    """Its signature is one that the simulator believes."""
    player = Player().use("version: 1\nrules:\n- respond: {content: [{type: thinking, thinking: Hm.}]}")
    thinking = {"type": "enabled", "budget_tokens": 1024}
    content = player.ask(max_tokens=2048, thinking=thinking).json["content"]
    history = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [*content, {"type": "text", "text": "Yes."}]},
        {"role": "user", "content": "Go on"},
    ]
    assert player.ask(messages=history, max_tokens=2048, thinking=thinking).status == 200


def test_the_session_is_not_part_of_the_request() -> None:
    player = Player()
    player.ask(session="a")
    assert "x-ingate-session" not in player.last["headers"]
    assert player.last["session"] == "a"


def test_a_session_that_was_quiet_for_long_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted_simulator, "MOST_SESSIONS", 2)
    player = Player().use("version: 1\nrules: [{sequence: [one, two]}]")
    assert [player.ask(session=name).text for name in "abaca"] == ["one", "one", "two", "one", "two"]
    assert player.ask(session="b").text == "one"


def test_a_body_that_is_nested_without_end_is_refused() -> None:
    deep = b'{"model":"x","max_tokens":1,"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    player = Player().use("version: 1\nvalidate: false\nrules: [{when: {text: a}, respond: b}]")
    assert player.ask(body=deep).status == 400


def test_names_in_texts_are_filled_in_and_only_there() -> None:
    player = Player().use(
        """
version: 1
rules:
- respond:
    content:
    - {type: tool_use, name: "{{turn}}", input: {path: ["{{last_user_text}}"], n: 1}}
    - {type: text, text: "{{turn}} {{ other }} {{tool_result}}."}
"""
    )
    call, text = player.ask("Say {{turn}}").json["content"]
    assert (call["name"], call["input"]) == ("{{turn}}", {"path": ["Say {{turn}}"], "n": 1})
    assert text["text"] == "1 {{ other }} ."


CASSETTE = """
cassette: 1
deployment: prod-a
request:
  path: /v1/messages
  headers: {anthropic-version: '2023-06-01'}
  body: {model: claude-sonnet-4-5, max_tokens: 1024, messages: [{role: user, content: Hello}]}
response: {status: 200, headers: {content-type: application/json, request-id: req_1}, file: FILE}
"""


@pytest.fixture
def replaying(tmp_path: Path) -> Player:
    """A script before two recordings of one request."""
    folder = tmp_path / "tapes"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"00{number}-a.json").write_text(f'{{"take": {number}}}')
        (folder / f"00{number}-a.yaml").write_text(CASSETTE.replace("FILE", f"00{number}-a.json"))
    script = tmp_path / "script.yaml"
    script.write_text("version: 1\nreplay: tapes\nrules: [{when: {text: Bye}, respond: scripted}]\n")
    return Player().use_file(script)


def test_recordings_answer_what_no_rule_does(replaying: Player) -> None:
    takes = [replaying.ask(deployment="prod-a", session=name).json["take"] for name in ("a", "a", "a", "b")]
    assert takes == [1, 2, 2, 1]
    assert (replaying.last["answered_by"], replaying.last["rule"]) == ("replay", "001-a.yaml")
    assert replaying.ask("Bye").text == "scripted"


def test_a_request_that_was_not_recorded_is_told_what_differs(replaying: Player) -> None:
    seen = replaying.ask("Hullo", deployment="prod-a")
    assert seen.status == 400
    assert "messages" in seen.error["message"]
    assert "Hullo" in seen.error["message"]
    assert replaying.last["near_misses"][-1]["rule"] == "replay tapes"


def test_a_broken_recording_is_a_mistake_of_the_script(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    (tmp_path / "tape.yaml").write_text("cassette: 9")
    script.write_text("version: 1\nreplay: tape.yaml\n")
    with pytest.raises(ScriptError, match=r"line 2, column 9: 'tape.yaml' cannot be replayed"):
        Player().use_file(script)
