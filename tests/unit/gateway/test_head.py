"""What the gateway does with each header of a request."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.gateway.head import RequestHead
from ingate.wire.http1 import Header

KEPT: list[Header] = [
    (b"Content-Type", b"application/json"),
    (b"anthropic-version", b"2023-06-01"),
    (b"anthropic-beta", b"a"),
    (b"Anthropic-Beta", b"b"),
    (b"User-Agent", b"sdk/1"),
    (b"x-stainless-lang", b"python"),
    (b"accept-encoding", b"gzip"),
    (b"traceparent", b"00-x"),
]
WITHHELD = [
    b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Expect", b"api-key", b"x-api-key",
    b"Authorization", b"Proxy-Authorization", b"Cookie", b"Ocp-Apim-Subscription-Key", b"Keep-Alive", b"TE",
    b"Trailer",
    b"Upgrade", b"HTTP2-Settings", b"Forwarded", b"Via", b"X-Forwarded-For", b"X-Forwarded-Anything", b"X-Real-IP",
    b"X-Original-URL", b"Proxy-Connection",
]  # fmt: skip

WITHHELD_TEXT = [name for name in WITHHELD if name not in (b"Content-Length", b"Connection")]


def sort(headers: list[Header]) -> RequestHead:
    return RequestHead(b"POST", b"/", headers, "1.1", keep_alive=True)


def test_end_to_end_headers_go_on_in_order_and_as_spelled() -> None:
    assert list(sort(KEPT).forward) == KEPT


@pytest.mark.parametrize("name", WITHHELD)
def test_credentials_hops_and_forwarding_headers_do_not(name: bytes) -> None:
    for spelled in (name, name.lower(), name.upper()):
        assert list(sort([(b"a", b"1"), (spelled, b"2"), (b"b", b"3")]).forward) == [(b"a", b"1"), (b"b", b"3")]


def test_a_repeated_header_is_one_list() -> None:
    head = sort([(b"api-key", b"k"), (b"API-Key", b"k"), (b"connection", b"a"), (b"connection", b"b")])
    assert (head.api_key, head.connection) == (b"k, k", b"a, b")


def test_what_a_client_nominates_is_for_us_alone() -> None:
    head = sort([(b"Connection", b"X-Mine, close"), (b"x-MINE", b"1"), (b"x-yours", b"2")])
    assert list(head.forward) == [(b"x-yours", b"2")]


def test_a_version_cannot_be_nominated_away_from_the_checks() -> None:
    """The gateway reads its own headers first, whatever `Connection` says of them."""
    head = sort([(b"Connection", b"api-key"), (b"api-key", b"k")])
    assert head.api_key == b"k"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in KEPT] + WITHHELD_TEXT + [b"x-a", b"X-A", b"host", b"HOST"]),
            st.from_regex(rb"[a-z]{0,3}\Z"),
        ),
        max_size=8,
    )
)
def test_the_order_of_headers_and_their_neighbours_make_no_difference(headers: list[Header]) -> None:
    head = sort(headers)
    assert list(head.forward) == [header for header in headers if list(sort([header]).forward)]
    hosts = [value for name, value in headers if name.lower() == b"host"]
    assert head.host == (b", ".join(hosts) if hosts else None)
