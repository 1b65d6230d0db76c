"""From a response of a script to an answer, with what the verdict will want to know of it put in the journal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

import msgspec

from ingate.simulator.cassettes.replay import ReplayedAnswer
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.incoming import AcceptedRequest, Header
from ingate.simulator.message_stream import Pace
from ingate.simulator.scripting.answer_headers import add_headers
from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.request_journal import Ending, JournalEntry
from ingate.simulator.scripting.responses import (
    Disconnect,
    ForwardTo,
    PaceChange,
    RawAnswer,
    Response,
    ScriptedContent,
    ScriptedError,
    StreamFault,
)
from ingate.simulator.scripting.scripted_reply import make_bare_reply, put_in_place
from ingate.simulator.scripting.sent_stream import SentStream
from ingate.simulator.scripting.stream_faults import Piece, delay_first, insert_fault, split_events
from ingate.simulator.simulator import MESSAGES_PATH, SimulatedAnswer, Simulator

_JSON_TYPE: Header = (b"content-type", b"application/json")
_TEXT_TYPE: Header = (b"content-type", b"text/plain; charset=utf-8")
_STREAM_TYPE: Header = (b"content-type", b"text/event-stream; charset=utf-8")
_NO_CACHE: Header = (b"cache-control", b"no-cache")
_SECONDS = re.compile(rb"[0-9]{1,9}(\.[0-9]{1,9})?")
_ENDINGS: dict[str, Ending] = {
    "error_event": "error_event",
    "disconnect": "disconnect",
    "truncate": "truncate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request on its way to an answer. `is_valid` is false only where a script does without validation."""

    accepted: AcceptedRequest
    is_valid: bool
    facts: RequestFacts
    entry: JournalEntry

    @property
    def fingerprint(self) -> Fingerprint:
        return self.accepted.fingerprint


class ScriptedAnswers:
    """Makes answers; `simulator` makes what the script leaves to it, `clock` says when an answer has been sent."""

    def __init__(self, simulator: Simulator, *, clock: Callable[[], float]) -> None:
        self._simulator = simulator
        self._clock = clock

    def answer(self, asked: Asked, response: Response) -> SimulatedAnswer:
        answer = self._plan(asked, response)
        entry = asked.entry
        if answer.forward_to is not None:
            entry.answered_by, entry.ending = "forwarded", "unknown"
            return answer
        if not isinstance(response.plan, Disconnect):
            note_answer(entry, answer)
        if response.delay and not isinstance(response.plan, Disconnect):
            answer = replace(answer, chunks=put_off(answer, response.delay))
        if response.stream_fault is not None and can_fail(answer, response.stream_fault):
            entry.sent = SentStream()
            answer = replace(answer, chunks=insert_fault(answer.chunks, response.stream_fault))
            entry.ending = "open"
            answer = replace(answer, chunks=self._watch(answer, entry, _ENDINGS.get(response.stream_fault.kind)))
        elif entry.status is None or entry.status >= 400:
            entry.answered = self._clock() + response.delay
        return answer

    def generate(self, asked: Asked) -> SimulatedAnswer:
        """The simulator's own."""
        if asked.accepted.request.path != MESSAGES_PATH or not asked.is_valid:
            return self._simulator.answer(asked.accepted.request)
        reply = self._simulator.compose(asked.accepted)
        asked.entry.content = reply.content
        return self._simulator.render(asked.accepted, reply)

    def _plan(self, asked: Asked, response: Response) -> SimulatedAnswer:
        plan = response.plan
        match plan:
            case ScriptedContent():
                return self._answer_content(asked, plan, response.pace)
            case ScriptedError():
                return make_error_answer(plan, asked.fingerprint)
            case RawAnswer():
                return make_raw_answer(plan, asked.fingerprint)
            case ForwardTo():
                return SimulatedAnswer(status=502, headers=(), chunks=(), forward_to=plan.upstream)
            case Disconnect():
                asked.entry.ending = "disconnect"
                return SimulatedAnswer(status=502, headers=(), chunks=cut(response.delay))
            case _:
                assert_never(plan)

    def _answer_content(self, asked: Asked, plan: ScriptedContent, change: PaceChange | None) -> SimulatedAnswer:
        """A count of tokens, or a file, has no content: there the simulator answers."""
        if asked.accepted.request.path != MESSAGES_PATH or (plan.content is None and not asked.is_valid):
            return self._simulator.answer(asked.accepted.request)
        if asked.is_valid:
            reply = self._simulator.compose(asked.accepted)
        else:
            reply = make_bare_reply(asked.facts, asked.fingerprint)
        reply = put_in_place(reply, plan, asked.facts, asked.fingerprint)
        asked.entry.content = reply.content
        return self._simulator.render(asked.accepted, reply, change_pace(self._simulator.pace, change))

    def _watch(self, answer: SimulatedAnswer, entry: JournalEntry, ending: Ending | None) -> Iterator[Piece]:
        """The pieces, noting what was sent and how it ended."""
        sent = entry.sent or SentStream()
        try:
            for wait, content in answer.chunks:
                sent.read(content)
                yield wait, content
            entry.ending = ending or "complete"
        except ConnectionResetError:
            entry.ending = "disconnect"
            raise
        finally:
            entry.answered = self._clock()


