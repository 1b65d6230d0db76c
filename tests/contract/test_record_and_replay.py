"""`ingate record` in front of a real server, and what it wrote, replayed without one: each with the official client.

The real server is a scripted one on loopback, which answers with the API's own shapes, compressed as the API does it.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
import yaml
from anthropic import Anthropic, AnthropicFoundry, BadRequestError, RateLimitError
from anthropic.types import MessageParam, ToolParam
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.running import RunningIngate, start_ingate
from tests.support.strict_http import Request
from tests.support.upstream_script import SSE_HEADERS, Answer, Stall, answer, error_body

from ingate.simulator.cassettes.cassettes import load_cassettes
from ingate.simulator.cassettes.replay import Cassettes, Mismatch
from ingate.simulator.incoming import SimulatorRequest

MODEL = "claude-haiku-4-5"
UPSTREAM_KEY = "sk-ant-api03-UPSTREAM-CANARY-0123456789"
SAID_KEY = "sk-ant-api03-SAID-CANARY-0123456789"
PRIVATE = "Rosebud-42"
"""Looks like no secret; the user names the field that it is in."""

WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "Get the weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION: MessageParam = {"role": "user", "content": f"What is the weather in Paris? My key is {SAID_KEY}."}
USAGE = {"input_tokens": 12, "output_tokens": 7}


def message(content: list[dict[str, Any]], stop_reason: str) -> dict[str, Any]:
    return {
        "id": "msg_01Recorded",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": USAGE,
    }


TOOL_CALL = message(
    [{"type": "tool_use", "id": "toolu_01Recorded", "name": "get_weather", "input": {"city": "Paris"}}], "tool_use"
)
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": message([], "") | {"stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It is 18 "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "degrees in Paris."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
]
STREAM = b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}   \n\n".encode() for event in EVENTS)
"""White space at a line's end as Claude has it: no JSON library would write that again."""
SECRET_ECHO = message([{"type": "text", "text": f"You said {SAID_KEY}, {PRIVATE}."}], "end_turn")


class RealServer:
    """Answers as the conversation goes; its first answer to "busy" is a refusal to try again."""

    def __init__(self) -> None:
        self.busy = 1

    def __call__(self, request: Request) -> Answer:
        body = json.loads(request.body)
        text = json.dumps(body["messages"])
        if body.get("stream"):
            return answer(200, STREAM, headers=SSE_HEADERS, framing="chunked", pieces=7)
        if "busy" in text and self.busy:
            self.busy -= 1
            head = ((b"content-type", b"application/json"), (b"retry-after", b"1"), (b"set-cookie", b"session=x"))
            return answer(429, error_body("rate_limit_error", "Busy."), headers=head)
        whole = SECRET_ECHO if "repeat" in text else TOOL_CALL
        headers = (
            (b"content-type", b"application/json"),
            (b"request-id", b"req_01Recorded"),
            (b"anthropic-organization-id", b"an-account"),
            (b"content-encoding", b"gzip"),
        )
        return answer(200, gzip.compress(json.dumps(whole).encode()), headers=headers)


@pytest.fixture(scope="module")
def real_server() -> Generator[RecordingUpstream]:
    with recording_upstream() as server:
        server.script = RealServer()
        yield server


@pytest.fixture(scope="module")
def cassette_folder(tmp_path_factory: pytest.TempPathFactory, real_server: RecordingUpstream) -> Path:
    """What a recorded session leaves behind: `hold_conversation`, and a few requests more."""
    folder = tmp_path_factory.mktemp("record")
    options = ["--upstream-url", real_server.base_url, "--to", str(folder / "cassettes")]
    options += ["--credential", "env:REAL_KEY", "--redact", "system"]
    with (
        start_recording(folder / "data", *options, "--deployment", f"team-haiku={MODEL}-20251001") as ingate,
        AnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=0) as client,
    ):
        hold_conversation(client)
        with pytest.raises(RateLimitError):
            ask(client, "busy")
        ask(client, "busy")
        client.messages.create(
            model="team-haiku", max_tokens=50, system=PRIVATE, messages=[{"role": "user", "content": "repeat"}]
        )
        leave_early(client, real_server)
        await_cassettes(folder / "cassettes", 5)
    return folder / "cassettes"


@contextmanager
def start_recording(data_dir: Path, *options: str) -> Generator[RunningIngate]:
    """`start_ingate` says `up`, and this is `record`."""
    program = "import sys; from ingate.__main__ import main; sys.argv = ['ingate', 'record', *sys.argv[2:]]; main()"
    command = (sys.executable, "-c", program)
    with start_ingate(data_dir, *options, command=command, environment={"REAL_KEY": UPSTREAM_KEY}) as ingate:
        ingate.wait_until_served()
        yield ingate


