"""The embedded upstream as its caller sees it: bytes in, pieces of an answer out, at once and without I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from ingate.simulator.accounting.context_editing import manage_context, render_count_management
from ingate.simulator.accounting.input_account import charge_input
from ingate.simulator.accounting.prompt_cache import PromptCache
from ingate.simulator.file_sources import MARK, StoredContent, resolve_files
from ingate.simulator.fingerprint import Fingerprint, get_fingerprint
from ingate.simulator.incoming import AcceptedRequest, Header, ServedAs, SimulatorRequest
from ingate.simulator.json_value import JsonObject, get_string, is_object
from ingate.simulator.message_json import render_message, render_token_count
from ingate.simulator.message_stream import Pace, Style, list_eager_tools, render_stream
from ingate.simulator.message_threads import MessageThreads
from ingate.simulator.model_facts import get_model_facts
from ingate.simulator.refusal import Refusal, refuse, render_refusal
from ingate.simulator.reply import Reply
from ingate.simulator.replying import decide_reply
from ingate.simulator.request import parse_messages_request
from ingate.simulator.validation.finding import VERSIONS, find_refusal
from ingate.simulator.validation.schema_file import Endpoint

MESSAGES_PATH = b"/v1/messages"
COUNT_TOKENS_PATH = b"/v1/messages/count_tokens"

_ENDPOINTS: Mapping[bytes, Endpoint] = {MESSAGES_PATH: "messages", COUNT_TOKENS_PATH: "count_tokens"}
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
    jitter: float = 0.0
    """How uneven the waits are, from 0 to 1."""
    pad_data_lines: bool = False
    """White space before the last brace of data lines, as in the real API's streams."""
    lenient: bool = False
    """Refuses only what cannot be answered, not all that Claude would refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAnswer:
    """An answer without framing: no content-length, no transfer-encoding."""

    status: int
    headers: tuple[Header, ...]
    chunks: Iterable[tuple[float, bytes]]
    """(seconds to wait before this piece, piece); a stream has a piece for each event, and is read once. Raises
    ConnectionResetError where a script wants the connection to the client cut."""
    forward_to: str | None = None
    """The name of the upstream that answers instead: status, headers and chunks then mean nothing."""


class Simulator:
    """Answers `POST /v1/messages` and `POST /v1/messages/count_tokens` as a model's server would.

    `answer` is the three steps in one; a script takes them one by one, to put its own reply in the generated one's
    place.
    """

    def __init__(
        self,
        *,
        settings: SimulatorSettings,
        clock: Callable[[], float] = lambda: 0.0,
        read_file: Callable[[str, str], StoredContent | None] | None = None,
    ) -> None:
        """`clock` is monotonic, in seconds: what was cached or held expires by it, so under a clock that stands it
        never does. `read_file` gives a resource's file by its id; without it, files are named and not read."""
        self._settings = settings
        self._read_file = read_file
        self._cache = PromptCache(clock=clock)
        self._threads = MessageThreads(clock=clock)
        self._pace = Pace(
            time_to_first_token=settings.time_to_first_token,
            tokens_per_second=settings.tokens_per_second,
            jitter=settings.jitter,
        )

    @property
    def pace(self) -> Pace:
        """How answers spread over time where nothing else is said."""
        return self._pace

    def answer(self, request: SimulatorRequest) -> SimulatedAnswer:
        """The same answer for the same path, headers that count, and body; `query` makes no difference."""
        fingerprint = get_fingerprint(seed=self._settings.seed, path=request.path, body=request.body)
        try:
            accepted = self.accept(request, fingerprint)
            if isinstance(accepted, Refusal):
                return answer_refusal(accepted, fingerprint)
            if request.path == COUNT_TOKENS_PATH:
                return answer_json(200, count_tokens(accepted.body), fingerprint)
            return self.render(accepted, self.compose(accepted))
        except RecursionError:
            # Reading JSON and writing it again both descend as deep as the body does.
            return answer_refusal(refuse("The request body is nested too deeply"), fingerprint)

    def accept(self, request: SimulatorRequest, fingerprint: Fingerprint | None = None) -> AcceptedRequest | Refusal:
        """The request, if Claude would answer it; otherwise why not. `fingerprint` is its own, if known."""
        endpoint = _ENDPOINTS.get(request.path)
        if endpoint is None:
            return Refusal(error_type="not_found_error", message="Not Found")
        version = parse_version(request)
        if isinstance(version, Refusal):
            return version
        body = parse_body(request.body)
        if not isinstance(body, Refusal) and endpoint == "messages":
            body = self._threads.restore(body, partition=get_partition(request.served_as))
        if isinstance(body, Refusal):
            return body
        betas = parse_betas(request.headers)
        refusal = find_refusal(
            request, body, endpoint=endpoint, version=version, betas=betas, lenient=self._settings.lenient
        )
        if refusal:
            return refusal
        if MARK in request.body and self._read_file is not None:
            body = resolve_files(body, partial(self._read_file, request.served_as.resource_id))
            if isinstance(body, Refusal):
                return body
        return AcceptedRequest(
            request=request,
            body=body,
            version=version,
            betas=betas,
            fingerprint=fingerprint
            or get_fingerprint(seed=self._settings.seed, path=request.path, body=request.body),
        )

    def compose(self, accepted: AcceptedRequest) -> Reply:
        """The generated reply."""
        body = accepted.body
        facts = get_model_facts(get_string(body, "model"))
        served_as = accepted.request.served_as
        account = charge_input(
            body,
            betas=accepted.betas,
            facts=facts,
            cache=self._cache,
            partition=get_partition(served_as),
        )
        request = parse_messages_request(body, betas=accepted.betas, hosting=served_as.hosting, facts=facts)
        return decide_reply(request, account=account, fingerprint=accepted.fingerprint)

    def forget(self, session: str) -> None:
        """What a session's prompts left in the cache, or everybody's when it has no name."""
        self._cache.clear(get_ending(session) if session else "")

    def render(self, accepted: AcceptedRequest, reply: Reply, pace: Pace | None = None) -> SimulatedAnswer:
        """The reply as JSON or as a stream, as the request asks. Without `pace`, at the pace of the settings."""
        pace = pace or self._pace
        fingerprint = accepted.fingerprint
        partition = get_partition(accepted.request.served_as)
        self._threads.hold(accepted.body, reply.content, message_id=reply.message_id, partition=partition)
        if accepted.body.get("stream") is not True:
            wait = pace.time_to_first_token + pace.get_seconds(reply.usage.output_tokens)
            return answer_json(200, render_message(reply), fingerprint, wait=wait)
        style = Style(
            pad_data_lines=self._settings.pad_data_lines,
            first_length=fingerprint.choose(2, 1 << 8),
            eager_tools=list_eager_tools(accepted.body, accepted.betas),
        )
        return SimulatedAnswer(
            status=200,
            headers=(*_STREAM_HEADERS, get_request_id_header(fingerprint)),
            chunks=render_stream(reply, pace, style),
        )


