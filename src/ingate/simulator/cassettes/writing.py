"""Writes cassettes: an exchange as it passed, redacted, in two files that only their owner may read."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import msgspec

from ingate.simulator.incoming import Header
from ingate.simulator.json_value import JsonObject, is_object
from ingate.wire.content_coding import ContentReader

from .cassette import FORMAT
from .redaction import Redaction
from .stream_redaction import redact_bytes, redact_stream
from .yaml_text import render_yaml

REQUEST_HEADERS = frozenset(("anthropic-version", "anthropic-beta", "content-type"))
ANSWER_HEADERS = frozenset(
    ("content-type", "cache-control", "request-id", "retry-after", "retry-after-ms", "x-should-retry")
)
ANSWER_HEADER_PREFIX = "anthropic-ratelimit-"
"""What is kept of headers; the rest may name an account, or unlock one."""

QUERY_PARAMETERS = frozenset(("beta", "api-version"))
"""Likewise of the query."""

DECODED_BYTES = 64 * 1024 * 1024
"""The longest answer that is kept, content coding undone."""

_NUMBERED = re.compile(r"(\d+)-")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class NotKept(Exception):
    """An exchange that cannot be written so that it could be replayed. The text says why, and quotes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedExchange:
    """A whole exchange as it passed."""

    started_at: float
    """Seconds since 1970."""
    deployment_name: str
    method: bytes
    path: bytes
    query: bytes
    request_headers: Sequence[Header]
    request_body: bytes
    status: int
    answer_headers: Sequence[Header]
    answer_body: bytes


class CassetteFolder:
    """Adds to what is in the folder. For one thread, and one process at a time."""

    def __init__(self, folder: Path, *, redaction: Redaction, recorded_by: str) -> None:
        """Makes the folder if need be. `recorded_by` names the program and its version. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._redaction = redaction
        self._recorded_by = recorded_by

    def keep(self, exchange: PassedExchange) -> Path:
        """Writes it, and gives back its cassette's path. Raises NotKept, OSError, and what the redaction raises; then
        nothing of it is left."""
        request = self._render_request(exchange)
        content = self._redact_answer(exchange, _decode(exchange))
        answer_file = self._put_answer(exchange, content)
        path = answer_file.with_suffix(".yaml")
        document: JsonObject = {
            "cassette": FORMAT,
            "recorded_at": datetime.fromtimestamp(exchange.started_at, UTC).isoformat(timespec="milliseconds"),
            "recorded_by": self._recorded_by,
            "deployment": exchange.deployment_name,
            "request": request,
            "response": {
                "status": exchange.status,
                "headers": self._select(exchange.answer_headers, ANSWER_HEADERS, ANSWER_HEADER_PREFIX),
                "file": answer_file.name,
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        }
        try:
            _write_new(path, render_yaml(document))
        except BaseException:  # whatever it is, half a cassette must not stay
            answer_file.unlink(missing_ok=True)
            raise
        return path

    def _render_request(self, exchange: PassedExchange) -> JsonObject:
        try:
            body: object = msgspec.json.decode(exchange.request_body)
        except (msgspec.DecodeError, UnicodeError):
            raise NotKept("its request is not JSON") from None
        if not is_object(body):
            raise NotKept("its request is not a JSON object")
        query = self._redaction.redact_text(_select_parameters(exchange.query))
        return {
            "method": exchange.method.decode("latin-1"),
            "path": exchange.path.decode("latin-1"),
            **({"query": query} if query else {}),
            "headers": self._select(exchange.request_headers, REQUEST_HEADERS),
            "body": self._redaction.redact_request(body),
        }

    def _select(self, headers: Sequence[Header], names: frozenset[str], prefix: str | None = None) -> JsonObject:
        """Repeated headers are one list (RFC 9110 section 5.3)."""
        selected: dict[str, str] = {}
        for raw_name, raw_value in headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name in names or (prefix is not None and name.startswith(prefix)):
                selected[name] = f"{selected[name]}, {value}" if name in selected else value
        return {name: self._redaction.redact_text(value) for name, value in selected.items()}

    def _redact_answer(self, exchange: PassedExchange, content: bytes) -> bytes:
        """The same bytes, unless something has to be taken out."""
        if _get_suffix(exchange.answer_headers) == ".sse":
            return redact_stream(content, self._redaction)
        try:
            value: object = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return redact_bytes(content, self._redaction)
        redacted = self._redaction.redact_answer(value)
        return content if redacted == value else msgspec.json.encode(redacted)

    def _put_answer(self, exchange: PassedExchange, content: bytes) -> Path:
        stem = _UNSAFE.sub("_", exchange.deployment_name or "exchange")
        number = self._get_next_number()
        while True:
            path = self._folder / f"{number:03}-{stem}{_get_suffix(exchange.answer_headers)}"
            try:
                _write_new(path, content)
            except FileExistsError:
                number += 1
            else:
                return path

    def _get_next_number(self) -> int:
        found = (_NUMBERED.match(path.name) for path in self._folder.iterdir())
        return 1 + max((int(match.group(1)) for match in found if match), default=0)


def _decode(exchange: PassedExchange) -> bytes:
    coding = _get_header(exchange.answer_headers, b"content-encoding").strip().lower()
    if coding in (b"", b"identity"):
        return exchange.answer_body
    pieces: list[bytes] = []
    reader = ContentReader(coding, pieces.append)
    reader.read(exchange.answer_body)
    if reader.problem is not None or sum(map(len, pieces)) > DECODED_BYTES:
        raise NotKept(f"its compressed answer cannot be read ({reader.problem or 'too-long'})")
    return b"".join(pieces)


def _get_suffix(headers: Sequence[Header]) -> str:
    match _get_header(headers, b"content-type").partition(b";")[0].strip().lower():
        case b"text/event-stream":
            return ".sse"
        case b"application/json":
            return ".json"
        case _:
            return ".body"


def _get_header(headers: Sequence[Header], name: bytes) -> bytes:
    return next((value for key, value in headers if key.lower() == name), b"")


def _select_parameters(query: bytes) -> str:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name in QUERY_PARAMETERS])


def _write_new(path: Path, content: bytes) -> None:
    """All of it under its name, or nothing; nobody else's file is overwritten. Raises FileExistsError, OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _give_name(temporary: Path, path: Path) -> None:
    """A link takes no name that is taken; where a file system has no links, a look before must do."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        if path.exists():
            raise FileExistsError(path) from None
        temporary.rename(path)
