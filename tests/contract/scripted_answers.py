"""What the scripted upstream answers to a request that asks for it in `x-scripted`."""

from __future__ import annotations

from tests.support.strict_http import Headers, Request, render_chunks
from tests.support.upstream_script import (
    JSON_HEADERS,
    SHORT_STREAM,
    SSE_HEADERS,
    Answer,
    Reset,
    Send,
    Stall,
    Wait,
    answer,
    echo,
    error_body,
    render_events,
    render_head,
    sse_answer,
)

RATE_LIMIT_HEADERS: Headers = (
    (b"anthropic-ratelimit-requests-limit", b"1000"),
    (b"anthropic-ratelimit-tokens-remaining", b"1"),
    (b"request-id", b"req_upstreams_own"),
)
_ERROR_TYPES = {500: "api_error", 504: "timeout_error", 529: "overloaded_error"}
_FIRST_EVENTS = SHORT_STREAM[: SHORT_STREAM.index(b"event: content_block_stop")]


def answer_as_asked(request: Request) -> Answer:
    asked = b"".join(request.values(b"x-scripted")).decode()
    if asked.isdigit():
        return answer(int(asked), error_body(_ERROR_TYPES[int(asked)], f"The upstream's own words for {asked}."))
    match asked:
        case "stall":
            return [Stall()]
        case "rate-limit-headers":
            return answer(200, _body_of(echo(request)), headers=(*JSON_HEADERS, *RATE_LIMIT_HEADERS))
        case "error-event":
            overloaded: dict[str, object] = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
            return sse_answer(_FIRST_EVENTS + render_events(("error", overloaded)))
        case "broken-stream":
            head = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
            return [Send(head + render_chunks([_FIRST_EVENTS])[:-5]), Wait(0.1), Reset()]
        case _:
            return echo(request)


def _body_of(steps: Answer) -> bytes:
    return b"".join(step.data for step in steps[1:] if isinstance(step, Send))