def change_pace(pace: Pace, change: PaceChange | None) -> Pace:
    if change is None:
        return pace
    if change.time_to_first_token is not None:
        pace = replace(pace, time_to_first_token=change.time_to_first_token)
    if change.tokens_per_second is not None:
        pace = replace(pace, tokens_per_second=change.tokens_per_second)
    return pace if change.jitter is None else replace(pace, jitter=change.jitter)


def can_fail(answer: SimulatedAnswer, fault: StreamFault) -> bool:
    """A JSON answer has no events, but it can end, or pause, within."""
    is_stream = any(name == b"content-type" and b"event-stream" in value for name, value in answer.headers)
    return is_stream or (fault.after_bytes is not None and fault.kind in ("disconnect", "truncate", "stall"))


def put_off(answer: SimulatedAnswer, seconds: float) -> Iterator[Piece] | tuple[Piece, ...]:
    """Adds to the first wait. An answer whose pieces are all known keeps them so, and with them its length."""
    if isinstance(answer.chunks, tuple):
        pieces: tuple[Piece, ...] = answer.chunks
        return tuple((wait + seconds if index == 0 else wait, piece) for index, (wait, piece) in enumerate(pieces))
    return delay_first(iter(answer.chunks), seconds)


def cut(seconds: float) -> Iterator[Piece]:
    yield seconds, b""
    raise ConnectionResetError("the script cuts the connection before the answer")


def make_error_answer(error: ScriptedError, fingerprint: Fingerprint) -> SimulatedAnswer:
    headers: tuple[Header, ...] = ((b"request-id", fingerprint.request_id.encode()),)
    if error.retry_after is not None:
        headers = ((b"retry-after", f"{error.retry_after:.15g}".encode()), *headers)
    content_type = _JSON_TYPE if error.body_is_json else _TEXT_TYPE
    content = error.body if error.body is not None else render_envelope(error, fingerprint)
    return SimulatedAnswer(
        status=error.status,
        headers=add_headers((content_type, *headers), error.headers),
        chunks=((0.0, content),),
    )


def render_envelope(error: ScriptedError, fingerprint: Fingerprint) -> bytes:
    if error.shape == "azure":
        return msgspec.json.encode({"error": {"code": error.error_type, "message": error.message}})
    return msgspec.json.encode(
        {
            "type": "error",
            "error": {"type": error.error_type, "message": error.message},
            "request_id": fingerprint.request_id,
        }
    )


def make_raw_answer(raw: RawAnswer, fingerprint: Fingerprint) -> SimulatedAnswer:
    defaults = (_STREAM_TYPE, _NO_CACHE) if raw.is_stream else (_JSON_TYPE,)
    headers = add_headers((*defaults, (b"request-id", fingerprint.request_id.encode())), raw.headers)
    if raw.is_stream:
        return SimulatedAnswer(status=raw.status, headers=headers, chunks=iterate_events(raw.content))
    return SimulatedAnswer(status=raw.status, headers=headers, chunks=((0.0, raw.content),))


def iterate_events(content: bytes) -> Iterator[Piece]:
    return ((0.0, event) for event in split_events(content))


def note_answer(entry: JournalEntry, answer: SimulatedAnswer) -> None:
    """The status, and what the headers say about trying again, as the official SDKs read them."""
    entry.status = answer.status
    for name, value in answer.headers:
        if name == b"retry-after" and _SECONDS.fullmatch(value):
            entry.retry_after = float(value)
        elif name == b"retry-after-ms" and _SECONDS.fullmatch(value):
            entry.retry_after = float(value) / 1000
        elif name == b"x-should-retry" and value in (b"true", b"false"):
            entry.should_retry = value == b"true"


def make_replayed_answer(replayed: ReplayedAnswer) -> SimulatedAnswer:
    is_stream = any(name.lower() == b"content-type" and b"event-stream" in value for name, value in replayed.headers)
    chunks = iterate_events(replayed.content) if is_stream else ((0.0, replayed.content),)
    return SimulatedAnswer(status=replayed.status, headers=replayed.headers, chunks=chunks)
