"""`properties.ingate.limits` of a deployment: limits a minute in place of what its capacity gives.

A member that a PUT leaves out stays as it is; `null` gives it back to the capacity, and `"limits": null` all three.
"""

from __future__ import annotations

import msgspec

from ingate.domain.quota import NO_LIMIT, ExplicitLimits, QuotaLimits
from ingate.wire.arm.documents import JsonObject

from .refusals import BodyInvalid

_Limit = int | msgspec.UnsetType | None


class LimitsBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    requests_per_minute: _Limit = msgspec.UNSET
    input_tokens_per_minute: _Limit = msgspec.UNSET
    output_tokens_per_minute: _Limit = msgspec.UNSET


def decide_limits(
    body: LimitsBody | msgspec.UnsetType | None, existing: ExplicitLimits | None
) -> ExplicitLimits | BodyInvalid:
    if body is None:
        return ExplicitLimits()
    kept = existing or ExplicitLimits()
    if body is msgspec.UNSET:
        return kept
    for value in (body.requests_per_minute, body.input_tokens_per_minute, body.output_tokens_per_minute):
        if isinstance(value, int) and not 1 <= value <= NO_LIMIT:
            reason = f"a limit is a whole number from 1 to {NO_LIMIT}, or null - at `$.properties.ingate.limits`"
            return BodyInvalid(reason=reason)
    return ExplicitLimits(
        requests=_choose(body.requests_per_minute, kept.requests),
        input_tokens=_choose(body.input_tokens_per_minute, kept.input_tokens),
        output_tokens=_choose(body.output_tokens_per_minute, kept.output_tokens),
    )


def _choose(given: _Limit, kept: int | None) -> int | None:
    return kept if given is msgspec.UNSET else given


def render_limits(limits: ExplicitLimits) -> JsonObject:
    """What is set; empty when capacity decides everything."""
    members = {
        "requestsPerMinute": limits.requests,
        "inputTokensPerMinute": limits.input_tokens,
        "outputTokensPerMinute": limits.output_tokens,
    }
    set_members = {name: value for name, value in members.items() if value is not None}
    return {"limits": set_members} if set_members else {}


def render_rate_limits(capacity: int, limits: ExplicitLimits) -> list[JsonObject]:
    """As Azure lists them: a unit of capacity is 1 request and 1,000 uncached input tokens a minute."""
    effective = QuotaLimits.of_capacity(capacity, limits)
    return [
        {"key": "request", "renewalPeriod": 60, "count": effective.requests},
        {"key": "token", "renewalPeriod": 60, "count": effective.input_tokens},
    ]


def render_call_rate_limit(capacity: int, limits: ExplicitLimits) -> JsonObject:
    """The same limit on requests, as Azure says it of calls, with the calls that it is about."""
    count = QuotaLimits.of_capacity(capacity, limits).requests
    pattern = {"path": "anthropic/v1/messages", "method": "POST"}
    rule = {"key": "request", "renewalPeriod": 60, "count": count, "matchPatterns": [pattern]}
    return {"count": count, "renewalPeriod": 60, "rules": [rule]}
