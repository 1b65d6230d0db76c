"""What the front asks of a head beyond what its parser does. Whole connections are in test_connection.py; the corpus
of tests/conformance/http_front has the rest."""

from __future__ import annotations

import pytest
from tests.unit.gateway.fake_front import BODY, FakeFront, render_request


def get_status(request: bytes) -> int:
    """0 when the request went on to the upstream."""
    front = FakeFront()
    client = front.connect()
    client.sends(request)
    return 0 if front.upstream.calls else int(client.takes().split()[1])


def with_host(*hosts: bytes, version: bytes = b"1.1") -> bytes:
    lines = [b"Host: " + host for host in hosts]
    return render_request(version=version).replace(
        b"Host: example-resource.localhost\r\n", b"".join(x + b"\r\n" for x in lines)
    )


class TestHost:
    @pytest.mark.parametrize("host", [b"example-resource.localhost", b"127.0.0.1:8080", b"[::1]:80", b"a:"])
    def test_a_valid_one(self, host: bytes) -> None:
        assert get_status(with_host(host)) == 0

    @pytest.mark.parametrize(
        "host", [b"a b", b"a/b", b"a@b", b"a,b", b"[::1", b"a:999999", b"a:b", b"\xff", b"a?b", b"a#b"]
    )
    def test_an_invalid_one(self, host: bytes) -> None:
        assert get_status(with_host(host)) == 400

    def test_exactly_one(self) -> None:
        assert get_status(with_host()) == 400
        assert get_status(with_host(b"example-resource.localhost", b"example-resource.localhost")) == 400

    def test_http_1_0_may_do_without(self) -> None:
        assert get_status(with_host(version=b"1.0")) == 0


class TestLength:
    @pytest.mark.parametrize(
        "framing",
        [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5",
            b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding: identity",
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"Content-Length: 5\r\nContent-Length: 5",
            b"Content-Length: 5, 5",
            b"Content-Length: +5",
            b"Content-Length: -5",
            b"Content-Length: 0x5",
            b"Content-Length: ",
            b"Content-Length: 99999999999999999999",
            b"Content-Length : 5",
        ],
    )
    def test_what_two_readers_could_read_differently_is_refused(self, framing: bytes) -> None:
        assert get_status(render_request(framing=framing)) == 400

    def test_chunked_is_not_for_http_1_0(self) -> None:
        assert get_status(render_request(framing=b"Transfer-Encoding: chunked", version=b"1.0")) == 400


class TestTarget:
    @pytest.mark.parametrize(
        "target",
        [
            b"/anthropic/v1/messages?x=%7B%22",
            b'/anthropic/v1/messages?x={"a":[1|2]}',
            b"http://example-resource.localhost/anthropic/v1/messages",
            b"HTTPS://example-resource.localhost:8080/anthropic/v1/messages?beta=true",
        ],
    )
    def test_a_path_or_an_absolute_form(self, target: bytes) -> None:
        assert get_status(render_request(target=target)) == 0

    @pytest.mark.parametrize(
        "target",
        [
            b"*",
            b"anthropic/v1/messages",
            b"http://a b/x",
            b"ftp://h/x",
            b"/x#y",
            b"/\xc3\xa9",
            b"http://a@b/x",
            b"/a\x7f",
        ],
    )
    def test_anything_else_is_refused(self, target: bytes) -> None:
        assert get_status(render_request(target=target)) == 400

    def test_an_absolute_form_without_path_is_the_root(self) -> None:
        assert get_status(render_request(target=b"http://example-resource.localhost")) == 404
        assert get_status(render_request(target=b"http://example-resource.localhost?x")) == 404


@pytest.mark.parametrize("version", [b"2.0", b"0.9", b"1.2"])
def test_other_versions_are_not_spoken(version: bytes) -> None:
    assert get_status(render_request(BODY, version=version)) in (400, 505)


@pytest.mark.parametrize(
    "header", [b"X-A : b", b" X-A: b", b"X-A: b\r\n c", b"X\x01: b", b"X-A: \x00", b": b", b"X-A", b"X-A: b\rX-B: c"]
)
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    assert get_status(render_request(headers=[header])) == 400
