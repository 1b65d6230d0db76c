"""A real model behind the gateway: `ingate up --local smollm2`, used with the official client.

Its words are a toy's and are not judged; that they come from a model, and how they come, is.
"""

from __future__ import annotations

import importlib.util
import json
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path

import platformdirs
import pytest
from anthropic import AnthropicFoundry
from anthropic.types import MessageParam, ToolParam
from tests.support.running import RunningIngate, start_ingate

from ingate.local_model.fault import LocalModelError
from ingate.local_model.weights import prepare_weights

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first run fetches the weights
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed (make test does)"
    ),
]

MODEL = "claude-haiku-4-5"
HELLO: list[MessageParam] = [{"role": "user", "content": "Say hello."}]
LONG_STORY: list[MessageParam] = [
    {"role": "user", "content": "Write a very long story about the sea, in many chapters."}
]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "Get the weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def local_ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    lines: list[str] = []
    try:
        prepare_weights("smollm2", cache_dir=Path(platformdirs.user_cache_dir("ingate")), report=lines.append)
    except LocalModelError as error:
        pytest.skip(f"the weights cannot be had: {error}")
    with start_ingate(tmp_path_factory.mktemp("local") / "data", "--local", "smollm2") as ingate:
        ingate.wait_until_served()
        yield ingate


@pytest.fixture(scope="module")
def client(local_ingate: RunningIngate) -> Generator[AnthropicFoundry]:
    with AnthropicFoundry(
        api_key=local_ingate.api_key, base_url=local_ingate.base_url, max_retries=0, timeout=60
    ) as connected:
        yield connected


def test_local_model_says_that_it_is_a_toy(local_ingate: RunningIngate) -> None:
    assert "smollm2 on this machine: a toy, not Claude" in local_ingate.stdout_file.read_text()


def test_local_model_answers_with_text(client: AnthropicFoundry) -> None:
    answer = client.messages.with_raw_response.create(model=MODEL, max_tokens=40, messages=HELLO)
    message = answer.parse()

    assert message.content[0].type == "text"
    assert message.content[0].text.strip()
    assert "simulated" not in message.content[0].text
    assert message.model == MODEL
    assert message.stop_reason in ("end_turn", "max_tokens")
    assert 0 < message.usage.output_tokens <= 40
    assert answer.headers["request-id"]
    assert answer.headers["apim-request-id"]


def test_local_model_obeys_max_tokens(client: AnthropicFoundry) -> None:
    message = client.messages.create(model=MODEL, max_tokens=5, messages=LONG_STORY)

    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 5)


def test_local_model_streams_what_it_would_answer_whole(client: AnthropicFoundry) -> None:
    whole = client.messages.create(model=MODEL, max_tokens=40, messages=HELLO)
    with client.messages.stream(model=MODEL, max_tokens=40, messages=HELLO) as stream:
        deltas = list(stream.text_stream)
        streamed = stream.get_final_message()

    assert len(deltas) > 1
    assert streamed.content[0].type == "text"
    assert whole.content[0].type == "text"
    assert "".join(deltas) == streamed.content[0].text == whole.content[0].text
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert streamed.stop_reason == whole.stop_reason


def test_local_model_counts_the_tokens_that_it_reads(client: AnthropicFoundry) -> None:
    counted = client.messages.count_tokens(model=MODEL, messages=HELLO)
    message = client.messages.create(model=MODEL, max_tokens=1, messages=HELLO)

    usage = message.usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0) > 0


def test_local_model_completes_a_tool_loop(client: AnthropicFoundry) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
    call = client.messages.create(
        model=MODEL, max_tokens=100, messages=messages, tools=[WEATHER], tool_choice={"type": "any"}
    )
    use = next(block for block in call.content if block.type == "tool_use")
    assert call.stop_reason == "tool_use"
    assert use.name == "get_weather"
    assert isinstance(use.input, dict)
    assert use.input.keys() == {"city"}

    turns: list[MessageParam] = [
        *messages,
        {"role": "assistant", "content": call.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees, sunny"}]},
    ]
    answer = client.messages.create(model=MODEL, max_tokens=40, messages=turns, tools=[WEATHER])
    assert [block.type for block in answer.content] == ["text"]
    assert answer.stop_reason in ("end_turn", "max_tokens")


def test_local_model_stops_when_its_client_leaves(local_ingate: RunningIngate, client: AnthropicFoundry) -> None:
    """Two long stories fill its slots; when nobody listens any more, both are free and the next request is served."""
    stories = [
        client.messages.create(model=MODEL, max_tokens=4000, messages=LONG_STORY, stream=True) for _ in range(2)
    ]
    for story in stories:
        next(iter(story))
    assert read_slots(local_ingate) == [True, True]

    for story in stories:
        story.close()
    left = time.monotonic()
    while any(read_slots(local_ingate)) and time.monotonic() < left + 10:
        time.sleep(0.02)
    seconds = time.monotonic() - left
    print(f"both slots were free after {seconds:.2f} s")  # noqa: T201 - a measurement, judged by a generous limit

    assert read_slots(local_ingate) == [False, False]
    assert client.messages.create(model=MODEL, max_tokens=1, messages=HELLO).content
    records = local_ingate.read_journal()
    assert [record["outcome"] for record in records].count("client-gone") == 2


def read_slots(ingate: RunningIngate) -> list[bool]:
    """Which of llama.cpp's slots are at work, as it says itself."""
    upstreams = json.loads((ingate.data_dir / "directory.json").read_text())["upstreams"]
    (address,) = [upstream["base_url"] for upstream in upstreams if upstream["name"] == "local"]
    key = (ingate.data_dir / "local-model.key").read_text()
    request = urllib.request.Request(f"{address}/slots", headers={"x-api-key": key})  # noqa: S310 - on loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return [slot["is_processing"] for slot in json.load(answer)]
