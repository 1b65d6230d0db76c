from __future__ import annotations

import json

import anthropic
import httpx2
import pytest
from tests.support.sse_events import Event, parse_events

from ingate.wire.messages.errors import STATUS_OF, ErrorType, render_error, render_error_event

EVENT = b'event: content_block_delta\ndata: {"a":1}\n\n'

_SDK_ERRORS = {
    "invalid_request_error": anthropic.BadRequestError,
    "authentication_error": anthropic.AuthenticationError,
    "permission_error": anthropic.PermissionDeniedError,
    "not_found_error": anthropic.NotFoundError,
    "conflict_error": anthropic.ConflictError,
    "rate_limit_error": anthropic.RateLimitError,
    "api_error": anthropic.InternalServerError,
}


def test_an_error_has_the_shape_that_is_documented() -> None:
    assert json.loads(render_error("api_error", 'quo"te\né', "req_1")) == {
        "type": "error",
        "error": {"type": "api_error", "message": 'quo"te\né'},
        "request_id": "req_1",
    }


@pytest.mark.parametrize("error_type", _SDK_ERRORS)
def test_anthropics_own_client_raises_the_error_of_its_type(error_type: ErrorType) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            STATUS_OF[error_type],
            headers={"content-type": "application/json"},
            content=render_error(error_type, "why", "req_1"),
        )

    with (
        anthropic.Anthropic(
            api_key="k", max_retries=0, http_client=httpx2.Client(transport=httpx2.MockTransport(answer))
        ) as client,
        pytest.raises(_SDK_ERRORS[error_type]) as caught,
    ):
        client.models.list()
    assert caught.value.type == error_type


def test_an_event_is_one_line_of_data_whatever_the_message() -> None:
    [event] = parse_events(render_error_event("api_error", "two\nlines\r\n\r\ndata: x", "req_1", after=b""))
    assert event.name == "error"
    assert json.loads(event.data)["error"]["message"] == "two\nlines\r\n\r\ndata: x"


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_wherever_a_stream_is_torn_a_client_dispatches_the_error_and_no_torn_event(line_end: bytes) -> None:
    stream = (EVENT * 2).replace(b"\n", line_end)
    for cut in range(len(stream) + 1):
        torn = stream[:cut]
        between = torn.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))
        events = parse_events(
            torn + render_error_event("api_error", "x", "req_1", after=b"" if between else torn[-4:])
        )
        whole = parse_events(torn)
        assert events[: len(whole)] == whole
        assert [event.name for event in events[len(whole) :]] == ["error"]


def test_between_events_it_stands_by_itself() -> None:
    body = EVENT + render_error_event("timeout_error", "x", "req_1", after=b"")
    assert parse_events(body) == [
        Event("content_block_delta", '{"a":1}'),
        Event("error", render_error("timeout_error", "x", "req_1").decode()),
    ]
