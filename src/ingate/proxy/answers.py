"""What the proxy itself says to a client: that a tunnel is open, or in a sentence why there is none."""

from __future__ import annotations

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"

_PHRASES = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


def render_refusal(status: int, reason: str) -> bytes:
    """`reason` is text without line ends."""
    body = f"ingate proxy: {reason}\n".encode()
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
