"""The conformance and smuggling corpus: every case on its own connection, as the bytes that go over it.

References are to RFC 9110 (semantics) and RFC 9112 (HTTP/1.1). Where the RFC leaves a choice, the strict one is
expected, as the gateway stands between clients and an upstream that may read sloppily.
"""

from __future__ import annotations

from tests.support.messages_requests import (
    API_KEY,
    BASE_HEADERS,
    HOST,
    messages_request,
    render_body,
)
from tests.support.strict_http import Headers, render_chunks

from .case import Await, Case, HalfClose, Part, Wait

MAX_BODY = 32 * 1024 * 1024

OK = (frozenset({200}),)
BAD = (frozenset({400}),)
TOO_LARGE = (frozenset({413}),)
HEAD_TOO_LARGE = (frozenset({431}),)
BAD_CODING = (frozenset({400, 501}),)
"""RFC 9112 6.1: an unknown transfer coding SHOULD be answered with 501; 400 is as safe."""
BAD_VERSION = (frozenset({400, 505}),)

BODY = render_body()
SMUGGLED = b"GET /anthropic/v1/messages HTTP/1.1\r\nHost: smuggled\r\n\r\n"


def post(*lines: bytes, body: bytes = BODY, base: Headers = BASE_HEADERS, version: bytes = b"HTTP/1.1") -> bytes:
    """A POST with raw header lines: whatever the case needs to be wrong is written out in full."""
    head = [b"POST /anthropic/v1/messages " + version, *(b"%b: %b" % header for header in base), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(
    *lines: bytes, target: bytes = b"/healthz", host: bytes = b"Host: " + HOST, version: bytes = b"HTTP/1.1"
) -> bytes:
    return b"\r\n".join([b"GET %b %b" % (target, version), host, *lines]) + b"\r\n\r\n"


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = render_chunks([BODY[:10], BODY[10:]])


def _bad(name: str, sent: bytes, *more: Part, source: str = "") -> Case:
    """Not a request: 400, closed, and nothing of it upstream."""
    return Case(name=name, sent=(sent, *more), statuses=BAD, source=source)


def _served(
    name: str, sent: bytes, *more: Part, source: str = "", has: tuple[bytes, ...] = (), lacks: tuple[bytes, ...] = ()
) -> Case:
    """A legitimate Messages request: served, kept alive, one request upstream."""
    return Case(
        name=name,
        sent=(sent, *more),
        statuses=OK,
        fate="kept",
        reached=1,
        upstream_has=has,
        upstream_lacks=lacks,
        source=source,
    )


LENGTHS = [
    _bad("transfer-encoding and content-length", post(LENGTH, CHUNKED, body=CHUNKS), source="RFC 9112 6.1"),
    _bad("content-length and transfer-encoding", post(CHUNKED, LENGTH, body=CHUNKS), source="RFC 9112 6.1"),
    _bad("content-length 0 and transfer-encoding", post(b"Content-Length: 0", CHUNKED, body=CHUNKS + SMUGGLED)),
    _bad("content-length 4 and transfer-encoding", post(b"Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED)),
    _bad("content-length twice and the same", post(LENGTH, LENGTH), source="RFC 9112 6.3"),
    _bad("content-length twice and different", post(LENGTH, b"Content-Length: 3"), source="RFC 9112 6.3"),
    _bad("content-length twice with the smaller first", post(b"Content-Length: 0", LENGTH)),
    _bad("content-length as a list", post(b"Content-Length: %d, %d" % (len(BODY), len(BODY))), source="RFC 9110 8.6"),
    _bad("content-length as a list of two lengths", post(b"Content-Length: 5, %d" % len(BODY))),
    _bad("content-length with a plus", post(b"Content-Length: +%d" % len(BODY))),
    _bad("content-length with a minus", post(b"Content-Length: -1")),
    _bad("content-length with a space inside", post(b"Content-Length: 1 2")),
    _bad("content-length in hex", post(b"Content-Length: 0x10")),
    _bad("content-length with a fraction", post(b"Content-Length: %d.0" % len(BODY))),
    _bad("content-length with an underscore", post(b"Content-Length: 1_0")),
    _bad("content-length empty", post(b"Content-Length:")),
    _bad("content-length in words", post(b"Content-Length: all")),
    _bad("content-length in full-width digits", post("Content-Length: ５".encode())),
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
    _served("content-length with optional white space", post(b"Content-Length: \t %d \t" % len(BODY))),
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
    _served("chunked", post(CHUNKED, body=CHUNKS), lacks=(b"transfer-encoding: chunked\r\ncontent-length",)),
    _served("chunked in capitals", post(b"TRANSFER-ENCODING: CHUNKED", body=CHUNKS)),
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
    _bad("space before the colon of transfer-encoding", post(b"Transfer-Encoding : chunked", LENGTH)),
    _bad("folded transfer-encoding", post(b"Transfer-Encoding:\r\n chunked", LENGTH)),
    Case(
        name="transfer-encoding from HTTP/1.0",
        sent=(post(CHUNKED, body=CHUNKS, version=b"HTTP/1.0"),),
        statuses=BAD_CODING,
        source="RFC 9112 6.1",
    ),
    _served("te header", post(LENGTH, b"TE: trailers", b"Connection: TE"), lacks=(b"te: trailers",)),
]

CHUNKING = [
    _bad("chunk size over 64 bits", post(CHUNKED, body=b"1" + b"0" * 16 + b"\r\n" + BODY)),
    _bad(
        "chunk size that wraps to a small one",
        post(CHUNKED, body=b"1%016x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"),
    ),
    _bad("chunk size negative", post(CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size with a plus", post(CHUNKED, body=b"+5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size with 0x", post(CHUNKED, body=b"0x5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size with an underscore", post(CHUNKED, body=b"0_5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size empty", post(CHUNKED, body=b"\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size after a space", post(CHUNKED, body=b" 5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size before a space and a digit", post(CHUNKED, body=b"5 5\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size in words", post(CHUNKED, body=b"five\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk size ended by LF", post(CHUNKED, body=b"%x\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    _bad("chunk size ended by CR", post(CHUNKED, body=b"%x\r" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    _bad("chunk not ended", post(CHUNKED, body=b"5\r\nhelloXX0\r\n\r\n")),
    _bad("chunk ended by LF", post(CHUNKED, body=b"%x\r\n" % len(BODY) + BODY + b"\n0\r\n\r\n")),
    _bad("chunk longer than its size", post(CHUNKED, body=b"3\r\nhello\r\n0\r\n\r\n")),
    _bad("chunk ended by CR and something", post(CHUNKED, body=b"5\r\nhello\rX0\r\n\r\n")),
    _bad("last chunk ended by LF", post(CHUNKED, body=CHUNKS[:-5] + b"0\n\n")),
    _bad("last chunk ended by CRLF and LF", post(CHUNKED, body=CHUNKS[:-2] + b"\n" + b"GET / HTTP/1.1\r\n\r\n")),
    _served(
        "chunk sizes with leading zeros", post(CHUNKED, body=b"000%x\r\n" % len(BODY) + BODY + b"\r\n000\r\n\r\n")
    ),
    _served("chunk sizes in capitals", post(CHUNKED, body=b"%X\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    _served(
        "chunk extensions",
        post(CHUNKED, body=b'%x;a=b;c="d e"\r\n' % len(BODY) + BODY + b"\r\n0;last\r\n\r\n"),
        lacks=(b'c="d e"', b";last"),
        source="RFC 9112 7.1.1",
    ),
    _bad("chunk extension with a bare LF", post(CHUNKED, body=b"%x;a\nb\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    _bad("chunk extension with a bare CR", post(CHUNKED, body=b"%x;a\rb\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
    _bad("chunk extension with NUL", post(CHUNKED, body=b"%x;a\0b\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n")),
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
    _served(
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
    _served(
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
    _bad("trailer with a space before the colon", post(CHUNKED, body=CHUNKS[:-2] + b"X-Trailer : t\r\n\r\n")),
    _bad("trailer without a colon", post(CHUNKED, body=CHUNKS[:-2] + b"GET /healthz HTTP/1.1\r\n\r\n")),
    _bad("trailer ended by LF", post(CHUNKED, body=CHUNKS[:-2] + b"X-Trailer: t\n\n")),
    Case(
        name="trailers of 1 MB",
        sent=(
            post(
                CHUNKED, body=CHUNKS[:-2] + b"".join(b"X-%d: %b\r\n" % (i, b"t" * 990) for i in range(1000)) + b"\r\n"
            ),
        ),
        statuses=(frozenset({400, 413, 431}),),
    ),
    Case(
        name="body that looks like a request",
        sent=(post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED),),
        statuses=BAD,
        fate="kept",
        source="one request whose body is no JSON",
    ),
    _served("one byte a chunk", post(CHUNKED, body=render_chunks([BODY[i : i + 1] for i in range(len(BODY))]))),
]

HEADERS = [
    _bad("space before a colon", post(LENGTH, b"X-Odd : 1"), source="RFC 9112 5.1"),
    _bad("tab before a colon", post(LENGTH, b"X-Odd\t: 1")),
    _bad("space before the colon of content-length", post(b"Content-Length : %d" % len(BODY))),
    _bad("folded header", post(LENGTH, b"X-Folded: a\r\n b"), source="RFC 9112 5.2"),
    _bad("folded first header", b"POST /anthropic/v1/messages HTTP/1.1\r\n Host: " + HOST + b"\r\n\r\n"),
    _bad("NUL in a value", post(LENGTH, b"X-Odd: a\0b"), source="RFC 9110 5.5"),
    _bad("control character in a value", post(LENGTH, b"X-Odd: a\x01b")),
    _bad("escape character in a value", post(LENGTH, b"X-Odd: a\x1b[31mb")),
    _bad("DEL in a value", post(LENGTH, b"X-Odd: a\x7fb")),
    _bad("bare CR in a value", post(LENGTH, b"X-Odd: a\rX-Smuggled: b")),
    _bad("bare CR before the line's end", post(LENGTH, b"X-Odd: a\r")),
    _bad("bare LF in a value", post(LENGTH, b"X-Odd: a\nX-Smuggled: b")),
    _bad("NUL in a name", post(LENGTH, b"X-O\0dd: a")),
    _bad("space in a name", post(LENGTH, b"X Odd: a")),
    _bad("parenthesis in a name", post(LENGTH, b"X-(Odd): a")),
    _bad("letter outside ASCII in a name", post(LENGTH, "X-Ödd: a".encode())),
    _bad("header without a name", post(LENGTH, b": a")),
    _bad("header without a colon", post(LENGTH, b"X-Odd")),
    _bad("quoted name", post(LENGTH, b'"X-Odd": a')),
    _served(
        "letters outside ASCII in a value",
        post(LENGTH, b"X-Odd: caf\xc3\xa9 \xff"),
        has=(b"x-odd: caf\xc3\xa9 \xff",),
        source="RFC 9110 5.5, obs-text",
    ),
    _served("empty value", post(LENGTH, b"X-Empty:"), has=(b"\r\nx-empty:",)),
    _served("no header to forward but the version", messages_request(base=BASE_HEADERS[:3])),
    _served("underscores in a name", post(LENGTH, b"content_length: 3", b"transfer_encoding: chunked")),
    _bad("heads ended by LF", post(LENGTH).replace(b"\r\n", b"\n"), source="RFC 9112 2.2 leaves a choice"),
    _bad("request line ended by LF", post(LENGTH).replace(b"\r\n", b"\n", 1)),
    _bad("header ended by LF", post(LENGTH, b"X-Odd: a\nX-Odd2: b")),
    _bad("head ended by LF", post(LENGTH).replace(b"\r\n\r\n", b"\r\n\n")),
    _bad("head ended by LF and CRLF", get().replace(b"\r\n\r\n", b"\n\r\n")),
    _bad("request line ended by CR", post(LENGTH).replace(b"\r\n", b"\r", 1)),
    _bad("no Host in HTTP/1.1", post(LENGTH, base=BASE_HEADERS[1:]), source="RFC 9112 3.2"),
    _bad("no header at all in HTTP/1.1", b"GET /healthz HTTP/1.1\r\n\r\n"),
    _bad("Host twice and the same", get(b"Host: " + HOST), source="RFC 9112 3.2"),
    _bad("Host twice and different", post(LENGTH, b"Host: other.localhost")),
    _bad("Host with a space", get(host=b"Host: a b")),
    _bad("Host with a slash", get(host=b"Host: a/b")),
    _bad("Host with a user", get(host=b"Host: user@localhost")),
    _bad("Host as a list", get(host=b"Host: localhost, other.localhost")),
    _bad("Host with an odd port", get(host=b"Host: localhost:80x")),
    _bad("Host with a question mark", get(host=b"Host: localhost?x")),
    Case(name="Host outside ASCII", sent=(get(host="Host: lokál".encode()),), statuses=BAD),
    Case(name="Host empty", sent=(get(host=b"Host:"),), statuses=(frozenset({200, 400}),), fate="either"),
    Case(name="Host as an IPv6 address", sent=(get(host=b"Host: [::1]:8080"),), statuses=OK, fate="kept"),
    Case(
        name="header of 1 MB",
        sent=(post(LENGTH, b"X-Large: " + b"a" * 1_000_000),),
        statuses=HEAD_TOO_LARGE,
        source="RFC 6585 5",
    ),
    Case(name="header name of 1 MB", sent=(post(LENGTH, b"X" * 1_000_000 + b": a"),), statuses=HEAD_TOO_LARGE),
    Case(
        name="header that never ends",
        sent=(b"GET /healthz HTTP/1.1\r\nX-Large: " + b"a" * 1_000_000,),
        statuses=HEAD_TOO_LARGE,
    ),
    Case(name="2,000 headers", sent=(post(LENGTH, *(b"X-%d: a" % i for i in range(2000))),), statuses=HEAD_TOO_LARGE),
    Case(
        name="100,000 headers",
        sent=(post(LENGTH, *(b"X-%d: a" % i for i in range(100_000))),),
        statuses=HEAD_TOO_LARGE,
    ),
    _served("50 headers of 100 bytes", post(LENGTH, *(b"X-%d: %b" % (i, b"a" * 100) for i in range(50)))),
]

TARGETS = [
    Case(
        name="absolute form",
        sent=(get(target=b"http://localhost/healthz"),),
        statuses=OK,
        fate="kept",
        source="RFC 9112 3.2.2",
    ),
    Case(
        name="absolute form of the messages path",
        sent=(post(LENGTH).replace(b"POST /", b"POST http://" + HOST + b"/", 1),),
        statuses=OK,
        fate="kept",
        reached=1,
        upstream_has=(b"post /v1/messages http/1.1\r\n",),
    ),
    Case(
        name="absolute form of another host",
        sent=(post(LENGTH).replace(b"POST /", b"POST http://203.0.113.1/", 1),),
        statuses=(frozenset({200, 400, 401, 404}),),
        fate="either",
        reached=(0, 1),
        upstream_lacks=(b"203.0.113.1",),
        source="nothing but the configured upstream is ever contacted",
    ),
    Case(
        name="absolute form of another scheme",
        sent=(get(target=b"gopher://localhost/healthz"),),
        statuses=(frozenset({200, 400, 404}),),
        fate="either",
    ),
    Case(
        name="authority form",
        sent=(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n" + SMUGGLED,),
        statuses=(frozenset({400, 404, 405, 501}),),
    ),
    Case(name="authority form with GET", sent=(get(target=b"localhost:80"),), statuses=BAD),
    Case(
        name="asterisk",
        sent=(b"OPTIONS * HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n",),
        statuses=(frozenset({200, 204, 400, 404, 405}),),
        fate="either",
    ),
    Case(name="asterisk with GET", sent=(get(target=b"*"),), statuses=(frozenset({400, 404}),), fate="either"),
    Case(name="fragment", sent=(get(target=b"/healthz#top"),), statuses=BAD),
    Case(name="target outside ASCII", sent=(get(target="/healthz/ü".encode()),), statuses=BAD),
    Case(
        name="query outside ASCII",
        sent=(post(LENGTH).replace(b"messages ", "messages?q=ü ".encode(), 1),),
        statuses=BAD,
    ),
    Case(name="space in the target", sent=(get(target=b"/health z"),), statuses=BAD),
    Case(
        name="two spaces in the request line",
        sent=(get(target=b" /healthz"),),
        statuses=(frozenset({200, 400}),),
        fate="either",
        source="RFC 9112 3 leaves the choice, and the target is serialised anew for the upstream",
    ),
    Case(name="tab in the request line", sent=(b"GET\t/healthz\tHTTP/1.1\r\nHost: a\r\n\r\n",), statuses=BAD),
    Case(name="NUL in the target", sent=(get(target=b"/heal\0thz"),), statuses=BAD),
    Case(name="control character in the target", sent=(get(target=b"/heal\x01thz"),), statuses=BAD),
    Case(name="no slash in the target", sent=(get(target=b"healthz"),), statuses=BAD),
    Case(name="no target", sent=(b"GET HTTP/1.1\r\nHost: a\r\n\r\n",), statuses=BAD),
    Case(name="target of 100 KB", sent=(get(target=b"/" + b"a" * 100_000),), statuses=(frozenset({414, 431}),)),
    Case(name="target of 1 MB", sent=(get(target=b"/" + b"a" * 1_000_000),), statuses=(frozenset({414, 431}),)),
    Case(
        name="query goes upstream as it is",
        sent=(post(LENGTH).replace(b"messages ", b"messages?beta=true&x=%0d%0aX-Smuggled:%201&y=a+b ", 1),),
        statuses=OK,
        fate="kept",
        reached=1,
        upstream_has=(b"post /v1/messages?beta=true&x=%0d%0ax-smuggled:%201&y=a+b http/1.1\r\n",),
    ),
    *(
        Case(
            name=f"path {path}",
            sent=(post(LENGTH).replace(b"/anthropic/v1/messages", path.encode(), 1),),
            statuses=(frozenset({400, 404}),),
            fate="either",
        )
        for path in (
            "//anthropic/v1/messages",
            "/anthropic//v1/messages",
            "/anthropic/v1/../v1/messages",
            "/anthropic/%76%31/messages",
            "/anthropic/v1/messages%2f..%2fbatches",
            "/Anthropic/v1/Messages",
            "/anthropic/v1/messages;x=1",
            "/anthropic/v1/messages/batches",
            "/anthropic/v1/models",
        )
    ),
]

METHODS = [
    _bad("method with a parenthesis", get().replace(b"GET", b"G(T", 1)),
    _bad("method with a control character", get().replace(b"GET", b"G\x01T", 1)),
    Case(
        name="unknown method",
        sent=(get().replace(b"GET", b"BREW", 1),),
        statuses=(frozenset({400, 404, 405, 501}),),
        fate="either",
    ),
    Case(
        name="method in lower case",
        sent=(get().replace(b"GET", b"get", 1),),
        statuses=(frozenset({400, 404, 405, 501}),),
        fate="either",
        source="RFC 9110 9.1",
    ),
    Case(
        name="post in lower case",
        sent=(post(LENGTH).replace(b"POST", b"post", 1),),
        statuses=(frozenset({400, 404, 405, 501}),),
        fate="either",
    ),
    Case(
        name="method of 100 KB",
        sent=(b"A" * 100_000 + b" / HTTP/1.1\r\n\r\n",),
        statuses=(frozenset({400, 405, 431, 501}),),
    ),
    Case(
        name="get of the messages path",
        sent=(get(b"api-key: " + API_KEY, target=b"/anthropic/v1/messages"),),
        statuses=(frozenset({404, 405}),),
        fate="kept",
    ),
    Case(
        name="head of healthz",
        sent=(get().replace(b"GET", b"HEAD", 1),),
        statuses=OK,
        fate="kept",
        methods=(b"HEAD",),
        source="RFC 9110 9.3.2",
    ),
    Case(
        name="head of the messages path",
        sent=(get(b"api-key: " + API_KEY, target=b"/anthropic/v1/messages").replace(b"GET", b"HEAD", 1),),
        statuses=(frozenset({404, 405}),),
        fate="kept",
        methods=(b"HEAD",),
    ),
    Case(
        name="trace",
        sent=(get(b"Cookie: secret").replace(b"GET", b"TRACE", 1),),
        statuses=(frozenset({400, 404, 405, 501}),),
        fate="either",
        answer_lacks=(b"secret",),
    ),
]

VERSIONS = [
    Case(name="HTTP/0.9", sent=(b"GET /healthz\r\n\r\n",), statuses=BAD_VERSION),
    Case(name="HTTP/1.2", sent=(get(version=b"HTTP/1.2"),), statuses=BAD_VERSION),
    Case(name="HTTP/2.0 in a request line", sent=(get(version=b"HTTP/2.0"),), statuses=BAD_VERSION),
    Case(name="HTTP/9.9", sent=(get(version=b"HTTP/9.9"),), statuses=BAD_VERSION),
    Case(name="HTTP/0.9 in a request line", sent=(get(version=b"HTTP/0.9"),), statuses=BAD_VERSION),
    Case(name="HTTP/1.10", sent=(get(version=b"HTTP/1.10"),), statuses=BAD_VERSION),
    Case(name="HTTP/01.1", sent=(get(version=b"HTTP/01.1"),), statuses=BAD_VERSION),
    Case(name="http/1.1 in lower case", sent=(get(version=b"http/1.1"),), statuses=BAD_VERSION),
    Case(name="HTTPS/1.1", sent=(get(version=b"HTTPS/1.1"),), statuses=BAD_VERSION),
    Case(name="ICE/1.0", sent=(get(version=b"ICE/1.0"),), statuses=BAD_VERSION),
    Case(
        name="RTSP/1.0",
        sent=(get(version=b"RTSP/1.0"),),
        statuses=(frozenset({200, 400, 505}),),
        fate="either",
        source="llhttp reads it as HTTP/1.0 and does not tell; nothing of it goes on",
    ),
    Case(name="space after the version", sent=(get(version=b"HTTP/1.1 "),), statuses=BAD_VERSION),
    Case(
        name="HTTP/2 preface",
        sent=(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",),
        statuses=BAD_VERSION,
    ),
    Case(name="garbage", sent=(bytes(range(256)) * 4,), statuses=BAD),
    Case(
        name="a TLS greeting on the plain port",
        sent=(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512),),
        statuses=BAD,
        may_be_silent=True,
    ),
    Case(
        name="an answer instead of a request", sent=(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",), statuses=BAD
    ),
    Case(name="a proxy protocol line", sent=(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get(),), statuses=BAD),
    Case(name="one empty line first", sent=(b"\r\n" + get(),), statuses=OK, fate="kept", source="RFC 9112 2.2"),
    Case(
        name="one empty line between requests",
        sent=(post(LENGTH) + b"\r\n" + get(),),
        statuses=OK * 2,
        fate="kept",
        reached=1,
    ),
    Case(
        name="100 KB of empty lines",
        sent=(b"\r\n" * 50_000 + get(),),
        statuses=(frozenset({200, 400, 431}),),
        fate="either",
    ),
    Case(
        name="HTTP/1.0",
        sent=(post(LENGTH, version=b"HTTP/1.0"),),
        statuses=OK,
        reached=1,
        answer_lacks=(b"transfer-encoding",),
        upstream_has=(b" http/1.1\r\n",),
    ),
    Case(name="HTTP/1.0 without Host", sent=(b"GET /healthz HTTP/1.0\r\n\r\n",), statuses=OK),
    Case(
        name="HTTP/1.0 with keep-alive",
        sent=(post(LENGTH, b"Connection: keep-alive", version=b"HTTP/1.0"),),
        statuses=OK,
        fate="either",
        reached=1,
        answer_lacks=(b"transfer-encoding",),
    ),
    Case(
        name="HTTP/1.0 stream",
        sent=(
            post(
                b"Content-Length: %d" % len(render_body(stream=True)),
                body=render_body(stream=True),
                version=b"HTTP/1.0",
            ),
        ),
        statuses=OK,
        reached=1,
        answer_lacks=(b"transfer-encoding",),
        answer_has=(b"message_stop",),
    ),
    Case(
        name="HTTP/1.0 stream with keep-alive",
        sent=(
            post(
                b"Content-Length: %d" % len(render_body(stream=True)),
                b"Connection: keep-alive",
                body=render_body(stream=True),
                version=b"HTTP/1.0",
            ),
        ),
        statuses=OK,
        reached=1,
        answer_lacks=(b"transfer-encoding", b"keep-alive"),
        answer_has=(b"message_stop",),
        source="a stream without chunks ends with its connection",
    ),
    Case(
        name="HTTP/1.0 ignores Expect",
        sent=(post(LENGTH, b"Expect: 100-continue", version=b"HTTP/1.0"),),
        statuses=OK,
        reached=1,
        source="RFC 9110 10.1.1",
    ),
]

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
    _served("expect 100-continue with the body at once", post(LENGTH, b"Expect: 100-continue")),
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
    _served("head and body apart", post(LENGTH, body=b""), Wait(), BODY[:7], Wait(), BODY[7:]),
    _served("cut inside CRLF", post(LENGTH)[: -len(BODY) - 3], Wait(), b"\n\r", Wait(), b"\n" + BODY),
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
    _served(
        "connection names the key",
        post(LENGTH, b"Connection: api-key"),
        source="the credential was read before hop-by-hop headers go",
    ),
    _served(
        "connection names the framing", post(LENGTH, b"Connection: content-length, host"), has=(b"content-length: ",)
    ),
    _served(
        "connection names a header",
        post(LENGTH, b"X-Foo: secret-foo", b"X-Bar: bar", b"Connection: x-foo"),
        has=(b"x-bar: bar",),
        lacks=(b"x-foo", b"secret-foo"),
    ),
    _served(
        "connection names two headers in two lines",
        post(LENGTH, b"X-Foo: 1", b"X-Bar: 2", b"Connection: X-FOO", b"Connection: keep-alive, x-bar"),
        lacks=(b"x-foo", b"x-bar"),
    ),
    _served(
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
    _served(
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
    _served(
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

CORPUS: tuple[Case, ...] = (
    *LENGTHS,
    *CODINGS,
    *CHUNKING,
    *HEADERS,
    *TARGETS,
    *METHODS,
    *VERSIONS,
    *BODIES,
    *EXPECTATIONS,
    *PIPELINES,
    *CONNECTION,
)
