"""What a running Ingate says of the requests it was sent, as values that read well in an assertion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule of the script that did not apply, and which of its conditions failed."""

    rule: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request as it came, and what answered it."""

    number: int
    time: datetime
    deployment_name: str
    """What the client sent as `model`."""
    path: str
    headers: Mapping[str, str]
    """Names in lower case. Credentials are never among them."""
    body: Any
    """The JSON that was sent, or text where it was none."""
    status: int | None
    """None when no answer was given, or another upstream gave it."""
    ending: str
    """`complete`, or how a script had the answer end."""
    rule: str | None
    """The rule of the script that answered; None when none did."""
    near_misses: tuple[NearMiss, ...] = ()
    answered_by: str
    """`generated`, `script`, `replay`, `refusal` or `forwarded`."""

    def __str__(self) -> str:
        status = "no status" if self.status is None else self.status
        rule = f" by rule {self.rule}" if self.rule else ""
        line = f"{self.number}. {self.path} {self.deployment_name} -> {status} {self.answered_by}{rule}"
        misses = (f"     rule {miss.rule} did not apply: {', '.join(miss.failed)}" for miss in self.near_misses)
        return "\n".join([line, *misses])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a client should not have done."""

    kind: str
    message: str
    requests: tuple[int, ...]
    """Numbers in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the client behaved: `assert ingate.verdict.ok, ingate.verdict`."""

    ok: bool
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        lines = [
            f"{finding.kind}: {finding.message} (requests {_list(finding.requests)})" for finding in self.findings
        ]
        return "\n".join(lines) or "nothing to object to"


def parse_requests(document: Mapping[str, Any]) -> list[RecordedRequest]:
    return [_parse_request(entry) for entry in document["requests"]]


def parse_verdict(document: Mapping[str, Any]) -> Verdict:
    findings = (
        Finding(kind=entry["kind"], message=entry["message"], requests=tuple(entry["requests"]))
        for entry in document["findings"]
    )
    return Verdict(ok=document["ok"], findings=tuple(findings))


def _parse_request(entry: Mapping[str, Any]) -> RecordedRequest:
    misses = (NearMiss(rule=str(miss["rule"]), failed=tuple(miss["failed"])) for miss in entry["near_misses"])
    return RecordedRequest(
        number=entry["number"],
        time=datetime.fromisoformat(entry["time"]),
        deployment_name=entry["deployment_name"],
        path=entry["path"],
        headers=entry["headers"],
        body=entry["body"],
        status=entry["status"],
        ending=entry["ending"],
        rule=None if entry["rule"] is None else str(entry["rule"]),
        near_misses=tuple(misses),
        answered_by=entry["answered_by"],
    )


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
