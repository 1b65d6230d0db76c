"""What a request's head must satisfy beyond what the parser checks, before anything is decided about it.

llhttp already refuses both lengths at once, repeated lengths, folded lines, bad tokens and bare line ends.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .head import RequestHead


class HeadProblem(NamedTuple):
    """Why a connection cannot go on, as status and text of its last answer."""

    status: int
    message: str


_HOST = re.compile(rb"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?\Z")
_ORIGIN_FORM = re.compile(rb"/[\x21\x22\x24-\x7e]*\Z")
"""Printable ASCII without `#`; wider than RFC 3986 where browsers are, since the query only passes through."""
_ABSOLUTE_FORM = re.compile(rb"https?://([^/?#]*)([/?].*)?\Z", re.IGNORECASE | re.DOTALL)

TOO_MANY_HEADERS = HeadProblem(431, "The request's headers are too large or too many.")
TOO_SLOW = HeadProblem(408, "The request did not arrive in time.")
TOO_MUCH_FRAMING = HeadProblem(400, "The request's chunks are mostly framing.")


def decide_head_problem(head: RequestHead) -> HeadProblem | None:
    """Also splits the target into path and query, and takes the host from a target in absolute form."""
    if head.http_version not in ("1.1", "1.0"):
        return HeadProblem(505, "Only HTTP/1.1 and HTTP/1.0 are served here.")
    if head.host is None and head.http10:
        head.host = b""
    if head.host is None or _HOST.match(head.host) is None:
        return HeadProblem(400, "A request needs exactly one valid Host header.")
    if head.transfer_encoding is not None and (head.http10 or head.transfer_encoding.strip().lower() != b"chunked"):
        return HeadProblem(400, "The only transfer coding accepted is chunked, by itself and over HTTP/1.1.")
    if head.expect is not None and head.expect.lower() != b"100-continue":
        return HeadProblem(417, "The only expectation met here is 100-continue.")
    return _split_target(head)


def _split_target(head: RequestHead) -> HeadProblem | None:
    target = head.target
    if not target.startswith(b"/"):
        absolute = _ABSOLUTE_FORM.match(target)
        if absolute is None or _HOST.match(absolute[1]) is None:
            return HeadProblem(400, "The request's target is not a path.")
        head.host = absolute[1]
        rest = absolute[2] or b"/"
        target = rest if rest.startswith(b"/") else b"/" + rest
    if _ORIGIN_FORM.match(target) is None:
        return HeadProblem(400, "The request's target holds characters that a path may not.")
    head.path, _, head.query = target.partition(b"?")
    return None