def hold_conversation(client: Anthropic | AnthropicFoundry, question: MessageParam = QUESTION) -> str:
    """A tool's call, then a streamed answer. Gives back what was streamed."""
    call = client.messages.create(model=MODEL, max_tokens=100, messages=[question], tools=[WEATHER])
    [use] = call.content
    assert use.type == "tool_use"
    result: MessageParam = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"}],
    }
    turns: list[MessageParam] = [question, {"role": "assistant", "content": call.content}, result]
    with client.messages.stream(model=MODEL, max_tokens=100, messages=turns, tools=[WEATHER]) as stream:
        return "".join(stream.text_stream)


def ask(client: Anthropic | AnthropicFoundry, text: str) -> None:
    client.messages.create(model=MODEL, max_tokens=100, messages=[{"role": "user", "content": text}])


def leave_early(client: AnthropicFoundry, server: RecordingUpstream) -> None:
    """A stream whose client does not wait for its end is no recording."""
    script = server.script
    whole = answer(200, STREAM, headers=SSE_HEADERS, framing="chunked", pieces=7)
    server.script = lambda request: [*whole[:-1], Stall()]
    question: Iterable[MessageParam] = [{"role": "user", "content": "leave"}]
    stream = client.messages.create(model=MODEL, max_tokens=9, messages=question, stream=True)
    next(iter(stream))
    stream.close()
    server.script = script


def await_cassettes(folder: Path, count: int) -> None:
    """They are written after the answers have gone."""
    deadline = time.monotonic() + 10
    while len(list(folder.glob("*.yaml"))) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)  # for one too many


def read_cassette(folder: Path, name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((folder / name).read_bytes()))


@contextmanager
def replaying(cassettes: Cassettes) -> Generator[RecordingUpstream]:
    """The recordings as a server, offline: what is under test is what they answer."""
    counts: dict[str, int] = {}

    def respond(request: Request) -> Answer:
        asked = SimulatorRequest(path=request.target.partition(b"?")[0], headers=request.headers, body=request.body)
        body = json.loads(request.body)
        key = cassettes.get_key(asked, body)
        found = cassettes.find(asked, body, session_position=counts.get(key, 0))
        counts[key] = counts.get(key, 0) + 1
        if isinstance(found, Mismatch):
            return answer(400, error_body("invalid_request_error", "\n".join(found.differences)))
        return answer(found.status, found.content, headers=found.headers)

    with recording_upstream() as server:
        server.script = respond
        yield server


@pytest.fixture
def offline(cassette_folder: Path) -> Generator[Anthropic]:
    with (
        replaying(load_cassettes(cassette_folder)) as server,
        Anthropic(api_key="any", base_url=server.base_url, max_retries=0) as client,
    ):
        yield client


def test_the_upstream_saw_its_own_credential_and_the_model_that_it_knows(
    cassette_folder: Path, real_server: RecordingUpstream
) -> None:
    headers = dict(real_server.requests[0].headers)
    assert headers[b"x-api-key"] == UPSTREAM_KEY.encode()
    assert b"api-key" not in headers
    assert {json.loads(request.body)["model"] for request in real_server.requests} == {MODEL, f"{MODEL}-20251001"}


def test_every_whole_exchange_has_two_files_for_their_owner_alone(cassette_folder: Path) -> None:
    names = sorted(path.name for path in cassette_folder.iterdir())
    assert names == [
        *(f"001-{MODEL}.json", f"001-{MODEL}.yaml", f"002-{MODEL}.sse", f"002-{MODEL}.yaml"),
        *(f"003-{MODEL}.json", f"003-{MODEL}.yaml", f"004-{MODEL}.json", f"004-{MODEL}.yaml"),
        *("005-team-haiku.json", "005-team-haiku.yaml"),
    ]
    assert {path.stat().st_mode & 0o777 for path in cassette_folder.iterdir()} == {0o600}
    assert cassette_folder.stat().st_mode & 0o777 == 0o700


def test_a_stream_is_kept_to_the_byte(cassette_folder: Path) -> None:
    assert (cassette_folder / f"002-{MODEL}.sse").read_bytes() == STREAM


def test_a_compressed_answer_is_kept_readable(cassette_folder: Path) -> None:
    assert json.loads((cassette_folder / f"001-{MODEL}.json").read_bytes()) == TOOL_CALL
    response = read_cassette(cassette_folder, f"001-{MODEL}.yaml")["response"]
    assert response["headers"] == {"content-type": "application/json", "request-id": "req_01Recorded"}


