"""`properties.ingate.recordContent` of a deployment: whether, for how long, and without what its content is kept.

A PUT that leaves it out keeps what is there; one that has it replaces it whole; `null` turns it off.
"""

from __future__ import annotations

import msgspec

from ingate.domain.content import ContentRecording, RecordingInvalid, decide_recording
from ingate.wire.arm.documents import JsonObject

from .refusals import BodyInvalid


class RecordContentBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    retention_days: int
    redact: list[str] = []


def decide_record_content(
    body: RecordContentBody | msgspec.UnsetType | None, existing: ContentRecording | None
) -> ContentRecording | BodyInvalid | None:
    if body is msgspec.UNSET:
        return existing
    if body is None:
        return None
    decided = decide_recording(body.retention_days, tuple(body.redact))
    if isinstance(decided, RecordingInvalid):
        return BodyInvalid(reason=f"{decided.reason} - at `$.properties.ingate.recordContent`")
    return decided


def render_record_content(recording: ContentRecording | None) -> JsonObject:
    """Empty when nothing is kept."""
    if recording is None:
        return {}
    return {"recordContent": {"retentionDays": recording.retention_days, "redact": list(recording.redact)}}
