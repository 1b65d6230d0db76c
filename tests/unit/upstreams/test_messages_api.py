"""Requests to a server that speaks the Messages API, and its answers: the server is the test."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.unit.upstreams.hand_driven_loop import REQUEST, HandDrivenLoop, RecordingSink

from ingate.domain.upstream import (
    CredentialHeader,
    CredentialReference,
    UpstreamDefinition,
    UpstreamFailure,
    UpstreamRequest,
)
from ingate.upstreams.http1_connection import LARGE_BODY
from ingate.upstreams.messages_api import MessagesApiUpstream, UpstreamMisconfigured

SECRET = "sk-canary-0123456789"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEARD_OK = [("head", 200), ("end", b"hello")]
ENV = CredentialReference(source="env", location="UPSTREAM_KEY")


def make(
    loop: HandDrivenLoop,
    *,
    base_url: str | None = "http://upstream.example:9000/anthropic/",
    credential: CredentialReference | None = ENV,
    header: CredentialHeader = "x-api-key",
    profile: str = "none",
    tls_ca_file: str | None = None,
    secret: str = SECRET,
) -> MessagesApiUpstream:
    def read_credential(_: CredentialReference) -> str:
        return secret

    definition = UpstreamDefinition(
        name="u",
        kind="messages-api",
        base_url=base_url,
        credential=credential,
        credential_header=header,
        profile=profile,
        connect_timeout=10,
        first_byte_timeout=60,
        idle_timeout=30,
        tls_ca_file=tls_ca_file,
    )
    return MessagesApiUpstream(definition, loop=loop, read_credential=read_credential)


def test_a_request_as_the_server_gets_it(loop: HandDrivenLoop) -> None:
    make(loop).send(REQUEST, RecordingSink())
    loop.settle()
    assert loop.server.takes() == (
        b"POST /anthropic/v1/messages?beta=true HTTP/1.1\r\n"
        b"Host: upstream.example:9000\r\n"
        b"anthropic-version: 2023-06-01\r\n"
        b"x-api-key: sk-canary-0123456789\r\n"
        b"Content-Length: 13\r\n\r\n"
        b'{"model":"m"}'
    )


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("x-api-key", b"\r\nx-api-key: sk-canary-0123456789\r\n"),
        ("api-key", b"\r\napi-key: sk-canary-0123456789\r\n"),
        ("authorization", b"\r\nauthorization: Bearer sk-canary-0123456789\r\n"),
    ],
)
def test_the_credential_goes_in_the_header_that_was_configured(
    loop: HandDrivenLoop, header: CredentialHeader, line: bytes
) -> None:
    make(loop, header=header).send(REQUEST, RecordingSink())
    loop.settle()
    assert line in loop.server.takes()


def test_without_a_credential_none_is_sent(loop: HandDrivenLoop) -> None:
    make(loop, credential=None).send(REQUEST, RecordingSink())
    loop.settle()
    assert b"-key" not in loop.server.takes()


@pytest.mark.parametrize(
    ("base_url", "host", "port", "is_tls"),
    [
        ("http://h", "h", 80, False),
        ("https://h", "h", 443, True),
        ("https://h:8443/x", "h", 8443, True),
        ("http://[::1]:9", "::1", 9, False),
        ("http://user:password@h:9", "h", 9, False),
    ],
)
def test_where_it_connects_to(loop: HandDrivenLoop, base_url: str, host: str, port: int, is_tls: bool) -> None:
    make(loop, base_url=base_url).send(REQUEST, RecordingSink())
    loop.settle()
    [(asked_host, asked_port, tls, server_name)] = loop.asked
    assert (asked_host, asked_port) == (host, port)
    assert (tls is not None, server_name) == (is_tls, host if is_tls else None)
    assert b"password" not in loop.server.takes()


@pytest.mark.parametrize("method", [b"GET", b"DELETE"])
def test_a_request_without_a_body_says_nothing_of_one(loop: HandDrivenLoop, method: bytes) -> None:
    request = UpstreamRequest(
        method=method, path=b"/v1/files/file_1", query=b"", headers=[(b"accept", b"*/*")], body=(), content_length=0
    )
    make(loop, credential=None).send(request, RecordingSink())
    loop.settle()
    assert loop.server.takes() == (
        b"%b /anthropic/v1/files/file_1 HTTP/1.1\r\nHost: upstream.example:9000\r\naccept: */*\r\n\r\n" % method
    )


@pytest.mark.parametrize(("method", "length"), [(b"POST", 0), (b"DELETE", 2)])
def test_a_length_is_told_where_there_is_a_body_or_should_be(
    loop: HandDrivenLoop, method: bytes, length: int
) -> None:
    request = UpstreamRequest(
        method=method, path=b"/v1/files", query=b"", headers=(), body=(b"{}"[:length],), content_length=length
    )
    make(loop, credential=None).send(request, RecordingSink())
    loop.settle()
    assert loop.server.takes().endswith(b"\r\nContent-Length: %d\r\n\r\n%b" % (length, b"{}"[:length]))


def test_a_large_file_is_sent_whole_after_its_head(loop: HandDrivenLoop) -> None:
    content = b"x" * (LARGE_BODY + 1)
    request = UpstreamRequest(path=b"/v1/files", query=b"", headers=(), body=(content,), content_length=len(content))
    make(loop).send(request, RecordingSink())
    loop.settle()
    head, _, body = loop.server.takes().partition(b"\r\n\r\n")
    assert head.endswith(b"\r\nContent-Length: %d" % len(content))
    assert body == content


class TestAnswers:
    def test_reach_the_sink_and_free_the_connection(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        for _ in range(3):
            sink = RecordingSink()
            upstream.send(REQUEST, sink)
            assert sink.heard == []
            loop.settle()
            loop.server.sends(OK)
            assert sink.heard == HEARD_OK
            assert upstream.is_idle
        assert len(loop.servers) == 1

    def test_one_after_another_on_the_same_connection_from_within_the_answer(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        next_sink = RecordingSink()

        class Pipelining(RecordingSink):
            def on_answer_read(self, data: bytes, ended: bool) -> None:
                super().on_answer_read(data, ended)
                upstream.send(REQUEST, next_sink)

        upstream.send(REQUEST, Pipelining())
        loop.settle()
        loop.server.sends(OK)
        loop.server.sends(OK)
        assert next_sink.heard == HEARD_OK
        assert len(loop.servers) == 1

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
    def test_a_redirect_is_not_followed(self, loop: HandDrivenLoop, status: int) -> None:
        sink = RecordingSink()
        upstream = make(loop)
        upstream.send(REQUEST, sink)
        loop.settle()
        loop.server.sends(b"HTTP/1.1 %d Elsewhere\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n" % status)
        assert sink.heard == [("failure", UpstreamFailure.MALFORMED)]
        assert sink.detail == f"it answered with status {status}"
        assert loop.server.transport.aborted
        assert len(loop.asked) == 1
        loop.server.closes()
        assert upstream.is_idle

    def test_errors_of_the_server_are_answers(self, loop: HandDrivenLoop) -> None:
        sink = RecordingSink()
        make(loop).send(REQUEST, sink)
        loop.settle()
        loop.server.sends(OK.replace(b"200 OK", b"529 Overloaded"))
        assert sink.heard == [("head", 529), ("end", b"hello")]

    def test_a_profile_may_keep_the_head_back_until_the_body_says_more(self, loop: HandDrivenLoop) -> None:
        sink = RecordingSink()
        make(loop, profile="ollama").send(REQUEST, sink)
        loop.settle()
        loop.server.sends(
            b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + b'{"error":"why"}'
        )
        assert sink.heard[0][0] == "head"
        assert sink.heard[-1][0] == "end"

    @pytest.mark.parametrize("profile", ["none", "llama.cpp"])
    def test_a_connection_that_breaks_is_a_failure(self, loop: HandDrivenLoop, profile: str) -> None:
        sink = RecordingSink()
        make(loop, profile=profile).send(REQUEST, sink)
        loop.settle()
        loop.server.sends(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
        loop.server.closes()
        assert sink.heard[-1] == ("failure", UpstreamFailure.RESET)
        assert not any(kind == "end" for kind, _ in sink.heard)


class TestResending:
    def test_a_used_connection_that_died_meanwhile_is_replaced_once(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        upstream.send(REQUEST, RecordingSink())
        loop.settle()
        loop.server.sends(OK)
        first = loop.server
        sink = RecordingSink()
        upstream.send(REQUEST, sink)
        request = first.takes()[-100:]
        first.closes(ConnectionResetError())
        assert sink.heard == []
        assert len(loop.servers) == 2
        assert loop.server.takes()[-100:] == request
        loop.server.closes(ConnectionResetError())
        assert sink.heard == [("failure", UpstreamFailure.RESET)]
        assert len(loop.servers) == 2

    def test_not_when_an_answer_had_begun(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        upstream.send(REQUEST, RecordingSink())
        loop.settle()
        loop.server.sends(OK)
        sink = RecordingSink()
        upstream.send(REQUEST, sink)
        loop.server.sends(b"HTTP/1.1 200")
        loop.server.closes(ConnectionResetError())
        assert sink.heard == [("failure", UpstreamFailure.RESET)]
        assert len(loop.servers) == 1

    def test_not_for_a_client_that_left(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        upstream.send(REQUEST, RecordingSink())
        loop.settle()
        loop.server.sends(OK)
        call = upstream.send(REQUEST, RecordingSink())
        call.cancel()
        loop.server.closes(ConnectionResetError())
        assert len(loop.asked) == 1


class TestCancel:
    def test_while_it_connects(self, loop: HandDrivenLoop) -> None:
        loop.gate = asyncio.Event()
        upstream = make(loop)
        sink = RecordingSink()
        call = upstream.send(REQUEST, sink)
        loop.settle()
        call.cancel()
        loop.gate.set()
        loop.settle()
        assert loop.server.takes() == b""
        assert sink.heard == []
        assert upstream.is_idle

    def test_while_it_waits_and_while_it_hears(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        for said in (b"", OK[:-1]):
            sink = RecordingSink()
            call = upstream.send(REQUEST, sink)
            loop.settle()
            if said:
                loop.server.sends(said)
            heard = list(sink.heard)
            call.cancel()
            assert loop.server.transport.aborted
            loop.server.closes()
            assert sink.heard == heard
            assert upstream.is_idle

    def test_after_the_end_it_harms_nobody(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        call = upstream.send(REQUEST, RecordingSink())
        loop.settle()
        loop.server.sends(OK)
        sink = RecordingSink()
        upstream.send(REQUEST, sink)
        call.cancel()
        call.pause()
        loop.server.sends(OK)
        assert sink.heard == HEARD_OK


class TestPause:
    def test_stops_reading_until_resumed(self, loop: HandDrivenLoop) -> None:
        call = make(loop).send(REQUEST, RecordingSink())
        loop.settle()
        call.pause()
        assert not loop.server.transport.reading
        call.resume()
        assert loop.server.transport.reading

    def test_while_it_connects_counts_too(self, loop: HandDrivenLoop) -> None:
        call = make(loop).send(REQUEST, RecordingSink())
        call.pause()
        loop.settle()
        assert not loop.server.transport.reading


class TestTime:
    @pytest.mark.parametrize(
        ("said", "seconds", "detail"),
        [
            (b"", 60, "silent for too long before its answer began"),
            (b"HTTP/1.1 103 Early Hints\r\n\r\n", 60, "silent for too long before its answer began"),
            (OK[:-1], 30, "silent for too long while its answer went on"),
        ],
    )
    def test_a_silent_server_is_given_up(
        self, loop: HandDrivenLoop, said: bytes, seconds: float, detail: str
    ) -> None:
        upstream = make(loop)
        sink = RecordingSink()
        upstream.send(REQUEST, sink)
        loop.settle()
        if said:
            loop.server.sends(said)
        upstream.sweep(loop.time() + seconds - 0.1)
        assert not any(kind == "failure" for kind, _ in sink.heard)
        upstream.sweep(loop.time() + seconds)
        assert sink.heard[-1] == ("failure", UpstreamFailure.TIMEOUT)
        assert sink.detail == detail

    def test_an_unreachable_one_as_well(self, loop: HandDrivenLoop) -> None:
        loop.refuse_with = ConnectionRefusedError("refused")
        sink = RecordingSink()
        make(loop).send(REQUEST, sink)
        assert sink.heard == []
        loop.settle()
        assert sink.heard == [("failure", UpstreamFailure.UNREACHABLE)]


class TestRetirement:
    def test_exchanges_under_way_go_on_and_nothing_stays(self, loop: HandDrivenLoop) -> None:
        upstream = make(loop)
        answered, connecting = RecordingSink(), RecordingSink()
        upstream.send(REQUEST, answered)
        loop.settle()
        upstream.send(REQUEST, connecting)
        upstream.close()
        loop.settle()
        for server in loop.servers:
            server.sends(OK)
        assert (answered.heard, connecting.heard) == (HEARD_OK, HEARD_OK)
        for server in loop.servers:
            assert not server.connection.is_open
            server.closes()
        assert upstream.is_idle


class TestMisconfiguration:
    @pytest.mark.parametrize(
        "base_url", [None, "", "ftp://h", "h:80", "http://", "http://[::1", "http://h:99999", "http://h:x"]
    )
    def test_a_base_url_that_is_none(self, loop: HandDrivenLoop, base_url: str | None) -> None:
        with pytest.raises(UpstreamMisconfigured, match="base URL"):
            make(loop, base_url=base_url)

    def test_an_unknown_profile(self, loop: HandDrivenLoop) -> None:
        with pytest.raises(UpstreamMisconfigured, match="no profile is called 'nonesuch'"):
            make(loop, profile="nonesuch")

    @pytest.mark.parametrize("secret", ["", "a b", "a\r\nb", "\x7f", "clé"])
    def test_a_secret_that_cannot_be_one_is_not_told(self, loop: HandDrivenLoop, secret: str) -> None:
        with pytest.raises(UpstreamMisconfigured) as caught:
            make(loop, secret=secret)
        assert "env:UPSTREAM_KEY" in str(caught.value)
        assert not secret or secret not in str(caught.value)

    @pytest.mark.parametrize("error", [KeyError("UPSTREAM_KEY"), FileNotFoundError(2, "no"), UnicodeError("x")])
    def test_a_secret_that_cannot_be_read(self, loop: HandDrivenLoop, error: Exception) -> None:
        def read(_: CredentialReference) -> str:
            raise error

        definition = UpstreamDefinition(name="u", kind="messages-api", base_url="http://h", credential=ENV)
        with pytest.raises(UpstreamMisconfigured, match="cannot be read from env:UPSTREAM_KEY"):
            MessagesApiUpstream(definition, loop=loop, read_credential=read)

    @pytest.mark.parametrize("content", [None, b"", b"no certificate"])
    def test_certificates_that_are_none(self, loop: HandDrivenLoop, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(UpstreamMisconfigured, match="certificates cannot be read"):
            make(loop, base_url="https://h", tls_ca_file=str(file))
