from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.proxy.request_head import Connect, Malformed, PlainRequest, parse_request_head


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("Example.COM:443", Connect(host="example.com", port=443)),
        ("example.com.:443", Connect(host="example.com", port=443)),
        ("[::1]:8443", Connect(host="::1", port=8443)),
        ("127.0.0.1:80", Connect(host="127.0.0.1", port=80)),
    ],
)
def test_connect_names_a_host_and_a_port(target: str, expected: Connect) -> None:
    for version in ("1.0", "1.1"):
        head = f"CONNECT {target} HTTP/{version}\r\nProxy-Authorization: Basic eDp5"
        assert parse_request_head(head.encode()) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"CONNECT example.com:443",
        b"CONNECT example.com:443 HTTP/2.0",
        b"CONNECT  example.com:443 HTTP/1.1",
        b"CONNECT example.com:0 HTTP/1.1",
        b"CONNECT example.com:65536 HTTP/1.1",
        b"CONNECT example.com:+443 HTTP/1.1",
        b"CONNECT :443 HTTP/1.1",
        b"CONNECT ex_ample.com:443 HTTP/1.1",
        b"CONNECT user@example.com:443 HTTP/1.1",
        b"CONNECT http://example.com:443 HTTP/1.1",
        b"CONNECT example.com:443 HTTP/1.1\r\nno field",
        b"CONNECT example.com:443 HTTP/1.1\r\nA: b\nC: d",
        b"CONNECT example.com:443 HTTP/1.1\r\nA : b",
        b"GET / HTTP/1.1",
        b"GET https://example.com/ HTTP/1.1",
        b"GET http://[::1/ HTTP/1.1",
        b"GET http:///path HTTP/1.1",
        b"GET http://example.com:99999/ HTTP/1.1",
    ],
)
def test_what_is_malformed_is_named_so(head: bytes) -> None:
    assert isinstance(parse_request_head(head), Malformed)


def test_a_plain_request_becomes_one_for_its_host_alone() -> None:
    head = (
        b"POST http://u:p@example.com:8080/a?b=c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 3"
    )
    assert parse_request_head(head) == PlainRequest(
        host="example.com",
        port=8080,
        head=b"POST /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nContent-Length: 3\r\nConnection: close\r\n\r\n",
    )


def test_without_a_path_the_root_is_meant() -> None:
    asked = parse_request_head(b"GET http://example.com HTTP/1.0")
    assert isinstance(asked, PlainRequest)
    assert asked.port == 80
    assert asked.head.startswith(b"GET / HTTP/1.0\r\nHost: example.com\r\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_to_something(head: bytes) -> None:
    for each in (head, b"CONNECT " + head + b" HTTP/1.1", b"GET http://" + head + b" HTTP/1.1"):
        asked = parse_request_head(each)
        if not isinstance(asked, Malformed):
            assert 0 < asked.port < 65536
            assert asked.host.isascii()
            assert asked.host == asked.host.lower()
