"""The newest `anthropic` package from PyPI, unmodified, sync and async, against a running Ingate."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import Anthropic, AnthropicFoundry, AsyncAnthropicFoundry
from anthropic.types import MessageParam, ToolParam
from anthropic.types.beta import BetaMessageParam
from tests.support.clients_matrix_entries import ANTHROPIC, exercises
from tests.support.recording_upstream import RecordingUpstream
from tests.support.running import RunningIngate

pytestmark = exercises(ANTHROPIC, "messages, streams, counts of tokens, tools, errors, retries")

MODEL = "claude-haiku-4-5"
HELLO: list[MessageParam] = [{"role": "user", "content": "Hello!"}]
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
REQUEST_ID = re.compile(r"req_[0-9A-Za-z]{24}")
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

Connect = Callable[..., AnthropicFoundry]


@pytest.fixture(scope="module")
def connect(ingate: RunningIngate) -> Generator[Connect]:
    """Makes clients, without retries unless asked for, and closes them."""
    with ExitStack() as clients:

        def make(**options: Any) -> AnthropicFoundry:
            chosen: dict[str, Any] = {
                "api_key": ingate.api_key,
                "base_url": ingate.base_url,
                "max_retries": 0,
                **options,
            }
            return clients.enter_context(AnthropicFoundry(**chosen))

        yield make


@pytest.fixture(scope="module")
def client(connect: Connect) -> AnthropicFoundry:
    return connect()


def assert_request_ids(headers: httpx2.Headers) -> None:
    assert REQUEST_ID.fullmatch(headers["request-id"])
    assert GUID.fullmatch(headers["apim-request-id"])
    assert not [name for name in headers if name.startswith("anthropic-ratelimit-")]


# Answers


def test_python_create_answers_with_a_message(client: AnthropicFoundry) -> None:
    message = client.messages.create(model=MODEL, max_tokens=256, messages=HELLO)

    assert message.type == "message"
    assert message.role == "assistant"
    assert message.model == MODEL
    assert message.stop_reason == "end_turn"
    assert message.content[0].type == "text"
    assert "simulated" in message.content[0].text
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    assert REQUEST_ID.fullmatch(message._request_id or "")  # pyright: ignore[reportPrivateUsage] - its documented name


def test_python_raw_response_shows_both_request_ids_and_no_rate_limits(client: AnthropicFoundry) -> None:
    answer = client.messages.with_raw_response.create(model=MODEL, max_tokens=64, messages=HELLO)

    assert_request_ids(answer.headers)
    assert answer.parse()._request_id == answer.headers["request-id"]  # pyright: ignore[reportPrivateUsage]


def test_python_stream_helper_accumulates_the_message(client: AnthropicFoundry) -> None:
    with client.messages.stream(model=MODEL, max_tokens=256, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
        assert_request_ids(stream.response.headers)

    assert message.content[0].type == "text"
    assert message.content[0].text == text
    assert message.usage.output_tokens > 1


def test_python_raw_events_follow_the_grammar(client: AnthropicFoundry) -> None:
    with client.messages.create(model=MODEL, max_tokens=256, messages=HELLO, stream=True) as stream:
        kinds = [event.type for event in stream]

    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_python_max_tokens_and_stop_sequences_are_obeyed(client: AnthropicFoundry) -> None:
    short = client.messages.create(model=MODEL, max_tokens=3, messages=HELLO)
    stopped = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO, stop_sequences=["Hello"])

    assert (short.stop_reason, short.usage.output_tokens) == ("max_tokens", 3)
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "Hello")


def test_python_count_tokens_agrees_with_usage(client: AnthropicFoundry) -> None:
    counted = client.messages.count_tokens(model=MODEL, messages=HELLO, system="Be brief.")
    message = client.messages.create(model=MODEL, max_tokens=64, messages=HELLO, system="Be brief.")

    assert counted.input_tokens == message.usage.input_tokens > 0


def test_python_beta_paths_take_known_betas(client: AnthropicFoundry) -> None:
    betas = ["interleaved-thinking-2025-05-14", "context-management-2025-06-27"]

    hello: list[BetaMessageParam] = [{"role": "user", "content": "Hello!"}]

    message = client.beta.messages.create(model=MODEL, max_tokens=64, messages=hello, betas=betas)
    counted = client.beta.messages.count_tokens(model=MODEL, messages=hello, betas=betas)
    with client.beta.messages.stream(model=MODEL, max_tokens=64, messages=hello, betas=betas) as stream:
        streamed = stream.get_final_message()

    assert message.content[0].type == "text"
    assert counted.input_tokens == message.usage.input_tokens
    assert streamed.stop_reason == message.stop_reason


def test_python_unknown_beta_is_a_bad_request(client: AnthropicFoundry) -> None:
    hello: list[BetaMessageParam] = [{"role": "user", "content": "Hello!"}]
    with pytest.raises(anthropic.BadRequestError, match="Unexpected value.* `not-known-anywhere-2031-01-01`"):
        client.beta.messages.create(
            model=MODEL, max_tokens=64, messages=hello, betas=["not-known-anywhere-2031-01-01"]
        )


def test_python_tool_loop_ends_with_text(client: AnthropicFoundry) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
    call = client.messages.create(model=MODEL, max_tokens=256, messages=messages, tools=[WEATHER])
    assert call.stop_reason == "tool_use"
    use = next(block for block in call.content if block.type == "tool_use")
    assert use.name == "get_weather"
    assert set(use.input) == {"city"}

    messages.append({"role": "assistant", "content": call.content})
    result: MessageParam = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"}],
    }
    answer = client.messages.create(model=MODEL, max_tokens=256, messages=[*messages, result], tools=[WEATHER])

    assert answer.stop_reason == "end_turn"
    assert answer.content[0].type == "text"


def test_python_streamed_tool_input_is_whole_json(client: AnthropicFoundry) -> None:
    with client.messages.stream(model=MODEL, max_tokens=256, messages=HELLO, tools=[WEATHER]) as stream:
        message = stream.get_final_message()

    use = next(block for block in message.content if block.type == "tool_use")
    assert set(use.input) == {"city"}


@pytest.mark.parametrize("model", ["claude-opus-4-5", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5"])
def test_python_all_four_default_deployments_answer(client: AnthropicFoundry, model: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the client's own, about models that retire
        message = client.messages.create(model=model, max_tokens=64, messages=HELLO)

    assert message.model.startswith(model)


@pytest.mark.anyio
async def test_python_async_client_creates_streams_and_counts(ingate: RunningIngate) -> None:
    async with AsyncAnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=0) as client:
        message = await client.messages.create(model=MODEL, max_tokens=64, messages=HELLO)
        counted = await client.messages.count_tokens(model=MODEL, messages=HELLO)
        async with client.messages.stream(model=MODEL, max_tokens=64, messages=HELLO) as stream:
            text = "".join([part async for part in stream.text_stream])
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.create(model="no-such-deployment", max_tokens=64, messages=HELLO)

    assert message.usage.input_tokens == counted.input_tokens
    assert text


# Ways in


@pytest.mark.parametrize("end", ["", "/"])
def test_python_base_url_may_end_with_a_slash(ingate: RunningIngate, connect: Connect, end: str) -> None:
    assert connect(base_url=ingate.base_url + end).messages.count_tokens(model=MODEL, messages=HELLO).input_tokens


def test_python_client_reads_its_environment(ingate: RunningIngate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_BASE_URL", ingate.base_url)
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", ingate.api_key)
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_RESOURCE", raising=False)

    with AnthropicFoundry() as client:
        assert client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens


def test_python_both_keys_work(ingate: RunningIngate, connect: Connect) -> None:
    for key in ingate.get_keys("example-resource").values():
        assert connect(api_key=key).messages.count_tokens(model=MODEL, messages=HELLO).input_tokens


def test_python_generic_client_presents_the_key_as_bearer_token(ingate: RunningIngate) -> None:
    with Anthropic(auth_token=ingate.api_key, api_key=None, base_url=ingate.base_url, max_retries=0) as client:
        assert client.messages.create(model=MODEL, max_tokens=64, messages=HELLO).content


@pytest.mark.parametrize("domain", ["localhost", "services.ai.azure.com", "cognitiveservices.azure.com"])
def test_python_host_name_chooses_the_resource(ingate: RunningIngate, connect: Connect, domain: str) -> None:
    ingate.manage(
        "PUT",
        ingate.account_path("second-resource"),
        {"location": "eastus2", "kind": "AIServices", "sku": {"name": "S0"}},
    )
    try:
        ingate.put_deployment("only-here", resource="second-resource", capacity=10)
        ingate.wait_until_served()
        key = ingate.get_keys("second-resource")["key1"]
        host = {"Host": f"second-resource.{domain}:8080"}

        there = connect(api_key=key, default_headers=host)
        assert there.messages.create(model="only-here", max_tokens=64, messages=HELLO).content
        with pytest.raises(anthropic.AuthenticationError):
            connect(default_headers=host).messages.create(model="only-here", max_tokens=64, messages=HELLO)
        with pytest.raises(anthropic.AuthenticationError):
            connect(api_key=key).messages.create(model="only-here", max_tokens=64, messages=HELLO)
    finally:
        ingate.delete_resource("second-resource")


def test_python_unknown_resource_is_not_found(connect: Connect) -> None:
    lost = connect(default_headers={"Host": "no-such-resource.localhost"})
    with pytest.raises(anthropic.NotFoundError) as caught:
        lost.messages.create(model=MODEL, max_tokens=64, messages=HELLO)

    assert "no-such-resource.localhost" in str(caught.value)


# Errors


def test_python_wrong_key_is_an_authentication_error(connect: Connect) -> None:
    with pytest.raises(anthropic.AuthenticationError) as caught:
        connect(api_key="not-a-key").messages.create(model=MODEL, max_tokens=64, messages=HELLO)

    assert "invalid subscription key" in caught.value.message
    assert caught.value.request_id == caught.value.response.headers["request-id"]
    assert_request_ids(caught.value.response.headers)


def test_python_jwt_is_an_authentication_error_of_its_own(ingate: RunningIngate) -> None:
    with (
        Anthropic(auth_token="header.payload.signature", base_url=ingate.base_url, max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError) as caught,
    ):
        client.messages.create(model=MODEL, max_tokens=64, messages=HELLO)

    assert "Access token is missing, invalid" in str(caught.value)


def test_python_unknown_deployment_is_not_found(client: AnthropicFoundry) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(model="no-such-deployment", max_tokens=64, messages=HELLO)

    assert caught.value.type == "invalid_request_error"
    assert caught.value.body == {
        "error": {
            "type": "invalid_request_error",
            "code": "DeploymentNotFound",
            "message": "The API deployment for this resource does not exist. If you created the deployment within "
            "the last 5 minutes, please wait a moment and try again.",
        }
    }
    assert_request_ids(caught.value.response.headers)


def test_python_unsupported_apis_are_not_found(client: AnthropicFoundry) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.beta.models.list()

    assert "Requested API is currently not supported" in str(caught.value)


def test_python_bad_field_is_a_bad_request(client: AnthropicFoundry) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(model=MODEL, max_tokens=-1, messages=HELLO)

    assert caught.value.type == "invalid_request_error"
    assert caught.value.body == {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "max_tokens: must be greater than or equal to 0",
        },
        "request_id": caught.value.request_id,
    }


def test_python_body_over_32_mb_is_too_large(client: AnthropicFoundry) -> None:
    huge: list[MessageParam] = [{"role": "user", "content": "x" * (32 * 1024 * 1024)}]
    with pytest.raises(anthropic.ContentTooLargeError) as caught:
        client.messages.create(model=MODEL, max_tokens=64, messages=huge)

    assert caught.value.type == "request_too_large"
    assert caught.value.request_id


@pytest.mark.usefixtures("scripted_upstream")
def test_python_used_up_capacity_is_a_rate_limit_error(client: AnthropicFoundry) -> None:
    with suppress(anthropic.RateLimitError):
        client.messages.create(model="scarce", max_tokens=1, messages=HELLO)
    with pytest.raises(anthropic.RateLimitError) as caught:
        client.messages.create(model="scarce", max_tokens=1, messages=HELLO)

    assert re.fullmatch(
        r"Error code: 429 - .*Rate limit of \d+ per 60s exceeded for UserByModelByMinute\w+\. "
        r"Please wait \d+ seconds before retrying\..*",
        str(caught.value),
    )
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert_request_ids(caught.value.response.headers)


@pytest.mark.usefixtures("scripted_upstream")
@pytest.mark.parametrize(
    ("status", "error_class", "error_type"),
    [
        (500, anthropic.InternalServerError, "api_error"),
        (504, anthropic.InternalServerError, "timeout_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
def test_python_upstreams_own_errors_come_through(
    client: AnthropicFoundry, status: int, error_class: type[anthropic.APIStatusError], error_type: str
) -> None:
    with pytest.raises(error_class) as caught:
        client.messages.create(
            model="scripted", max_tokens=64, messages=HELLO, extra_headers={"x-scripted": str(status)}
        )

    assert caught.value.status_code == status
    assert caught.value.type == error_type
    assert f"The upstream's own words for {status}." in str(caught.value)
    assert_request_ids(caught.value.response.headers)


@pytest.mark.usefixtures("scripted_upstream")
@pytest.mark.parametrize(
    ("deployment_name", "status", "error_type"),
    [("unreachable", 500, "api_error"), ("impatient", 504, "timeout_error")],
)
def test_python_upstream_that_does_not_answer_is_an_error_of_the_gateway(
    client: AnthropicFoundry, deployment_name: str, status: int, error_type: str
) -> None:
    with pytest.raises(anthropic.InternalServerError) as caught:
        client.messages.create(
            model=deployment_name, max_tokens=64, messages=HELLO, extra_headers={"x-scripted": "stall"}
        )

    assert (caught.value.status_code, caught.value.type) == (status, error_type)
    assert_request_ids(caught.value.response.headers)


@pytest.mark.usefixtures("scripted_upstream")
@pytest.mark.parametrize(
    ("asked", "error_type"), [("error-event", "overloaded_error"), ("broken-stream", "api_error")]
)
def test_python_error_in_a_stream_reaches_the_client(client: AnthropicFoundry, asked: str, error_type: str) -> None:
    stream = client.messages.create(
        model="scripted", max_tokens=64, messages=HELLO, stream=True, extra_headers={"x-scripted": asked}
    )
    seen: list[str] = []
    with stream, pytest.raises(anthropic.APIStatusError) as caught:
        seen.extend(event.type for event in stream)

    assert seen == ["message_start", "content_block_start", "content_block_delta", "content_block_delta"]
    assert caught.value.type == error_type
    assert caught.value.request_id


def test_python_retries_what_may_be_retried(connect: Connect, scripted_upstream: RecordingUpstream) -> None:
    scripted_upstream.forget()
    with pytest.raises(anthropic.InternalServerError):
        connect(max_retries=1).messages.create(
            model="scripted", max_tokens=64, messages=HELLO, extra_headers={"x-scripted": "529"}
        )

    counts = [request.values(b"x-stainless-retry-count") for request in scripted_upstream.requests]
    assert counts == [[b"0"], [b"1"]]


@pytest.mark.usefixtures("scripted_upstream")
def test_python_upstreams_request_id_is_kept_and_its_rate_limits_are_not(client: AnthropicFoundry) -> None:
    answer = client.messages.with_raw_response.create(
        model="scripted", max_tokens=64, messages=HELLO, extra_headers={"x-scripted": "rate-limit-headers"}
    )

    assert answer.headers.get_list("request-id") == ["req_upstreams_own"]
    assert GUID.fullmatch(answer.headers["apim-request-id"])
    assert not [name for name in answer.headers if name.startswith("anthropic-ratelimit-")]


def test_python_credentials_do_not_reach_an_upstream(
    ingate: RunningIngate, client: AnthropicFoundry, scripted_upstream: RecordingUpstream
) -> None:
    scripted_upstream.forget()
    client.messages.create(model="scripted", max_tokens=64, messages=HELLO)

    (request,) = scripted_upstream.requests
    assert ingate.api_key.encode() not in request.head_bytes + request.body
    assert request.values(b"anthropic-version") == [b"2026-10-21"]
    assert b'"model":"upstream-model"' in request.body.replace(b": ", b":")
    assert not scripted_upstream.violations
