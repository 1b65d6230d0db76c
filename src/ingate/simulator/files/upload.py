"""An upload: the form of `POST /v1/files`, checked."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.storing.listing import parse_integer
from ingate.simulator.storing.problem import Problem, refuse
from ingate.wire.multipart import MalformedForm, parse_form

from .naming import check_filename, check_media_type, decide_filename, detect_media_type

SHORTEST_LIFE = 3600
LONGEST_LIFE = 90 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    filename: str
    mime_type: str
    content: memoryview
    expires_in_seconds: int | None


def parse_upload(content_type: bytes | None, body: bytes, *, is_beta: bool, file_bytes: int) -> Upload | Problem:
    """`content_type` is the request's own. The beta knows no expiry, and detects no types."""
    form = parse_form(content_type, body)
    if isinstance(form, MalformedForm):
        return refuse(f"The request body is not a valid form: {form.reason}")
    file = next((part for part in form if part.name == "file"), None)
    if file is None or (is_beta and file.filename is None):
        return refuse("file: Field required")
    sent_name = file.filename or ""
    if len(file.content) > file_bytes:
        return Problem(error_type="request_too_large", message="Request exceeds the maximum allowed number of bytes.")
    mime_type = _decide_mime_type(file.content_type, sent_name, file.content, is_beta=is_beta)
    if isinstance(mime_type, Problem):
        return mime_type
    filename = check_filename(sent_name) if is_beta else decide_filename(sent_name, mime_type)
    if isinstance(filename, Problem):
        return filename
    sent = next((part.content for part in form if part.name == "expires_in_seconds"), None)
    expires_in = None if sent is None or is_beta else _parse_life(bytes(sent[:32]).decode("latin-1"))
    if isinstance(expires_in, Problem):
        return expires_in
    return Upload(filename=filename, mime_type=mime_type, content=file.content, expires_in_seconds=expires_in)


def _decide_mime_type(sent: str | None, filename: str, content: memoryview, *, is_beta: bool) -> str | Problem:
    if sent is not None:
        return check_media_type(sent)
    if is_beta:
        return refuse("file: its part needs a Content-Type")
    return detect_media_type(filename, content)


def _parse_life(text: str) -> int | Problem:
    seconds = parse_integer(text, "expires_in_seconds")
    if isinstance(seconds, Problem):
        return seconds
    if seconds < SHORTEST_LIFE:
        return refuse(f"expires_in_seconds: Input should be greater than or equal to {SHORTEST_LIFE}")
    if seconds > LONGEST_LIFE:
        return refuse(f"expires_in_seconds: Input should be less than or equal to {LONGEST_LIFE}")
    return seconds
