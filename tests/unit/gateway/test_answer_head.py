"""What a client may see of an upstream's head."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.gateway.answer_head import read_answer_head
from ingate.wire.http1 import Header

END_TO_END: list[Header] = [
    (b"Content-Type", b"application/json"),
    (b"retry-after", b"7"),
    (b"anthropic-fast-output-tokens", b"1"),
    (b"x-unknown", b"\xe9"),
    (b"x-unknown", b"again"),
    (b"cache-control", b"no-cache"),
    (b"x-should-retry", b"true"),
]
WITHHELD = [
    b"connection", b"keep-alive", b"transfer-encoding", b"trailer", b"upgrade", b"server", b"via", b"set-cookie",
    b"anthropic-organization-id", b"anthropic-ratelimit-requests-limit", b"anthropic-ratelimit-tokens-reset",
    b"x-ratelimit-remaining", b"cf-ray", b"CF-Cache-Status", b"strict-transport-security", b"x-envoy-upstream",
    b"apim-request-id", b"request-id", b"content-length", b"www-authenticate", b"x-amzn-requestid",
    b"azureml-model-session",
]  # fmt: skip

headers = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from([name for name, _ in END_TO_END] + WITHHELD[1:]), st.from_regex(rb"[a-z-]{1,12}\Z")
        ),
        st.from_regex(rb"[0-9a-z]{0,5}\Z"),
    ),
    max_size=8,
)


def test_end_to_end_headers_pass_in_order_and_as_spelled() -> None:
    answer = read_answer_head(200, END_TO_END)
    assert list(answer.headers) == END_TO_END


@pytest.mark.parametrize("name", WITHHELD)
@pytest.mark.parametrize("spell", [bytes.lower, bytes.upper, bytes.title])
def test_what_is_the_upstreams_own_affair_stays_there(name: bytes, spell: Callable[[bytes], bytes]) -> None:
    answer = read_answer_head(200, [(b"a", b"1"), (spell(name), b"5"), (b"b", b"2")])
    assert list(answer.headers) == [(b"a", b"1"), (b"b", b"2")]


def test_what_the_upstream_nominates_is_for_us_alone() -> None:
    answer = read_answer_head(200, [(b"Connection", b"X-Hop, close"), (b"x-hop", b"1"), (b"x-other", b"2")])
    assert list(answer.headers) == [(b"x-other", b"2")]


@pytest.mark.parametrize(
    ("value", "is_stream"),
    [
        (b"text/event-stream", True),
        (b"Text/Event-Stream; charset=utf-8", True),
        (b"application/json", False),
        (b"text/plain", False),
        (b"", False),
    ],
)
def test_a_stream_is_known_by_its_type(value: bytes, is_stream: bool) -> None:
    assert read_answer_head(200, [(b"Content-TYPE", value)]).is_stream is is_stream


def test_what_is_read_of_it() -> None:
    answer = read_answer_head(
        201, [(b"Content-Length", b"12"), (b"Request-Id", b"req_x"), (b"Content-Encoding", b"gzip")]
    )
    assert (answer.status, answer.content_length, answer.request_id, answer.content_coding) == (
        201,
        12,
        "req_x",
        b"gzip",
    )
    bare = read_answer_head(200, [(b"content-encoding", b"Identity")])
    assert (bare.content_length, bare.request_id, bare.content_coding, bare.is_stream) == (None, None, None, False)


@settings(deadline=None)
@given(headers)
def test_the_order_of_headers_and_their_neighbours_make_no_difference(headers: list[Header]) -> None:
    """Plans are remembered for whole sequences of names; each header must fare as it does alone."""
    alone = [header for header in headers if list(read_answer_head(200, [header]).headers)]
    assert list(read_answer_head(200, headers).headers) == alone
    assert list(read_answer_head(200, headers).headers) == alone
