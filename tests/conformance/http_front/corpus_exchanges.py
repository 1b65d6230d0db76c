"""Whole exchanges: large bodies, expectations, pipelines, and what becomes of the connection."""

from __future__ import annotations

from tests.support.messages_requests import API_KEY, BASE_HEADERS, HOST, messages_request, render_body

from .case import Await, Case, HalfClose, Wait
from .corpus_parts import BAD, BODY, CHUNKED, CHUNKS, LENGTH, MAX_BODY, OK, TOO_LARGE, get, post, served

LARGE_CHUNK = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"

BODIES = [
    Case(
        name="body over the limit by content-length",
        sent=(post(b"Content-Length: %d" % (MAX_BODY + 1), body=b""),),
        statuses=TOO_LARGE,
    ),
    Case(
        name="body over the limit by content-length and without a key",
        sent=(post(b"Content-Length: %d" % (MAX_BODY + 1), body=b"", base=BASE_HEADERS[:1] + BASE_HEADERS[2:]),),
        statuses=(frozenset({401, 413}),),
    ),
    Case(
        name="body over the limit by content-length and on its way",
        sent=(post(b"Content-Length: %d" % (MAX_BODY + 1), body=b""), *[b"a" * 0x100000] * 4),
        statuses=TOO_LARGE,
    ),
    Case(
        name="body over the limit by chunks", sent=(post(CHUNKED, body=b""), *[LARGE_CHUNK] * 33), statuses=TOO_LARGE
    ),
    Case(
        name="one chunk over the limit",
        sent=(post(CHUNKED, body=b"%x\r\n" % (MAX_BODY + 1)), *[b"a" * 0x100000] * 33),
        statuses=TOO_LARGE,
    ),
    Case(
        name="body over the limit expecting 100",
        sent=(post(b"Content-Length: %d" % (MAX_BODY + 1), b"Expect: 100-continue", body=b""),),
        statuses=TOO_LARGE,
        answer_lacks=(b"100 continue",),
    ),
    Case(
        name="body of 5 MB",
        sent=(messages_request(body=render_body(text="x" * 5_000_000)),),
        statuses=OK,
        fate="kept",
        reached=1,
    ),
    Case(
        name="body announced and not sent",
        sent=(post(LENGTH, body=BODY[:10]), HalfClose()),
        statuses=BAD,
        may_be_silent=True,
    ),
    Case(
        name="chunks announced and not sent",
        sent=(post(CHUNKED, body=CHUNKS[:12]), HalfClose()),
        statuses=BAD,
        may_be_silent=True,
    ),
    Case(name="head not finished", sent=(post(LENGTH)[:60], HalfClose()), statuses=BAD, may_be_silent=True),
    Case(name="nothing sent", sent=(HalfClose(),), statuses=(), source="leaving without a word deserves none"),
    Case(name="half-closed after a request", sent=(get(), HalfClose()), statuses=OK),
]

EXPECTATIONS = [
    Case(
        name="expect 100-continue",
        sent=(post(LENGTH, b"Expect: 100-continue", body=b""), Await(b"HTTP/1.1 100 Continue\r\n\r\n"), BODY),
        statuses=OK,
        fate="kept",
        reached=1,
        upstream_lacks=(b"expect",),
        source="RFC 9110 10.1.1",
    ),
    Case(
        name="expect 100-continue in capitals",
        sent=(post(LENGTH, b"EXPECT: 100-CONTINUE", body=b""), Await(b"HTTP/1.1 100 Continue\r\n\r\n"), BODY),
        statuses=OK,
        fate="kept",
        reached=1,
    ),
    Case(
        name="expect 100-continue with chunks",
        sent=(post(CHUNKED, b"Expect: 100-continue", body=b""), Await(b"HTTP/1.1 100 Continue\r\n\r\n"), CHUNKS),
        statuses=OK,
        fate="kept",
        reached=1,
    ),
    served("expect 100-continue with the body at once", post(LENGTH, b"Expect: 100-continue")),
    Case(
        name="expect 100-continue without a key",
        sent=(post(LENGTH, b"Expect: 100-continue", body=b"", base=BASE_HEADERS[:1] + BASE_HEADERS[2:]),),
        statuses=(frozenset({401}),),
        fate="either",
        answer_lacks=(b"100 continue",),
        source="the refusal comes before the body is sent for nothing",
    ),
    Case(
        name="expect 100-continue with a wrong key",
        sent=(
            post(
                LENGTH,
                b"Expect: 100-continue",
                b"x-api-key: wrong",
                body=b"",
                base=BASE_HEADERS[:1] + BASE_HEADERS[2:],
            ),
        ),
        statuses=(frozenset({401}),),
        fate="either",
        answer_lacks=(b"100 continue",),
    ),
    Case(
        name="expect something else",
        sent=(post(LENGTH, b"Expect: 200-ok"),),
        statuses=(frozenset({417}),),
        fate="either",
    ),
    Case(
        name="expect on a get",
        sent=(get(b"Expect: 100-continue"),),
        statuses=OK,
        fate="either",
        answer_lacks=(b"100 continue",),
    ),
]

TWENTY = [post(LENGTH, b"X-Marker: number-%d" % i) if i % 3 else get() for i in range(20)]

