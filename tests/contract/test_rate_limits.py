"""What the official client makes of a deployment's limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest
from anthropic import AnthropicFoundry, APIStatusError, RateLimitError
from anthropic.types import MessageParam
from tests.support.running import RunningIngate

HELLO: list[MessageParam] = [{"role": "user", "content": "Hello!"}]

Connect = Callable[..., AnthropicFoundry]
PutLimited = Callable[..., str]


@pytest.fixture
def connect(ingate: RunningIngate) -> Generator[Connect]:
    """Makes clients, without retries unless asked for, and closes them."""
    with ExitStack() as clients:

        def make(*, max_retries: int = 0) -> AnthropicFoundry:
            client = AnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=max_retries)
            return clients.enter_context(client)

        yield make


@pytest.fixture
def put_limited(ingate: RunningIngate, request: pytest.FixtureRequest) -> Generator[PutLimited]:
    """Makes a deployment with limits of its own, fresh for each test, and takes it away again."""
    name = f"limited-{abs(hash(request.node.name)) % 10**8}"
    path = f"{ingate.account_path('example-resource')}/deployments/{name}"

    def put(*, capacity: int = 1, **limits: int) -> str:
        ingate.manage(
            "PUT",
            path,
            {
                "sku": {"name": "GlobalStandard", "capacity": capacity},
                "properties": {"model": {"name": "claude-haiku-4-5"}, "ingate": {"limits": limits}},
            },
        )
        ingate.wait_until_served()
        return name

    yield put
    ingate.delete_deployment(name)


def ask(client: AnthropicFoundry, deployment: str, *, max_tokens: int = 1, text: str = "Hello!") -> Any:
    return client.messages.create(
        model=deployment, max_tokens=max_tokens, messages=[{"role": "user", "content": text}]
    )


def refused(client: AnthropicFoundry, deployment: str, **options: Any) -> RateLimitError:
    with pytest.raises(RateLimitError) as caught:
        ask(client, deployment, **options)
    assert_no_anthropic_limit_headers(caught.value)
    return caught.value


def assert_no_anthropic_limit_headers(error: APIStatusError) -> None:
    """Foundry sends none."""
    assert not [name for name in error.response.headers if name.lower().startswith("anthropic-ratelimit")]


def test_a_unit_of_capacity_is_one_request_a_minute(connect: Connect, put_limited: PutLimited) -> None:
    client, deployment = connect(), put_limited(capacity=1)
    answer = client.messages.with_raw_response.create(model=deployment, max_tokens=1, messages=HELLO)
    assert not [name for name in answer.headers if name.lower().startswith("anthropic-ratelimit")]
    error = refused(client, deployment)
    assert error.status_code == 429
    seconds = int(error.response.headers["retry-after"])
    assert 58 <= seconds <= 60
    body: dict[str, str] = error.response.json()["error"]
    assert body["code"] == "RateLimitReached"
    assert body["message"] == (
        "Rate limit of 1 per 60s exceeded for UserByModelByMinuteRequests. "
        f"Please wait {seconds} seconds before retrying."
    )


def test_a_client_that_retries_waits_as_it_is_told_and_succeeds(connect: Connect, put_limited: PutLimited) -> None:
    deployment = put_limited(requestsPerMinute=60, inputTokensPerMinute=10**6, outputTokensPerMinute=10**6)
    client = connect()
    seconds = use_up(client, deployment)
    started = time.monotonic()
    assert ask(connect(max_retries=2), deployment).content
    assert time.monotonic() - started < seconds + 2


def use_up(client: AnthropicFoundry, deployment: str) -> int:
    """The seconds to wait that the first refusal names."""
    for _ in range(500):
        try:
            ask(client, deployment)
        except RateLimitError as error:
            return int(error.response.headers["retry-after"])
    raise AssertionError("never refused")


def test_input_that_does_not_fit_is_told_from_requests_that_do_not(connect: Connect, put_limited: PutLimited) -> None:
    client = connect()
    deployment = put_limited(requestsPerMinute=1000, inputTokensPerMinute=600, outputTokensPerMinute=10**6)
    text = "All the world's a stage. " * 60
    ask(client, deployment, text=text)
    error = refused(client, deployment, text=text)
    assert "UserByModelByMinuteUncachedInputTokens" in error.message
    assert "Rate limit of 600 per 60s" in error.message
    assert 1 <= int(error.response.headers["retry-after"]) <= 60


def test_output_may_be_owed_and_is_then_paid_back(connect: Connect, put_limited: PutLimited) -> None:
    client = connect()
    deployment = put_limited(requestsPerMinute=1000, inputTokensPerMinute=10**6, outputTokensPerMinute=3)
    answer = ask(client, deployment, max_tokens=200, text="Tell me a long story.")
    assert answer.usage.output_tokens > 3
    error = refused(client, deployment)
    assert "UserByModelByMinuteOutputTokens" in error.message
    owed = answer.usage.output_tokens - 3
    assert int(error.response.headers["retry-after"]) == pytest.approx((owed + 1) * 20, abs=2)


def test_counting_tokens_has_a_limit_of_its_own(connect: Connect, put_limited: PutLimited) -> None:
    client, deployment = connect(), put_limited(capacity=1)
    ask(client, deployment)
    assert client.messages.count_tokens(model=deployment, messages=HELLO).input_tokens > 0
    with pytest.raises(RateLimitError) as caught:
        client.messages.count_tokens(model=deployment, messages=HELLO)
    assert "UserByModelByMinuteRequests" in caught.value.message
    assert_no_anthropic_limit_headers(caught.value)


def test_a_higher_limit_holds_within_a_moment(connect: Connect, put_limited: PutLimited) -> None:
    client, deployment = connect(), put_limited(capacity=1)
    ask(client, deployment)
    refused(client, deployment)
    put_limited(capacity=1, requestsPerMinute=10)
    assert ask(client, deployment).content