def answer_refusal(refusal: Refusal, fingerprint: Fingerprint) -> SimulatedAnswer:
    return answer_json(refusal.status, render_refusal(refusal, fingerprint.request_id), fingerprint)


def answer_json(status: int, content: bytes, fingerprint: Fingerprint, *, wait: float = 0.0) -> SimulatedAnswer:
    return SimulatedAnswer(
        status=status,
        headers=(_JSON_TYPE, get_request_id_header(fingerprint)),
        chunks=((wait, content),),
    )


def count_tokens(body: JsonObject) -> bytes:
    managed = manage_context(body, facts=get_model_facts(get_string(body, "model")), compacts=False)
    return render_token_count(managed.input_tokens, render_count_management(managed))


def get_partition(served_as: ServedAs) -> str:
    """Those who share a prompt cache: one session's requests to one resource."""
    return served_as.resource_id + get_ending(served_as.session)


def get_ending(session: str) -> str:
    return f"\0{session}"


def parse_version(request: SimulatorRequest) -> str | Refusal:
    header = request.get_header(b"anthropic-version")
    if header is None:
        return refuse("anthropic-version: header is required")
    version = header.decode("latin-1")
    return version if version in VERSIONS else refuse(f'anthropic-version: "{version}" is not a valid version')


def parse_betas(headers: Sequence[Header]) -> tuple[str, ...]:
    """Every name in every `anthropic-beta` line."""
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"anthropic-beta"]
    return tuple(name for line in lines for part in line.split(",") if (name := part.strip()))


def parse_body(body: bytes) -> JsonObject | Refusal:
    """The body as a JSON object; otherwise why it is none."""
    try:
        decoded: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return refuse(f"The request body is not valid JSON: {error}")
    return decoded if is_object(decoded) else refuse("The request body is not a JSON object")


def get_request_id_header(fingerprint: Fingerprint) -> Header:
    return b"request-id", fingerprint.request_id.encode()
