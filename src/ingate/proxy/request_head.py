"""What a client asks of a proxy: a request line in CONNECT's form or the absolute one (RFC 9112, section 3.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_BYTES = 16 * 1024
"""The longest head."""

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]{1,4096}) HTTP/1\.([01])")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
_HOST = re.compile(r"(?=.{1,253}\.?$)[0-9a-z]([0-9a-z-]*[0-9a-z])?(\.[0-9a-z]([0-9a-z-]*[0-9a-z])?)*\.?")
_ADDRESS = re.compile(r"\[([0-9a-f:.]{2,45})\]")
_NOT_PASSED_ON = frozenset({b"connection", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"host"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A tunnel to a host."""

    host: str
    """Lower case, without a dot at its end; an IPv6 address without brackets."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRequest:
    """An http request for the proxy to make."""

    host: str
    port: int
    head: bytes
    """As its host is to receive it: in origin form, for one request alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """What the client sent is no request that a proxy can serve."""

    reason: str


def parse_request_head(head: bytes) -> Connect | PlainRequest | Malformed:
    """`head` without the empty line at its end. Credentials for a proxy are not looked at: this one asks for none."""
    line, *fields = head.split(b"\r\n")
    found = _LINE.fullmatch(line)
    if found is None or not all(_FIELD.fullmatch(field) for field in fields):
        return Malformed(reason="this is no HTTP/1.0 or HTTP/1.1 request")
    method, target, minor = found.groups()
    if method == b"CONNECT":
        return _parse_connect(target.decode("ascii"))
    return _parse_absolute(method, target.decode("ascii"), minor, fields)


def _parse_connect(target: str) -> Connect | Malformed:
    host, separator, digits = target.rpartition(":")
    name, port = parse_host(host), _parse_port(digits)
    if not separator or name is None or port is None:
        return Malformed(reason="CONNECT needs HOST:PORT")
    return Connect(host=name, port=port)


def _parse_absolute(method: bytes, target: str, minor: bytes, fields: list[bytes]) -> PlainRequest | Malformed:
    try:
        parts = urlsplit(target)
        port = parts.port if parts.port is not None else 80
    except ValueError:
        return Malformed(reason="the request's address is malformed")
    if parts.scheme != "http":
        return Malformed(reason="this is a proxy: it takes CONNECT HOST:PORT, or http:// addresses")
    authority = parts.netloc.rpartition("@")[2]
    name = parse_host(authority.removesuffix(f":{parts.port}"))
    if name is None or not 0 < port < 65536:
        return Malformed(reason="the request's address names no host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [field for field in fields if field.partition(b":")[0].lower() not in _NOT_PASSED_ON]
    line = b"%s %s HTTP/1.%s" % (method, path.encode("ascii"), minor)
    lines = [line, b"Host: " + authority.encode("ascii"), *kept, b"Connection: close"]
    return PlainRequest(host=name, port=port, head=b"\r\n".join(lines) + b"\r\n\r\n")


def parse_host(text: str) -> str | None:
    lowered = text.lower()
    if found := _ADDRESS.fullmatch(lowered):
        return found.group(1)
    return lowered.removesuffix(".") if _HOST.fullmatch(lowered) else None


def _parse_port(digits: str) -> int | None:
    port = int(digits) if re.fullmatch(r"[0-9]{1,5}", digits) else 0
    return port if 0 < port < 65536 else None
