"""The official Python client's own loops and helpers, against a running Ingate: what an agent is made of.

Each test reads as an application would be written; nothing here knows how Ingate answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry, beta_async_tool, beta_tool
from anthropic.types import MessageParam, ThinkingBlock, ToolParam, ToolResultBlockParam, ToolUseBlock
from pydantic import BaseModel
from tests.support.clients_matrix_entries import ANTHROPIC, exercises
from tests.support.running import RunningIngate

pytestmark = exercises(
    ANTHROPIC, "tool runner, structured output, thinking, citations, cached prompts, web search, a file"
)

MODEL = "claude-haiku-4-5"
HOSTED_BY_ANTHROPIC = "claude-opus-4-5"
"""Has the features that Azure's own hosting does not have, such as files."""
QUESTION: list[MessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class Person(BaseModel):
    name: str
    age: int
    languages: list[str]


@pytest.fixture(scope="module")
def client(ingate: RunningIngate) -> Generator[AnthropicFoundry]:
    with AnthropicFoundry(base_url=ingate.base_url, api_key=ingate.api_key, max_retries=0) as client:
        yield client


@asynccontextmanager
async def connect(ingate: RunningIngate) -> AsyncGenerator[AsyncAnthropicFoundry]:
    async with AsyncAnthropicFoundry(base_url=ingate.base_url, api_key=ingate.api_key, max_retries=0) as client:
        yield client


# The tool runner: calls functions until the model is done.


def test_tool_runner_calls_a_function_once_and_then_has_its_answer(client: AnthropicFoundry) -> None:
    asked_for: list[str] = []

    @beta_tool
    def get_weather(city: str, unit: str = "celsius") -> str:
        """The weather.

        Args:
            city: Which city
            unit: celsius or fahrenheit
        """
        asked_for.append(city)
        return f"18 degrees {unit} in {city}"

    runner = client.beta.messages.tool_runner(
        model=MODEL,
        max_tokens=1024,
        tools=[get_weather],
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
    )

    assert [message.stop_reason for message in runner] == ["tool_use", "end_turn"]
    assert len(asked_for) == 1


def test_tool_runner_that_streams_does_the_same(client: AnthropicFoundry) -> None:
    asked_for: list[str] = []

    @beta_tool
    def get_weather(city: str) -> str:
        """The weather."""
        asked_for.append(city)
        return "18 degrees"

    runner = client.beta.messages.tool_runner(
        model=MODEL,
        max_tokens=1024,
        tools=[get_weather],
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        stream=True,
    )

    stop_reasons: list[str | None] = []
    texts: list[str] = []
    for stream in runner:
        texts.append("".join(event.text for event in stream if event.type == "text"))
        stop_reasons.append(stream.get_final_message().stop_reason)
    assert stop_reasons == ["tool_use", "end_turn"]
    assert texts[-1]
    assert len(asked_for) == 1


def test_tool_runner_works_without_threads(ingate: RunningIngate) -> None:
    asked_for: list[str] = []

    @beta_async_tool
    async def get_weather(city: str) -> str:
        """The weather."""
        await asyncio.sleep(0)
        asked_for.append(city)
        return "18 degrees"

    async def ask() -> list[str | None]:
        async with connect(ingate) as client:
            runner = client.beta.messages.tool_runner(
                model=MODEL,
                max_tokens=1024,
                tools=[get_weather],
                messages=[{"role": "user", "content": "What is the weather in Paris?"}],
            )
            return [message.stop_reason async for message in runner]

    assert asyncio.run(ask()) == ["tool_use", "end_turn"]
    assert len(asked_for) == 1


def test_tool_runner_tells_the_model_of_a_function_that_fails(client: AnthropicFoundry) -> None:
    @beta_tool
    def get_weather(city: str) -> str:
        """The weather."""
        raise LookupError(f"no station in {city}")

    runner = client.beta.messages.tool_runner(
        model=MODEL,
        max_tokens=1024,
        tools=[get_weather],
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
    )

    assert runner.until_done().stop_reason == "end_turn"


def test_a_thread_is_sent_only_what_is_new(ingate: RunningIngate) -> None:
    """https://platform.claude.com/docs/en/build-with-claude/message-threads: the server holds the conversation for a
    while. The tool runner works on such a thread, too."""
    seen: list[tuple[int, list[str]]] = []

    def note(response: httpx2.Response) -> None:
        seen.append(
            (response.status_code, [turn["role"] for turn in json.loads(response.request.content)["messages"]])
        )

    with anthropic.DefaultHttpxClient(event_hooks={"response": [note]}) as http_client:
        client = AnthropicFoundry(base_url=ingate.base_url, api_key=ingate.api_key, http_client=http_client)
        thread = client.beta.messages.thread(model=MODEL, max_tokens=1024, system="Be brief.")
        thread.send({"role": "user", "content": "Hello!"})
        answer = thread.send({"role": "user", "content": "What was said?"})

    assert seen == [(200, ["user"]), (200, ["user"])]
    assert answer.content[0].type == "text"
    assert "the conversation had 3 messages" in answer.content[0].text


# Structured output: the answer is JSON by a schema, and the client makes a value of it.


def test_parse_gives_a_value_of_the_class(client: AnthropicFoundry) -> None:
    message = client.messages.parse(
        model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "Anyone"}], output_format=Person
    )

    assert isinstance(message.parsed_output, Person)


