"""The embedded upstream as its caller sees it: bytes in, pieces of an answer out, at once and without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ingate.simulator.checks import Field
from ingate.simulator.fingerprint import Fingerprint, get_fingerprint
from ingate.simulator.json_value import JsonObject, is_object
from ingate.simulator.message_json import render_message, render_token_count
from ingate.simulator.message_stream import Pace, Style, render_stream
from ingate.simulator.refusal import Refusal, refuse, render_refusal
from ingate.simulator.replying import decide_reply
from ingate.simulator.request import parse_messages_request
from ingate.simulator.tokens import count_input_tokens
from ingate.simulator.validation import (
    COUNT_TOKENS_FIELDS,
    MESSAGES_FIELDS,
    VERSIONS,
    find_body_problem,
)

MESSAGES_PATH = b"/v1/messages"
COUNT_TOKENS_PATH = b"/v1/messages/count_tokens"

_FIELDS: Mapping[bytes, Mapping[str, Field]] = {
    MESSAGES_PATH: MESSAGES_FIELDS,
    COUNT_TOKENS_PATH: COUNT_TOKENS_FIELDS,
}
_JSON_TYPE = (b"content-type", b"application/json")
_STREAM_HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """`seed` changes ids and wording. Time is spent between pieces, by whoever sends them."""

    seed: int = 0
    time_to_first_token: float = 0.0
    """Seconds before the first piece."""
    tokens_per_second: float = 0.0
    """0: as fast as possible."""
    pad_data_lines: bool = False
    """White space before the last brace of data lines, as in the real API's streams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAnswer:
    """An answer without framing: no content-length, no transfer-encoding."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    chunks: Iterable[tuple[float, bytes]]
    """(seconds to wait before this piece, piece); a stream has a piece for each event, and is read once."""


class Simulator:
    """Answers `POST /v1/messages` and `POST /v1/messages/count_tokens` as a model's server would."""

    def __init__(self, *, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._pace = Pace(
            time_to_first_token=settings.time_to_first_token, tokens_per_second=settings.tokens_per_second
        )

    def answer(
        self, *, path: bytes, query: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> SimulatedAnswer:
        """The same answer for the same path, version header and body. `query` makes no difference."""
        fingerprint = get_fingerprint(seed=self._settings.seed, path=path, body=body)
        try:
            return self._answer(path, headers, body, fingerprint)
        except RecursionError:
            # Reading JSON and writing it again both descend as deep as the body does.
            return self._answer_refusal(refuse("The request body is nested too deeply"), fingerprint)

    def _answer(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes, fingerprint: Fingerprint
    ) -> SimulatedAnswer:
        fields = _FIELDS.get(path)
        if fields is None:
            refusal = Refusal(error_type="not_found_error", message="Not Found")
            return self._answer_refusal(refusal, fingerprint)
        version = parse_version(headers)
        if isinstance(version, Refusal):
            return self._answer_refusal(version, fingerprint)
        accepted = parse_body(body, fields=fields, version=version)
        if isinstance(accepted, Refusal):
            return self._answer_refusal(accepted, fingerprint)
        input_tokens = count_input_tokens(accepted)
        if path == COUNT_TOKENS_PATH:
            return self._answer_json(200, render_token_count(input_tokens), fingerprint)
        return self._answer_message(accepted, input_tokens, fingerprint)

    def _answer_message(self, body: JsonObject, input_tokens: int, fingerprint: Fingerprint) -> SimulatedAnswer:
        request = parse_messages_request(body)
        reply = decide_reply(request, input_tokens=input_tokens, fingerprint=fingerprint)
        if not request.is_streamed:
            wait = self._pace.time_to_first_token + self._pace.get_seconds(reply.usage.output_tokens)
            return self._answer_json(200, render_message(reply), fingerprint, wait=wait)
        style = Style(pad_data_lines=self._settings.pad_data_lines, first_length=fingerprint.choose(2, 1 << 8))
        return SimulatedAnswer(
            status=200,
            headers=(*_STREAM_HEADERS, get_request_id_header(fingerprint)),
            chunks=render_stream(reply, self._pace, style),
        )

    def _answer_refusal(self, refusal: Refusal, fingerprint: Fingerprint) -> SimulatedAnswer:
        content = render_refusal(refusal, fingerprint.request_id)
        return self._answer_json(refusal.status, content, fingerprint)

    def _answer_json(
        self, status: int, content: bytes, fingerprint: Fingerprint, *, wait: float = 0.0
    ) -> SimulatedAnswer:
        return SimulatedAnswer(
            status=status,
            headers=(_JSON_TYPE, get_request_id_header(fingerprint)),
            chunks=((wait, content),),
        )


def parse_version(headers: Sequence[tuple[bytes, bytes]]) -> bytes | Refusal:
    version = find_header(headers, b"anthropic-version")
    if version is None:
        return refuse("anthropic-version: header is required")
    if version not in VERSIONS:
        return refuse(f'anthropic-version: "{version.decode("latin-1")}" is not a valid version')
    return version


def parse_body(body: bytes, *, fields: Mapping[str, Field], version: bytes) -> JsonObject | Refusal:
    """The body as JSON if the request can be answered; otherwise why not."""
    try:
        decoded: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return refuse(f"The request body is not valid JSON: {error}")
    if not is_object(decoded):
        return refuse("The request body is not a JSON object")
    problem = find_body_problem(decoded, fields=fields, version=version)
    return refuse(problem) if problem else decoded


def find_header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a header, whatever the case of its name."""
    for candidate, value in headers:
        if candidate.lower() == name:
            return value
    return None


def get_request_id_header(fingerprint: Fingerprint) -> tuple[bytes, bytes]:
    return b"request-id", fingerprint.request_id.encode()
