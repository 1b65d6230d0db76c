"""A real server with a real model: what llama.cpp answers, through its profile, is what the Messages API promises.

The weights (93 MB) are fetched the first time and kept where `ingate up --local smollm2` keeps them.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from tests.stream_grammar import check_stream

from ingate.local_model.fault import LocalModelError
from ingate.local_model.process import find_free_port, start_local_server, wait_until_ready
from ingate.local_model.weights import prepare_weights
from ingate.upstreams.profiles.answer import Head
from ingate.upstreams.profiles.profile import get_profile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

API_KEY = "only-this-test-knows-it"
CAPITAL: Any = [{"role": "user", "content": "What is the capital of France?"}]
WEATHER: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
GET_WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


class LocalServer:
    """The raw server, and what its profile makes of it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, *, path: str = "/v1/messages", api_key: str = API_KEY, **request: Any) -> Answer:
        """One request through the profile, the answer in the pieces that the network made of it."""
        profile = get_profile("llama.cpp")
        assert profile is not None
        body = json.dumps({"model": "the-deployment", **request}).encode()
        headers = profile.request_headers([(b"Api-Key", api_key.encode()), (b"content-type", b"application/json")])
        normaliser = profile.normaliser(path=path.encode(), request_body=body)
        assert normaliser is not None
        connection = self.connect()
        connection.request("POST", path, body, {name.decode(): value.decode() for name, value in headers})
        response = connection.getresponse()
        normaliser.head(response.status, [(n.encode(), v.encode()) for n, v in response.getheaders()])
        passed = b"".join(normaliser.read(piece, False) for piece in iter(lambda: response.read1(4096), b""))
        passed += normaliser.read(b"", True)
        connection.close()
        head: Head | None = normaliser.decided_head
        assert head is not None
        return Answer(head[0], passed)

    def message(self, **request: Any) -> dict[str, Any]:
        request.setdefault("max_tokens", 40)
        answer = self.ask(**request)
        assert answer.status == 200, answer.body
        return answer.document

    def busy_slots(self) -> int:
        connection = self.connect()
        connection.request("GET", "/slots", headers={"x-api-key": API_KEY})
        slots: list[dict[str, Any]] = json.loads(connection.getresponse().read())
        connection.close()
        return sum(slot["is_processing"] for slot in slots)


@pytest.fixture(scope="module")
def weights() -> Path:
    try:
        return prepare_weights("smollm2", cache_dir=platformdirs.user_cache_path("ingate"), report=lambda _: None)
    except LocalModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    port = find_free_port()
    log_file = tmp_path_factory.mktemp("local-model") / "server.log"
    with start_local_server(weights, port=port, api_key=API_KEY, log_file=log_file) as process:
        try:
            wait_until_ready(process, port=port, timeout_seconds=60, log_file=log_file)
            yield LocalServer(port)
        finally:
            process.terminate()


def _text(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def test_it_answers_and_is_what_was_asked_for(server: LocalServer) -> None:
    message = server.message(messages=CAPITAL)
    assert message["id"].startswith("msg_")
    assert message["model"] == "the-deployment"
    assert "Paris" in _text(message)
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["output_tokens"] > 0


def test_a_stream_is_grammatical_and_says_the_same(server: LocalServer) -> None:
    stream = check_stream(server.ask(max_tokens=40, messages=CAPITAL, stream=True).body)
    assert stream.start["model"] == "the-deployment"
    assert stream.joined("text") == _text(server.message(messages=CAPITAL))
    assert stream.usage["output_tokens"] == server.message(messages=CAPITAL)["usage"]["output_tokens"]


def test_the_same_question_has_the_same_answer_and_usage(server: LocalServer) -> None:
    question = [{"role": "user", "content": "Tell me about the sea."}]
    first, second = (server.message(messages=question) for _ in range(2))
    assert (first["content"], first["usage"]) == (second["content"], second["usage"])
    assert first["stop_reason"] == "max_tokens"
    assert first["usage"]["output_tokens"] == 40


def test_a_stop_sequence_is_the_stop_reason(server: LocalServer) -> None:
    message = server.message(messages=CAPITAL, stop_sequences=["Paris"])
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "Paris")
    stream = check_stream(server.ask(max_tokens=40, messages=CAPITAL, stop_sequences=["Paris"], stream=True).body)
    assert (stream.stop_reason, stream.stop_sequence) == ("stop_sequence", "Paris")