def test_parse_works_without_threads(ingate: RunningIngate) -> None:
    async def ask() -> Person | None:
        async with connect(ingate) as client:
            message = await client.messages.parse(
                model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "Anyone"}], output_format=Person
            )
            return message.parsed_output

    assert isinstance(asyncio.run(ask()), Person)


def test_a_stream_can_be_parsed_too(client: AnthropicFoundry) -> None:
    with client.messages.stream(
        model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "Anyone"}], output_format=Person
    ) as stream:
        assert isinstance(stream.get_final_message().parsed_output, Person)


# Streams, by the helper that collects them.


def test_stream_helper_gives_text_as_it_comes_and_then_the_message(client: AnthropicFoundry) -> None:
    with client.messages.stream(
        model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "Hello!"}]
    ) as stream:
        texts = list(stream.text_stream)
        message = stream.get_final_message()

    assert len(texts) > 1
    assert [block.to_dict()["text"] for block in message.content] == ["".join(texts)]


def test_stream_helper_gives_a_tools_input_as_it_grows(client: AnthropicFoundry) -> None:
    with client.messages.stream(model=MODEL, max_tokens=1024, messages=QUESTION, tools=[WEATHER]) as stream:
        snapshots = [event.snapshot for event in stream if event.type == "input_json"]
        [use] = [block for block in stream.get_final_message().content if isinstance(block, ToolUseBlock)]

    assert snapshots[-1] == use.input


def test_stream_helper_works_without_threads(ingate: RunningIngate) -> None:
    async def ask() -> tuple[str, str]:
        async with (
            connect(ingate) as client,
            client.messages.stream(
                model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "Hello!"}]
            ) as stream,
        ):
            text = "".join([part async for part in stream.text_stream])
            return text, await stream.get_final_text()

    text, final_text = asyncio.run(ask())
    assert text == final_text != ""


# Extended thinking: thoughts are signed, and go back with the tool's result.


