"""One answer of a server whose deviations are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from .answer import Head, Headers, drop_headers, get_header, replace_header
from .event_stream import EventSplitter
from .foreign_error import ForeignError, parse_error, render_foreign_error
from .message import normalise_message
from .message_stream import MessageStream
from .raw_json import parse_object, parse_text

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a body that are kept to be rewritten whole. A longer one passes as it comes."""

_ABOUT_THE_BODY = frozenset({b"content-length", b"content-md5", b"content-digest", b"digest", b"etag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """What a server answered instead of a message."""

    path: bytes
    status: int
    error: ForeignError


def keep_error(answer: ErrorAnswer) -> ErrorAnswer:
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRules:
    """How one server's answers are normalised."""

    rewrites_messages: bool
    """Whether messages and streams deviate too, or only errors."""
    decide_error: Callable[[ErrorAnswer], ErrorAnswer] = keep_error
    """The same error, or the one that the Messages API has for this case. Its envelope needs no rule."""
    echoes_model: bool = False
    """Whether `model` is put back to what was asked for."""


class _Body(Protocol):
    """How a body goes on once its head is known."""

    def read(self, data: bytes, ended: bool) -> bytes: ...


class ServerAnswer:
    """An `AnswerNormaliser` that follows a server's rules."""

    __slots__ = ("_body", "_decided", "_held", "_model", "_path", "_pending", "_rules")

    def __init__(self, rules: AnswerRules, path: bytes, model: str | None) -> None:
        self._rules = rules
        self._path = path
        self._model = model if rules.echoes_model else None
        self._body: _Body = _Relayed()
        self._pending: Head | None = None
        """The head of an error, until its body has been read."""
        self._held = bytearray()
        self._decided: Head | None = None

    @property
    def decided_head(self) -> Head | None:
        return self._decided

    def head(self, status: int, headers: Headers) -> Head | None:
        if get_header(headers, b"content-encoding").lower() not in (b"", b"identity"):
            self._decided = (status, headers)
        elif status >= 400:
            self._pending = (status, headers)
        else:
            self._decided = self._decide_body(status, headers)
        return self._decided

    def read(self, data: bytes, ended: bool) -> bytes:
        if self._pending is None:
            return self._body.read(data, ended)
        self._held += data
        if not ended and len(self._held) <= BODY_LIMIT:
            return b""
        body, pending = bytes(self._held), self._pending
        self._held.clear()
        self._pending = None
        if not ended:
            self._decided = pending
            return body
        self._decided, rewritten = self._decide_error(*pending, body)
        return rewritten

    def _decide_body(self, status: int, headers: Headers) -> Head:
        media_type = get_header(headers, b"content-type").split(b";")[0].strip().lower()
        if not self._rules.rewrites_messages or not self._path.endswith(b"/messages"):
            return status, headers
        if media_type == b"text/event-stream":
            self._body = _StreamBody(self._model)
        elif media_type == b"application/json":
            self._body = _MessageBody(self._model)
        else:
            return status, headers
        return status, drop_headers(headers, _ABOUT_THE_BODY)

    def _decide_error(self, status: int, headers: Headers, body: bytes) -> tuple[Head, bytes]:
        told = ErrorAnswer(path=self._path, status=status, error=parse_error(body))
        decided = self._rules.decide_error(told)
        if decided == told and told.error.is_documented:
            return (status, headers), body
        rewritten = render_foreign_error(decided.error, decided.status)
        kept = drop_headers(headers, _ABOUT_THE_BODY)
        return (decided.status, replace_header(kept, b"content-type", b"application/json")), rewritten


class _Relayed:
    def read(self, data: bytes, ended: bool) -> bytes:
        return data


class _StreamBody:
    def __init__(self, model: str | None) -> None:
        self._splitter = EventSplitter()
        self._stream = MessageStream(model)

    def read(self, data: bytes, ended: bool) -> bytes:
        passed = b"".join(map(self._stream.read_event, self._splitter.read(data)))
        return passed + self._splitter.rest() if ended else passed


class _MessageBody:
    def __init__(self, model: str | None) -> None:
        self._model = model
        self._held = bytearray()
        self._gave_up = False

    def read(self, data: bytes, ended: bool) -> bytes:
        if self._gave_up:
            return data
        self._held += data
        self._gave_up = len(self._held) > BODY_LIMIT
        if not ended and not self._gave_up:
            return b""
        body = bytes(self._held)
        self._held.clear()
        return body if self._gave_up else normalise_message_body(body, self._model)


def normalise_message_body(body: bytes, model: str | None) -> bytes:
    """A whole JSON answer; what is no message, or needs no change, comes back as it is."""
    message = parse_object(body)
    if message is None or parse_text(message.get("type")) != "message" or not normalise_message(message, model):
        return body
    return msgspec.json.encode(message)
