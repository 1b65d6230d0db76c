"""An upstream in the same process: a function that turns a request into an answer, such as the simulator's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from ingate.domain.upstream import Upstream, UpstreamCall, UpstreamFailure, UpstreamRequest, UpstreamSink
from ingate.wire.http1 import Header

_log = logging.getLogger(__name__)

SESSION_HEADER = b"x-ingate-session"

WRITE_SIZE = 64 * 1024
"""Pieces due at once are handed on together, up to this size, as a socket's read would."""


class InProcessAnswer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Sequence[Header]: ...
    @property
    def chunks(self) -> Iterable[tuple[float, bytes]]:
        """Seconds to wait before each piece, and the piece; ConnectionResetError cuts the client's connection."""
        ...

    @property
    def forward_to(self) -> str | None:
        """The name of the upstream that is to answer in this one's place."""
        ...


Respond = Callable[[UpstreamRequest], InProcessAnswer]
FindUpstream = Callable[[str], Upstream | None]
"""By name, among those that the directory has."""


class InProcessUpstream:
    def __init__(
        self, respond: Respond, *, loop: asyncio.AbstractEventLoop, find_upstream: FindUpstream = lambda _: None
    ) -> None:
        self._respond = respond
        self._loop = loop
        self._find_upstream = find_upstream

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        call = InProcessCall(sink, self._loop.call_later, self._find_upstream)
        self._loop.call_soon(call.start, self._respond, request)
        return call

    is_idle = True

    def sweep(self, now: float) -> None:
        """Nothing here waits for a peer."""

    def close(self) -> None:
        """Nothing is held."""


class InProcessCall:
    __slots__ = ("_call_later", "_chunks", "_find_upstream", "_forwarded", "_held", "_paused", "_sink", "_timer")

    def __init__(
        self, sink: UpstreamSink, call_later: Callable[..., asyncio.TimerHandle], find_upstream: FindUpstream
    ) -> None:
        self._sink: UpstreamSink | None = sink
        self._call_later = call_later
        self._find_upstream = find_upstream
        self._forwarded: UpstreamCall | None = None
        """What another upstream does in this one's place."""
        self._chunks: Iterator[tuple[float, bytes]] = iter(())
        self._held: bytes | None = None
        """A piece whose time has not come, or came while paused."""
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False

    def start(self, respond: Respond, request: UpstreamRequest) -> None:
        if self._sink is None:
            return
        try:
            answer = respond(request)
        except Exception:  # noqa: BLE001 - whatever the function raises, the exchange has to end
            self._fail()
            return
        if answer.forward_to is not None:
            self._forward(answer.forward_to, request)
            return
        chunks, headers = answer.chunks, answer.headers
        if isinstance(chunks, Sequence):
            headers = [*headers, (b"content-length", b"%d" % sum(len(piece) for _, piece in chunks))]
        self._chunks = iter(chunks)
        self._sink.on_answer_head(answer.status, headers)
        self._run()

    def cancel(self) -> None:
        self._sink = None
        self._chunks = iter(())
        if self._forwarded is not None:
            self._forwarded.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def pause(self) -> None:
        self._paused = True
        if self._forwarded is not None:
            self._forwarded.pause()

    def resume(self) -> None:
        self._paused = False
        if self._forwarded is not None:
            self._forwarded.resume()
        if self._timer is None and self._held is not None:
            self._run()

    def _on_time(self) -> None:
        self._timer = None
        if not self._paused:
            self._run()

    def _run(self) -> None:
        """Hands on everything that is due, then waits for the next piece or ends."""
        due: list[bytes] = []
        size = 0
        if self._held is not None:
            due.append(self._held)
            size = len(self._held)
            self._held = None
        is_cut = False
        try:
            for delay, piece in self._chunks:
                if delay > 0 or size >= WRITE_SIZE:
                    self._held = piece
                    self._timer = self._call_later(delay, self._on_time)
                    break
                due.append(piece)
                size += len(piece)
        except ConnectionResetError:
            is_cut = True
        except Exception:  # noqa: BLE001 - whatever the function raises, the exchange has to end
            self._fail()
            return
        ended = self._held is None
        sink = self._sink
        if sink is None:
            return
        if ended:
            self._sink = None
        if due or not is_cut:
            sink.on_answer_read(b"".join(due), ended and not is_cut)
        if is_cut:
            sink.on_upstream_failure(UpstreamFailure.CUT, "the simulator was told to cut the connection")

    def _forward(self, name: str, request: UpstreamRequest) -> None:
        sink, self._sink = self._sink, None
        upstream = self._find_upstream(name)
        if sink is None:
            return
        if upstream is None:
            sink.on_upstream_failure(UpstreamFailure.NOT_CONFIGURED, f"the script names no known upstream: {name}")
            return
        self._forwarded = upstream.send(_without_session(request), sink)
        if self._paused:
            self._forwarded.pause()

    def _fail(self) -> None:
        """A fault in the answering function must not leave its client waiting."""
        _log.exception("an answer could not be made")
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.on_upstream_failure(UpstreamFailure.MALFORMED, "the answering function failed")


def _without_session(request: UpstreamRequest) -> UpstreamRequest:
    """The header that tells tests apart is the simulator's own: a real upstream gets what an application sends."""
    headers = [header for header in request.headers if header[0].lower() != SESSION_HEADER]
    return replace(request, headers=headers, rendered={})