def think_and_call(client: AnthropicFoundry) -> tuple[anthropic.types.Message, ToolResultBlockParam]:
    call = client.messages.create(
        model=MODEL,
        max_tokens=4096,
        messages=QUESTION,
        tools=[WEATHER],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    [use] = [block for block in call.content if isinstance(block, ToolUseBlock)]
    return call, {"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"}


def go_on(client: AnthropicFoundry, content: Any, result: ToolResultBlockParam) -> anthropic.types.Message:
    return client.messages.create(
        model=MODEL,
        max_tokens=4096,
        messages=[*QUESTION, {"role": "assistant", "content": content}, {"role": "user", "content": [result]}],
        tools=[WEATHER],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )


def test_thoughts_go_back_with_the_tools_result(client: AnthropicFoundry) -> None:
    call, result = think_and_call(client)

    assert isinstance(call.content[0], ThinkingBlock)
    assert call.content[0].signature
    assert go_on(client, call.content, result).stop_reason == "end_turn"


def test_thoughts_that_were_changed_are_refused(client: AnthropicFoundry) -> None:
    call, result = think_and_call(client)
    assert isinstance(call.content[0], ThinkingBlock)
    signature = call.content[0].signature
    call.content[0].signature = signature[:-6] + ("AAAA" if signature[-6:-2] != "AAAA" else "BBBB") + signature[-2:]

    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature` in `thinking` block"):
        go_on(client, call.content, result)


def test_a_tool_call_without_its_thoughts_is_answered_without_thinking(client: AnthropicFoundry) -> None:
    """https://platform.claude.com/docs/en/build-with-claude/extended-thinking: thinking cannot begin in the middle of
    a turn, and is then silently off."""
    call, result = think_and_call(client)

    answer = go_on(client, call.content[1:], result)
    assert [block.type for block in answer.content] == ["text"]


# Citations, prompt caching, web search, files.


def test_citations_quote_the_document_where_they_say(client: AnthropicFoundry) -> None:
    document = "Grass is green. The sky is blue. Snow is white."
    message = client.messages.create(
        model=MODEL,
        max_tokens=1024,
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": document},
                        "title": "Colours",
                        "citations": {"enabled": True},
                    },
                    {"type": "text", "text": "What colour is the sky?"},
                ],
            }
        ],
    )

    citations = [citation for block in message.content if block.type == "text" for citation in block.citations or ()]
    assert citations
    for citation in citations:
        assert citation.type == "char_location"
        assert citation.document_title == "Colours"
        assert document[citation.start_char_index : citation.end_char_index] == citation.cited_text


def test_a_cached_prompt_is_written_once_and_then_read(client: AnthropicFoundry) -> None:
    def ask(question: str) -> anthropic.types.Usage:
        return client.messages.create(
            model=HOSTED_BY_ANTHROPIC,
            max_tokens=64,
            system=[
                {
                    "type": "text",
                    "text": "The rules of an agent loop, at length. " * 1500,
                    "cache_control": {"type": "ephemeral"},
                }
            ],
            messages=[{"role": "user", "content": question}],
        ).usage

    first, second = ask("One?"), ask("And two?")

    written = first.cache_creation_input_tokens
    assert written is not None
    assert written > 4096
    assert first.cache_read_input_tokens == 0
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, written)
    assert 0 < second.input_tokens < 100


def test_web_search_is_done_by_the_server_and_goes_back_whole(client: AnthropicFoundry) -> None:
    question: MessageParam = {"role": "user", "content": "Search the web for the news about bridges."}
    tools: list[anthropic.types.WebSearchTool20250305Param] = [{"type": "web_search_20250305", "name": "web_search"}]

    message = client.messages.create(model=MODEL, max_tokens=2048, messages=[question], tools=tools)
    types = [block.type for block in message.content]
    assert types.index("server_tool_use") < types.index("web_search_tool_result")
    assert message.usage.server_tool_use
    assert message.usage.server_tool_use.web_search_requests >= 1

    thanks: list[MessageParam] = [question, {"role": "assistant", "content": message.content}]
    answer = client.messages.create(
        model=MODEL, max_tokens=1024, messages=[*thanks, {"role": "user", "content": "Thank you."}], tools=tools
    )
    assert answer.stop_reason == "end_turn"


def test_a_file_is_kept_used_and_deleted(client: AnthropicFoundry) -> None:
    betas = ["files-api-2025-04-14"]
    uploaded = client.beta.files.upload(file=("notes.txt", b"The key is under the mat.", "text/plain"))
    assert uploaded.size_bytes == 25
    assert uploaded.id in [file.id for file in client.beta.files.list()]

    message = client.beta.messages.create(
        model=HOSTED_BY_ANTHROPIC,
        max_tokens=1024,
        betas=betas,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "file", "file_id": uploaded.id}},
                    {"type": "text", "text": "Where is the key?"},
                ],
            }
        ],
    )
    assert message.stop_reason == "end_turn"

    client.beta.files.delete(uploaded.id)
    with pytest.raises(anthropic.NotFoundError):
        client.beta.files.retrieve_metadata(uploaded.id)
