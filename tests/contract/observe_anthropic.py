"""Uses the `anthropic` package as an application would and prints what it saw, as JSON.

Run by the interpreter of the version under test; test_client_observations.py judges. Takes BASE_URL and API_KEY from
the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import anthropic
from anthropic import Anthropic, AnthropicFoundry
from anthropic.types import MessageParam, ToolParam

MODEL = "claude-haiku-4-5"
HELLO: list[MessageParam] = [{"role": "user", "content": "Hello!"}]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["API_KEY"]

ID_HEADERS = ("request-id", "apim-request-id", "retry-after")


def connect(base_url: str = BASE_URL, api_key: str = API_KEY) -> AnthropicFoundry:
    return AnthropicFoundry(base_url=base_url, api_key=api_key, max_retries=0)


client = connect()


def observe_message() -> dict[str, Any]:
    answer = client.messages.with_raw_response.create(model=MODEL, max_tokens=256, messages=HELLO)
    message = answer.parse()
    return {
        "content": [block.type for block in message.content],
        "stop_reason": message.stop_reason,
        "model": message.model,
        "input_tokens": message.usage.input_tokens,
        "request_id": message._request_id,  # pyright: ignore[reportPrivateUsage] - its documented name
        "headers": dict(answer.headers),
    }


def observe_stream() -> dict[str, Any]:
    with client.messages.create(model=MODEL, max_tokens=256, messages=HELLO, stream=True) as stream:
        events = [event.type for event in stream]
    with client.messages.stream(model=MODEL, max_tokens=256, messages=HELLO) as helper:
        text = "".join(helper.text_stream)
        final = helper.get_final_message()
    return {"events": events, "text": text, "final_text": final.content[0].to_dict()["text"]}


def observe_beta() -> dict[str, Any]:
    message = client.beta.messages.create(
        model=MODEL,
        max_tokens=64,
        messages=[{"role": "user", "content": "Hello!"}],
        betas=["context-management-2025-06-27"],
    )
    counted = client.beta.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "Hello!"}])
    return {"input_tokens": message.usage.input_tokens, "counted": counted.input_tokens}


def observe_tool_loop() -> dict[str, Any]:
    call = client.messages.create(model=MODEL, max_tokens=256, messages=HELLO, tools=[WEATHER])
    use = next(block for block in call.content if block.type == "tool_use")
    turns: list[MessageParam] = [
        {"role": "assistant", "content": call.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"}]},
    ]
    answer = client.messages.create(model=MODEL, max_tokens=256, messages=[*HELLO, *turns], tools=[WEATHER])
    return {
        "stop_reason": call.stop_reason,
        "name": use.name,
        "input": use.input,
        "final_stop_reason": answer.stop_reason,
    }


def observe_error(ask: Callable[[], object]) -> dict[str, Any]:
    try:
        ask()
    except anthropic.APIStatusError as error:
        headers = {name: error.response.headers[name] for name in ID_HEADERS if name in error.response.headers}
        return {
            "class": type(error).__name__,
            "status": error.status_code,
            "request_id": error.request_id,
            "message": str(error),
            "headers": headers,
        }
    return {"class": None}


def create(model: str, *, connection: AnthropicFoundry = client, max_tokens: int = 64, **headers: str) -> object:
    return connection.messages.create(
        model=model,
        max_tokens=max_tokens,
        messages=HELLO,
        extra_headers={k.replace("_", "-"): headers[k] for k in headers},
    )


def observe_broken_stream() -> object:
    with client.messages.create(
        model="scripted", max_tokens=64, messages=HELLO, stream=True, extra_headers={"x-scripted": "broken-stream"}
    ) as stream:
        return list(stream)


def observe_errors() -> dict[str, Any]:
    huge: list[MessageParam] = [{"role": "user", "content": "x" * (32 * 1024 * 1024)}]
    observe_error(lambda: create("scarce"))
    asked: dict[str, Callable[[], object]] = {
        "wrong_key": lambda: create(MODEL, connection=connect(api_key="not-a-key")),
        "unknown_deployment": lambda: create("no-such-deployment"),
        "bad_field": lambda: create(MODEL, max_tokens=-1),
        "too_large": lambda: client.messages.create(model=MODEL, max_tokens=64, messages=huge),
        "rate_limit": lambda: create("scarce"),
        "upstream_500": lambda: create("scripted", x_scripted="500"),
        "upstream_504": lambda: create("scripted", x_scripted="504"),
        "upstream_529": lambda: create("scripted", x_scripted="529"),
        "unreachable": lambda: create("unreachable"),
        "timeout": lambda: create("impatient", x_scripted="stall"),
        "broken_stream": observe_broken_stream,
        "models_api": lambda: client.beta.models.list(),
    }
    return {name: observe_error(ask) for name, ask in asked.items()}


def observe() -> dict[str, Any]:
    slashed = connect(base_url=BASE_URL + "/")
    generic = Anthropic(auth_token=API_KEY, base_url=BASE_URL, max_retries=0)
    return {
        "version": anthropic.__version__,
        "message": observe_message(),
        "stream": observe_stream(),
        "counted": client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens,
        "beta": observe_beta(),
        "tool_loop": observe_tool_loop(),
        "slashed": slashed.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens,
        "bearer": generic.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens,
        "errors": observe_errors(),
    }


if __name__ == "__main__":
    json.dump(observe(), sys.stdout)
