"""The verdict on a client: what it did after errors and broken streams, judged from the journal alone.

A retry is the same request - path and body, byte for byte - after an answer that failed. What a client may rightly do
is taken from the official SDKs and https://platform.claude.com/docs/en/api/errors: wait as `retry-after` says, back
off otherwise, retry 408, 409, 429 and 5xx and no other status, and take a stream for an answer only after
`message_stop`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object
from ingate.simulator.scripting.request_journal import JournalEntry

FindingKind = Literal[
    "retried_before_retry_after",
    "retry_storm",
    "accepted_truncated_stream",
    "ignored_error_event",
    "retried_non_retryable",
    "no_retry",
]

TOLERANCE_SECONDS = 0.05
"""Clocks of two processes, and what is on the way between them."""
STORM_RETRIES = 6
STORM_SECONDS = 5.0
"""The official SDK makes 3 retries in this time if it may make as many as it likes."""
MOST_AT_ONCE = 100
"""Equal requests under way at the same time, at most, for one of them to be known as a retry."""
NOT_RETRYABLE = frozenset({400, 401, 403, 404, 413, 422})
_RETRYABLE = frozenset({408, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    kind: FindingKind
    message: str
    requests: tuple[int, ...]
    """Numbers in the journal."""
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    """What may be right or wrong: they do not spoil the verdict."""

    @property
    def is_ok(self) -> bool:
        return not self.findings


def decide_verdict(entries: Sequence[JournalEntry]) -> Verdict:
    """Of entries in their order; each session is judged on its own."""
    findings: list[Finding] = []
    notes: list[Finding] = []
    for session in dict.fromkeys(entry.session for entry in entries):
        own = [entry for entry in entries if entry.session == session]
        for repeats in group_repeats(own):
            findings += find_early_retries(repeats)
            findings += find_storm(repeats)
            findings += find_vain_retries(repeats)
            notes += find_missing_retry(repeats)
        findings += find_accepted_pieces(own)
    return Verdict(
        findings=tuple(sorted(findings, key=lambda finding: finding.requests)),
        notes=tuple(sorted(notes, key=lambda finding: finding.requests)),
    )


def group_repeats(entries: Sequence[JournalEntry]) -> list[list[JournalEntry]]:
    """Entries of equal requests together."""
    groups: dict[tuple[bytes, bytes, bytes], list[JournalEntry]] = {}
    for entry in entries:
        key = (entry.request.method, entry.request.path, entry.request.body)
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def list_retries(repeats: Sequence[JournalEntry]) -> Iterator[tuple[JournalEntry, JournalEntry]]:
    """Pairs of a failed request and the next one equal to it."""
    for index, retry in enumerate(repeats):
        failed = find_failure_before(repeats, index)
        if failed is not None:
            yield failed, retry


def find_failure_before(repeats: Sequence[JournalEntry], index: int) -> JournalEntry | None:
    """The failure that the client had been told of when it asked again. After an answer that did not fail, to ask
    the same again is no retry but a new question.
    """
    for before in reversed(repeats[max(0, index - MOST_AT_ONCE) : index]):
        if not has_failed(before):
            return None
        if before.answered is not None and before.answered <= repeats[index].arrived:
            return before
    return None


def has_failed(entry: JournalEntry) -> bool:
    if entry.ending in ("error_event", "disconnect", "truncate"):
        return True
    return entry.status is not None and entry.status >= 400


def is_retryable(entry: JournalEntry) -> bool:
    """What the official SDKs would retry by themselves, and streams that broke."""
    if entry.should_retry is not None:
        return entry.should_retry
    if entry.ending in ("error_event", "disconnect", "truncate"):
        return True
    return entry.status is not None and (entry.status in _RETRYABLE or entry.status >= 500)


def find_early_retries(repeats: Sequence[JournalEntry]) -> Iterator[Finding]:
    for failed, retry in list_retries(repeats):
        if failed.retry_after is None:
            continue
        waited = retry.arrived - (failed.answered or 0.0)
        if waited < failed.retry_after - TOLERANCE_SECONDS:
            yield Finding(
                kind="retried_before_retry_after",
                message=f"request {failed.number} was told to wait {failed.retry_after:g} s, and came again as "
                f"request {retry.number} after {waited:.2f} s",
                requests=(failed.number, retry.number),
                session=retry.session,
            )


def find_storm(repeats: Sequence[JournalEntry]) -> Iterator[Finding]:
    """The longest run of retries that is too fast, if there is one. Retries that waited as they were told are not."""
    hasty = [
        retry
        for failed, retry in list_retries(repeats)
        if failed.retry_after is None
        or retry.arrived - (failed.answered or 0.0) < failed.retry_after - TOLERANCE_SECONDS
    ]
    runs = [
        hasty[start : start + STORM_RETRIES]
        for start in range(len(hasty) - STORM_RETRIES + 1)
        if hasty[start + STORM_RETRIES - 1].arrived - hasty[start].arrived <= STORM_SECONDS
    ]
    if runs:
        numbers = tuple(dict.fromkeys(entry.number for run in runs for entry in run))
        yield Finding(
            kind="retry_storm",
            message=f"the same request came {len(numbers)} times more after errors, "
            f"at least {STORM_RETRIES} times within {STORM_SECONDS:g} s",
            requests=numbers,
            session=hasty[0].session,
        )


def find_vain_retries(repeats: Sequence[JournalEntry]) -> Iterator[Finding]:
    for failed, retry in list_retries(repeats):
        if failed.status in NOT_RETRYABLE and not failed.should_retry:
            yield Finding(
                kind="retried_non_retryable",
                message=f"request {failed.number} was answered {failed.status}, which the same request cannot mend, "
                f"and came again unchanged as request {retry.number}",
                requests=(failed.number, retry.number),
                session=retry.session,
            )


def find_missing_retry(repeats: Sequence[JournalEntry]) -> Iterator[Finding]:
    last = repeats[-1]
    if has_failed(last) and is_retryable(last) and last.answered is not None:
        what = f"status {last.status}" if last.status is not None and last.status >= 400 else "a broken answer"
        yield Finding(
            kind="no_retry",
            message=f"request {last.number} got {what} and did not come again",
            requests=(last.number,),
            session=last.session,
        )


def find_accepted_pieces(entries: Sequence[JournalEntry]) -> Iterator[Finding]:
    """Streams that were cut, and requests that later carry what was sent of one as if that had been the answer."""
    for index, broken in enumerate(entries):
        if broken.sent is None or broken.ending not in ("error_event", "disconnect", "truncate"):
            continue
        for position, later in enumerate(entries[index + 1 :], index + 1):
            whole = entries[index + 1 : position]
            if carries_piece(later, broken, whole):
                yield make_acceptance(broken, later)
                break


def make_acceptance(broken: JournalEntry, later: JournalEntry) -> Finding:
    if broken.ending == "error_event":
        return Finding(
            kind="ignored_error_event",
            message=f"the stream that answered request {broken.number} ended with an error event, and request "
            f"{later.number} carries what had come before it as a complete answer",
            requests=(broken.number, later.number),
            session=later.session,
        )
    return Finding(
        kind="accepted_truncated_stream",
        message=f"the stream that answered request {broken.number} ended before message_stop, and request "
        f"{later.number} carries what had come of it as a complete answer",
        requests=(broken.number, later.number),
        session=later.session,
    )


def carries_piece(later: JournalEntry, broken: JournalEntry, between: Sequence[JournalEntry]) -> bool:
    """Whether the history of a request has the piece, and nobody gave the client the same thing whole."""
    sent = broken.sent
    messages = list_history(later.request.body)
    if sent is None or not messages:
        return False
    whole = [block for entry in between for block in entry.content or () if entry.ending == "complete"]
    calls = {get_string(block, "id") for block in whole if block.get("type") == "tool_use"}
    texts = {get_string(block, "text").strip() for block in whole if block.get("type") == "text"}
    joined = "".join(text for _, text in sorted(sent.texts.items())).strip()
    pieces = {piece for text in (*sent.texts.values(), joined) if (piece := text.strip())} - texts
    carried = [block for message in messages for block in list_blocks(message.get("content"))]
    return any(
        get_string(block, "id") in set(sent.call_ids) - calls
        if block.get("type") == "tool_use"
        else get_string(block, "text").strip() in pieces
        for block in carried
    )


def list_history(body: bytes) -> list[JsonObject]:
    """What the assistant said, but for a last message: to let it go on from there is a fair way to mend a stream."""
    try:
        decoded: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    messages = get_objects(decoded.get("messages")) if is_object(decoded) else ()
    return [message for message in messages[:-1] if message.get("role") == "assistant"]


def list_blocks(content: object) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if is_object(block)] if is_list(content) else []
