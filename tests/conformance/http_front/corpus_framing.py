"""Where a body ends: lengths, transfer codings, chunks."""

from __future__ import annotations

from tests.support.messages_requests import API_KEY, BASE_HEADERS, render_body
from tests.support.strict_http import render_chunks

from .case import Case
from .corpus_parts import BAD, BAD_CODING, BODY, CHUNKED, CHUNKS, LENGTH, SMUGGLED, get, post, refused, served

LENGTHS = [
    refused("transfer-encoding and content-length", post(LENGTH, CHUNKED, body=CHUNKS), source="RFC 9112 6.1"),
    refused("content-length and transfer-encoding", post(CHUNKED, LENGTH, body=CHUNKS), source="RFC 9112 6.1"),
    refused("content-length 0 and transfer-encoding", post(b"Content-Length: 0", CHUNKED, body=CHUNKS + SMUGGLED)),
    refused(
        "content-length 4 and transfer-encoding", post(b"Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED)
    ),
    refused("content-length twice and the same", post(LENGTH, LENGTH), source="RFC 9112 6.3"),
    refused("content-length twice and different", post(LENGTH, b"Content-Length: 3"), source="RFC 9112 6.3"),
    refused("content-length twice with the smaller first", post(b"Content-Length: 0", LENGTH)),
    refused(
        "content-length as a list", post(b"Content-Length: %d, %d" % (len(BODY), len(BODY))), source="RFC 9110 8.6"
    ),
    refused("content-length as a list of two lengths", post(b"Content-Length: 5, %d" % len(BODY))),
    refused("content-length with a plus", post(b"Content-Length: +%d" % len(BODY))),
    refused("content-length with a minus", post(b"Content-Length: -1")),
    refused("content-length with a space inside", post(b"Content-Length: 1 2")),
    refused("content-length in hex", post(b"Content-Length: 0x10")),
    refused("content-length with a fraction", post(b"Content-Length: %d.0" % len(BODY))),
    refused("content-length with an underscore", post(b"Content-Length: 1_0")),
    refused("content-length empty", post(b"Content-Length:")),
    refused("content-length in words", post(b"Content-Length: all")),
    refused("content-length in full-width digits", post("Content-Length: ５".encode())),
    Case(
        name="content-length over 64 bits",
        sent=(post(b"Content-Length: 18446744073709551621"),),
        statuses=(frozenset({400, 413}),),
    ),
    Case(
        name="content-length of a hundred digits",
        sent=(post(b"Content-Length: " + b"9" * 100),),
        statuses=(frozenset({400, 413}),),
    ),
    served("content-length with optional white space", post(b"Content-Length: \t %d \t" % len(BODY))),
    Case(
        name="content-length 0",
        sent=(post(b"Content-Length: 0", body=b""),),
        statuses=BAD,
        fate="kept",
        source="a well-framed request whose empty body is no JSON",
    ),
    Case(name="post without a body", sent=(post(body=b""),), statuses=(frozenset({400, 411}),), fate="either"),
    Case(
        name="get with a body",
        sent=(get(b"Content-Length: 5") + b"12345",),
        statuses=(frozenset({200, 400}),),
        fate="either",
    ),
]

CODINGS = [
    served("chunked", post(CHUNKED, body=CHUNKS), lacks=(b"transfer-encoding: chunked\r\ncontent-length",)),
    served("chunked in capitals", post(b"TRANSFER-ENCODING: CHUNKED", body=CHUNKS)),
    Case(name="xchunked", sent=(post(b"Transfer-Encoding: xchunked", body=CHUNKS),), statuses=BAD_CODING),
    Case(
        name="chunked twice", sent=(post(b"Transfer-Encoding: chunked, chunked", body=CHUNKS),), statuses=BAD_CODING
    ),
    Case(name="chunked in two lines", sent=(post(CHUNKED, CHUNKED, body=CHUNKS),), statuses=BAD_CODING),
    Case(
        name="gzip then chunked", sent=(post(b"Transfer-Encoding: gzip, chunked", body=CHUNKS),), statuses=BAD_CODING
    ),
    Case(
        name="chunked then gzip", sent=(post(b"Transfer-Encoding: chunked, gzip", body=CHUNKS),), statuses=BAD_CODING
    ),
    Case(
        name="gzip and chunked in two lines",
        sent=(post(b"Transfer-Encoding: gzip", CHUNKED, body=CHUNKS),),
        statuses=BAD_CODING,
    ),
    Case(name="identity coding", sent=(post(b"Transfer-Encoding: identity", LENGTH),), statuses=BAD_CODING),
    Case(
        name="identity then chunked",
        sent=(post(b"Transfer-Encoding: identity, chunked", body=CHUNKS),),
        statuses=BAD_CODING,
    ),
    Case(name="coding empty", sent=(post(b"Transfer-Encoding:", LENGTH),), statuses=BAD_CODING),
    Case(name="coding empty without length", sent=(post(b"Transfer-Encoding:", body=CHUNKS),), statuses=BAD_CODING),
    Case(name="chunked in quotes", sent=(post(b'Transfer-Encoding: "chunked"', body=CHUNKS),), statuses=BAD_CODING),
    Case(
        name="chunked with a parameter",
        sent=(post(b"Transfer-Encoding: chunked;q=1", body=CHUNKS),),
        statuses=BAD_CODING,
    ),
    Case(
        name="chunked before a comma", sent=(post(b"Transfer-Encoding: chunked,", body=CHUNKS),), statuses=BAD_CODING
    ),
    Case(
        name="chunked with vertical tab", sent=(post(b"Transfer-Encoding: \x0bchunked", body=CHUNKS),), statuses=BAD
    ),
    Case(
        name="chunked with a letter outside ASCII",
        sent=(post("Transfer-Encoding: chun\u212aed".encode(), body=CHUNKS),),
        statuses=BAD_CODING,
    ),
    Case(
        name="chunked with tabs around it",
        sent=(post(b"Transfer-Encoding: \tchunked\t ", body=CHUNKS),),
        statuses=(frozenset({200, 400}),),
        fate="either",
        reached=(0, 1),
        source="RFC 9110 5.5 allows the white space; refusing it is safe",
    ),
    refused("space before the colon of transfer-encoding", post(b"Transfer-Encoding : chunked", LENGTH)),
    refused("folded transfer-encoding", post(b"Transfer-Encoding:\r\n chunked", LENGTH)),
    Case(
        name="transfer-encoding from HTTP/1.0",
        sent=(post(CHUNKED, body=CHUNKS, version=b"HTTP/1.0"),),
        statuses=BAD_CODING,
        source="RFC 9112 6.1",
    ),
    served("te header", post(LENGTH, b"TE: trailers", b"Connection: TE"), lacks=(b"te: trailers",)),
]

TRAILERS = b"".join(b"X-%d: %b\r\n" % (i, b"t" * 990) for i in range(1000))
"""About 1 MB."""

CHUNKING = [
    refused("chunk size over 64 bits", post(CHUNKED, body=b"1" + b"0" * 16 + b"\r\n" + BODY)),
    refused(
        "chunk size that wraps to a small one",
        post(CHUNKED, body=b"1%016x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    ),
    refused("chunk size negative", post(CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size with a plus", post(CHUNKED, body=b"+5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size with 0x", post(CHUNKED, body=b"0x5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size with an underscore", post(CHUNKED, body=b"0_5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size empty", post(CHUNKED, body=b"\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size after a space", post(CHUNKED, body=b" 5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size before a space and a digit", post(CHUNKED, body=b"5 5\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size in words", post(CHUNKED, body=b"five\r\nhello\r\n0\r\n\r\n")),
    refused("chunk size ended by LF", post(CHUNKED, body=b"%x\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    refused("chunk size ended by CR", post(CHUNKED, body=b"%x\r" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    refused("chunk not ended", post(CHUNKED, body=b"5\r\nhelloXX0\r\n\r\n")),
    refused("chunk ended by LF", post(CHUNKED, body=b"%x\r\n" % len(BODY) + BODY + b"\n0\r\n\r\n")),
    refused("chunk longer than its size", post(CHUNKED, body=b"3\r\nhello\r\n0\r\n\r\n")),
    refused("chunk ended by CR and something", post(CHUNKED, body=b"5\r\nhello\rX0\r\n\r\n")),
    refused("last chunk ended by LF", post(CHUNKED, body=CHUNKS[:-5] + b"0\n\n")),
    refused("last chunk ended by CRLF and LF", post(CHUNKED, body=CHUNKS[:-2] + b"\n" + b"GET / HTTP/1.1\r\n\r\n")),
    served(
        "chunk sizes with leading zeros", post(CHUNKED, body=b"000%x\r\n" % len(BODY) + BODY + b"\r\n000\r\n\r\n")
    ),
    served("chunk sizes in capitals", post(CHUNKED, body=b"%X\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    served(
        "chunk extensions",
        post(CHUNKED, body=b'%x;a=b;c="d e"\r\n' % len(BODY) + BODY + b"\r\n0;last\r\n\r\n"),
        lacks=(b'c="d e"', b";last"),
        source="RFC 9112 7.1.1",
    ),
    refused(
        "chunk extension with a bare LF", post(CHUNKED, body=b"%x;a\nb\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")
    ),
    refused(
        "chunk extension with a bare CR", post(CHUNKED, body=b"%x;a\rb\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")
    ),
    refused("chunk extension with NUL", post(CHUNKED, body=b"%x;a\0b\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    Case(
        name="chunk extension of 3 MB",
        sent=(post(CHUNKED, body=b"%x;" % len(BODY)), *[b"e" * 1_000_000] * 3, b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
        statuses=(frozenset({400, 413, 431}),),
    ),
    Case(
        name="chunk extensions of 2 MB in all",
        sent=(post(CHUNKED, body=b"".join(b"1;%b\r\n%c\r\n" % (b"e" * 20_000, c) for c in BODY) + b"0\r\n\r\n"),),
        statuses=(frozenset({400, 413, 431}),),
    ),
    served(
        "trailers are dropped",
        post(CHUNKED, body=CHUNKS[:-2] + b"X-Trailer: t\r\nHost: other\r\n\r\n"),
        lacks=(b"x-trailer", b"host: other"),
        source="RFC 9110 6.5.1",
    ),
    *(
        Case(
            name=f"{name} in a trailer",
            sent=(post(CHUNKED, body=CHUNKS[:-2] + trailer + b"\r\n\r\n") + get(),),
            statuses=(frozenset({200, 400}),),
            fate="either",
            reached=(0, 1),
            may_be_followed=True,
            source="RFC 9110 6.5.1: never framing; refusing it is safe",
        )
        for name, trailer in {
            "content-length": b"Content-Length: 5",
            "transfer-encoding": b"Transfer-Encoding: chunked",
            "upgrade": b"Upgrade: h2c\r\nConnection: upgrade",
            "expect": b"Expect: 100-continue",
            "connection": b"Connection: close",
        }.items()
    ),
    served(
        "trailers that were announced",
        post(CHUNKED, b"Trailer: X-Trailer", body=CHUNKS[:-2] + b"X-Trailer: t\r\n\r\n"),
        lacks=(b"x-trailer: t",),
    ),
    Case(
        name="a key in a trailer is no key",
        sent=(
            post(
                CHUNKED,
                body=CHUNKS[:-2] + b"api-key: " + API_KEY + b"\r\n\r\n",
                base=tuple(h for h in BASE_HEADERS if h[0] != b"api-key"),
            ),
        ),
        statuses=(frozenset({401}),),
        fate="either",
    ),
    refused("trailer with a space before the colon", post(CHUNKED, body=CHUNKS[:-2] + b"X-Trailer : t\r\n\r\n")),
    refused("trailer without a colon", post(CHUNKED, body=CHUNKS[:-2] + b"GET /healthz HTTP/1.1\r\n\r\n")),
    refused("trailer ended by LF", post(CHUNKED, body=CHUNKS[:-2] + b"X-Trailer: t\n\n")),
    Case(
        name="trailers of 3 MB",
        sent=(post(CHUNKED, body=CHUNKS[:-2]), *[TRAILERS] * 3, b"\r\n"),
        statuses=(frozenset({400, 413, 431}),),
    ),
    Case(
        name="trailers of 10 MB after a body of 1 MB",
        sent=(post(CHUNKED, body=render_chunks([render_body(text="x" * 1_000_000)])[:-2]), *[TRAILERS] * 10, b"\r\n"),
        statuses=(frozenset({400, 413, 431}),),
        source="what is read over must not be kept: a large body earns no large trailer",
    ),
    Case(
        name="body that looks like a request",
        sent=(post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),),
        statuses=BAD,
        fate="kept",
        source="one request whose body is no JSON",
    ),
    served("one byte a chunk", post(CHUNKED, body=render_chunks([BODY[i : i + 1] for i in range(len(BODY))]))),
]