def test_a_tool_loop_completes(server: LocalServer) -> None:
    asked = server.message(messages=WEATHER, tools=[GET_WEATHER])
    assert asked["stop_reason"] == "tool_use"
    (call,) = asked["content"]
    assert (call["type"], call["name"], call["input"]) == ("tool_use", "get_weather", {"city": "Paris"})

    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees and sunny"}
    turns = [*WEATHER, {"role": "assistant", "content": asked["content"]}, {"role": "user", "content": [result]}]
    answered = server.message(messages=turns, tools=[GET_WEATHER])
    assert answered["stop_reason"] == "end_turn"
    assert "18 degrees" in _text(answered)


def test_a_streamed_tool_call_is_grammatical(server: LocalServer) -> None:
    stream = check_stream(server.ask(max_tokens=60, messages=WEATHER, tools=[GET_WEATHER], stream=True).body)
    assert stream.stop_reason == "tool_use"
    assert json.loads(stream.joined("partial_json")) == {"city": "Paris"}


def test_counted_tokens_are_those_that_the_message_then_uses(server: LocalServer) -> None:
    request: dict[str, Any] = {"messages": WEATHER, "tools": [GET_WEATHER]}
    counted = server.ask(path="/v1/messages/count_tokens", **request).document
    assert counted == {"input_tokens": server.message(**request)["usage"]["input_tokens"]}


@pytest.mark.parametrize(
    ("request_members", "status", "error_type", "words"),
    [
        ({"max_tokens": 5}, 400, "invalid_request_error", "messages"),
        ({"messages": [{"content": "x"}]}, 400, "invalid_request_error", "role"),
        ({"messages": CAPITAL, "api_key": "wrong"}, 401, "authentication_error", "API Key"),
        (
            {"messages": [{"role": "user", "content": "word " * 9000}], "stream": True},
            400,
            "invalid_request_error",
            "prompt is too long: ",
        ),
    ],
)
def test_its_errors_are_the_messages_apis(
    server: LocalServer, request_members: dict[str, Any], status: int, error_type: str, words: str
) -> None:
    answer = server.ask(**request_members)
    assert answer.status == status
    assert answer.document["type"] == "error"
    assert answer.document["error"]["type"] == error_type
    assert words in answer.document["error"]["message"]


def test_a_client_that_leaves_frees_its_slot_within_a_second(server: LocalServer) -> None:
    connection = server.connect()
    story = [{"role": "user", "content": "Count from one to one thousand, one number a line."}]
    body = json.dumps({"model": "m", "max_tokens": 4000, "stream": True, "ignore_eos": True, "messages": story})
    connection.request("POST", "/v1/messages", body, {"x-api-key": API_KEY})
    response = connection.getresponse()
    while b"content_block_delta" not in response.readline():
        pass
    assert server.busy_slots() == 1

    response.close()
    connection.close()
    left = time.monotonic()
    while server.busy_slots():
        assert time.monotonic() - left < 1
        time.sleep(0.02)


PARENT = """
import sys, time
from pathlib import Path
from ingate.local_model.process import start_local_server, wait_until_ready
weights, port, log = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
process = start_local_server(weights, port=port, api_key="k", log_file=log)
wait_until_ready(process, port=port, timeout_seconds=60)
print("ready", flush=True)
time.sleep(600)
"""


def test_it_does_not_outlive_a_parent_that_is_killed(weights: Path, tmp_path: Path) -> None:
    port = find_free_port()
    command = [sys.executable, "-c", PARENT, str(weights), str(port), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _listens(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except ConnectionRefusedError:
        return False


def test_its_log_and_its_key_are_the_owners_alone(weights: Path, tmp_path: Path) -> None:
    log_file, port = tmp_path / "server.log", find_free_port()
    with start_local_server(weights, port=port, api_key="canary-secret", log_file=log_file) as process:
        try:
            wait_until_ready(process, port=port, timeout_seconds=60)
            command_line = subprocess.run(
                ["ps", "-o", "args=", "-p", str(process.pid)], stdout=subprocess.PIPE, check=True
            ).stdout
        finally:
            process.terminate()
    assert log_file.stat().st_mode & 0o777 == 0o600
    assert b"canary-secret" not in command_line + log_file.read_bytes()