def test_a_refusal_is_kept_with_what_tells_when_to_try_again(cassette_folder: Path) -> None:
    response = read_cassette(cassette_folder, f"003-{MODEL}.yaml")["response"]
    assert response["status"] == 429
    assert response["headers"] == {"content-type": "application/json", "retry-after": "1"}


def test_no_secret_is_in_any_file(cassette_folder: Path) -> None:
    """The upstream's credential and the client's key were in headers, one key in texts, and a field was chosen."""
    api_key = re.compile(rb"\b[A-Za-z0-9]{84}\b")
    for path in cassette_folder.iterdir():
        content = path.read_bytes() + path.name.encode()
        assert b"CANARY" not in content, path.name
        assert not api_key.search(content), path.name
        assert b"set-cookie" not in content
        assert b"an-account" not in content
    repeated = read_cassette(cassette_folder, "005-team-haiku.yaml")
    assert repeated["request"]["body"]["system"] == "[redacted]"
    assert repeated["deployment"] == "team-haiku"
    first = read_cassette(cassette_folder, f"001-{MODEL}.yaml")["request"]["body"]
    assert first["messages"][0]["content"] == "What is the weather in Paris? My key is [redacted]."


def test_the_conversation_is_replayed_offline(offline: Anthropic) -> None:
    assert hold_conversation(offline) == "It is 18 degrees in Paris."


def test_ingate_itself_replays_what_a_script_names(cassette_folder: Path, tmp_path: Path) -> None:
    """With no server behind it: the same client, the same bytes, and a refusal for what was not recorded."""
    script = cassette_folder.parent / "replay.yaml"
    script.write_text("version: 1\nreplay: cassettes\n")
    stream = read_cassette(cassette_folder, f"002-{MODEL}.yaml")["request"]
    with (
        start_ingate(tmp_path / "data", "--script", str(script)) as ingate,
        AnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=0) as client,
    ):
        ingate.wait_until_served()
        assert hold_conversation(client) == "It is 18 degrees in Paris."
        with pytest.raises(RateLimitError):
            ask(client, "busy")
        ask(client, "busy")
        with pytest.raises(BadRequestError, match="in Rome"):
            hold_conversation(client, {"role": "user", "content": "What is the weather in Rome? My key is x."})
        headers = {"api-key": ingate.api_key, "anthropic-version": stream["headers"]["anthropic-version"]}
        answered = httpx2.post(f"{ingate.base_url}/v1/messages", headers=headers, json=stream["body"])
        assert answered.content == STREAM


def test_the_redacted_key_may_be_another_one(offline: Anthropic) -> None:
    hold_conversation(offline, {"role": "user", "content": "What is the weather in Paris? My key is secret-2."})


def test_a_refusal_and_the_answer_to_the_next_attempt_come_in_their_order(offline: Anthropic) -> None:
    with pytest.raises(RateLimitError):
        ask(offline, "busy")
    ask(offline, "busy")
    ask(offline, "busy")


def test_a_changed_prompt_is_told_where_and_how_it_differs(offline: Anthropic) -> None:
    with pytest.raises(BadRequestError) as refused:
        hold_conversation(offline, {"role": "user", "content": "What is the weather in Rome? My key is x."})
    text = str(refused.value)
    assert f"001-{MODEL}.yaml, the nearest of 5 recordings" in text
    assert "messages.0.content.0.text: recorded" in text
    assert "in Paris?" in text
    assert "in Rome?" in text


def test_the_banner_says_whose_answers_go_where(cassette_folder: Path, real_server: RecordingUpstream) -> None:
    banner = (cassette_folder.parent / "data.stdout").read_text()
    assert f"from {real_server.base_url}, recorded to {cassette_folder}" in banner
    assert "team-haiku" in banner


def test_an_exchange_that_ended_early_is_in_the_log(cassette_folder: Path) -> None:
    log = (cassette_folder.parent / "data.stderr").read_text()
    assert "an exchange was not recorded: its client left before the answer ended" in log
    assert "CANARY" not in log


def test_a_recording_that_cannot_work_is_refused_at_the_start(tmp_path: Path) -> None:
    options = ("--upstream-url", "http://192.0.2.1", "--to", str(tmp_path / "c"), "--credential", "env:REAL_KEY")
    refusal = "would send the credential over plain http"
    with pytest.raises(AssertionError, match=refusal), start_recording(tmp_path / "data", *options):
        pass
