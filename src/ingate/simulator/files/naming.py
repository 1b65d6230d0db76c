"""What an uploaded file is called, and what it is.

https://platform.claude.com/docs/en/build-with-claude/files: names have 1-255 characters, none of them forbidden.
"""

from __future__ import annotations

import mimetypes
import re

from ingate.simulator.storing.problem import Problem, refuse

LONGEST_NAME = 255

_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
_MEDIA_TYPE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*(?:;[\x20-\x7e]*)?\Z")
_LONGEST_TYPE = 255
_SNIFFED = 64 * 1024

_by_name = mimetypes.MimeTypes()
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def decide_filename(sent: str, mime_type: str) -> str | Problem:
    """The last component of what was sent; without one, `unnamed` and what the type is usually called."""
    name = re.split(r"[/\\]", sent)[-1]
    if not name:
        name = "unnamed" + (_by_name.guess_extension(mime_type.partition(";")[0].strip()) or "")
    return check_filename(name)


def check_filename(name: str) -> str | Problem:
    if not 1 <= len(name) <= LONGEST_NAME:
        return refuse(f"filename: must have 1 to {LONGEST_NAME} characters")
    if _FORBIDDEN.search(name):
        return refuse('filename: must not contain any of < > : " | ? * \\ / or the Unicode characters 0-31')
    return name


def check_media_type(media_type: str) -> str | Problem:
    if len(media_type) > _LONGEST_TYPE or _MEDIA_TYPE.match(media_type) is None:
        return refuse("file: its Content-Type is not a media type")
    return media_type


def detect_media_type(filename: str, content: memoryview) -> str:
    """By how it begins, then by its name, then by whether it is text."""
    start = bytes(content[:_SNIFFED])
    for signature, media_type in _SIGNATURES:
        if start.startswith(signature):
            return media_type
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    guessed, coding = _by_name.guess_type(filename)
    if guessed is not None and coding is None:
        return guessed
    return "text/plain" if _is_text(start) else "application/octet-stream"


def _is_text(start: bytes) -> bool:
    try:
        start.decode()
    except UnicodeDecodeError as error:
        if len(start) < _SNIFFED or error.start < len(start) - 3:  # more than a last character that was cut
            return False
    return b"\0" not in start