PIPELINES = [
    Case(name="twenty in one piece", sent=(b"".join(TWENTY),), statuses=OK * 20, fate="kept", reached=13),
    Case(
        name="twenty posts in one piece",
        sent=(b"".join(post(LENGTH, b"X-Marker: number-%d" % i) for i in range(20)),),
        statuses=OK * 20,
        fate="kept",
        reached=20,
    ),
    Case(name="two hundred gets in one piece", sent=(get() * 200,), statuses=OK * 200, fate="kept"),
    Case(name="get after post", sent=(post(LENGTH) + get(),), statuses=OK * 2, fate="kept", reached=1),
    Case(
        name="get after chunked post",
        sent=(post(CHUNKED, body=CHUNKS) + get(),),
        statuses=OK * 2,
        fate="kept",
        reached=1,
    ),
    Case(
        name="post after stream",
        sent=(messages_request(b"first", body=render_body(stream=True)) + messages_request(b"second"),),
        statuses=OK * 2,
        fate="kept",
        reached=2,
    ),
    Case(
        name="head then get",
        sent=(get().replace(b"GET", b"HEAD", 1) + get(),),
        statuses=OK * 2,
        fate="kept",
        methods=(b"HEAD", b"GET"),
    ),
    Case(
        name="refused without a key and then served",
        sent=(post(LENGTH, base=BASE_HEADERS[:1] + BASE_HEADERS[2:]) + post(LENGTH),),
        statuses=(frozenset({401}), frozenset({200})),
        fate="kept",
        reached=1,
        source="the refused body is read over, not read as a request",
    ),
    Case(
        name="malformed after good",
        sent=(get() + post(LENGTH) + b"GARBAGE\r\n\r\n" + get(),),
        statuses=OK * 2 + BAD,
        reached=1,
    ),
    Case(
        name="malformed after good in pieces",
        sent=(get(), post(LENGTH), Wait(), b"GARB", Wait(), b"AGE\r\n\r\n" + get()),
        statuses=OK * 2 + BAD,
        reached=1,
    ),
    Case(
        name="nothing after close",
        sent=(get(b"Connection: close") + get() + post(LENGTH),),
        statuses=OK,
        answer_has=(b"connection: close",),
    ),
    Case(
        name="one byte at a time", sent=tuple(get()[i : i + 1] for i in range(len(get()))), statuses=OK, fate="kept"
    ),
    served("head and body apart", post(LENGTH, body=b""), Wait(), BODY[:7], Wait(), BODY[7:]),
    served("cut inside CRLF", post(LENGTH)[: -len(BODY) - 3], Wait(), b"\n\r", Wait(), b"\n" + BODY),
]

CONNECTION = [
    Case(
        name="close",
        sent=(post(LENGTH, b"Connection: close"),),
        statuses=OK,
        reached=1,
        answer_has=(b"connection: close",),
        upstream_lacks=(b"connection: close",),
    ),
    Case(
        name="close in capitals among others",
        sent=(get(b"Connection: x-foo , CLOSE"),),
        statuses=OK,
        answer_has=(b"connection: close",),
    ),
    Case(name="close in a second line", sent=(get(b"Connection: keep-alive", b"Connection: close"),), statuses=OK),
    served(
        "connection names the key",
        post(LENGTH, b"Connection: api-key"),
        source="the credential was read before hop-by-hop headers go",
    ),
    served(
        "connection names the framing", post(LENGTH, b"Connection: content-length, host"), has=(b"content-length: ",)
    ),
    served(
        "connection names a header",
        post(LENGTH, b"X-Foo: secret-foo", b"X-Bar: bar", b"Connection: x-foo"),
        has=(b"x-bar: bar",),
        lacks=(b"x-foo", b"secret-foo"),
    ),
    served(
        "connection names two headers in two lines",
        post(LENGTH, b"X-Foo: 1", b"X-Bar: 2", b"Connection: X-FOO", b"Connection: keep-alive, x-bar"),
        lacks=(b"x-foo", b"x-bar"),
    ),
    served(
        "hop-by-hop headers stay",
        post(
            LENGTH,
            b"Keep-Alive: timeout=5",
            b"Proxy-Connection: keep-alive",
            b"Proxy-Authorization: Basic eDp5",
            b"Trailer: X-T",
            b"TE: gzip",
        ),
        lacks=(b"keep-alive", b"proxy-connection", b"proxy-authorization", b"trailer", b"\r\nte:"),
        source="RFC 9110 7.6.1",
    ),
    served(
        "upgrade to h2c is ignored",
        post(
            LENGTH,
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
        ),
        lacks=(b"upgrade", b"http2-settings"),
        source="RFC 9110 7.8",
    ),
    Case(
        name="upgrade to websocket is ignored",
        sent=(
            get(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: x", b"Sec-WebSocket-Version: 13")
            + get(),
        ),
        statuses=OK * 2,
        fate="kept",
    ),
    Case(
        name="a get after an upgrade that was ignored",
        sent=(post(LENGTH, b"Connection: Upgrade", b"Upgrade: h2c") + get(),),
        statuses=OK * 2,
        fate="kept",
        reached=1,
    ),
    Case(
        name="a get after a chunked upgrade that was ignored",
        sent=(post(CHUNKED, b"Connection: Upgrade", b"Upgrade: h2c", body=CHUNKS) + get(),),
        statuses=OK * 2,
        fate="kept",
        reached=1,
    ),
    served(
        "credentials and forwarding headers stay",
        post(
            LENGTH,
            b"x-api-key: " + API_KEY,
            b"X-Forwarded-For: 203.0.113.7",
            b"X-Forwarded-Host: evil",
            b"X-Forwarded-Proto: https",
            b"Forwarded: for=203.0.113.7",
            b"Via: 1.1 elsewhere",
        ),
        lacks=(API_KEY, b"x-forwarded", b"forwarded", b"203.0.113.7", b"elsewhere", HOST),
    ),
]
