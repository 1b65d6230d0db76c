"""Settlement: what an exchange is charged for, whichever way it ended.

The rule (docs/reference/usage-and-settlement.md): what the upstream reported, as far as it is known; an estimate of
what it did and did not report; nothing where it refused, or failed by itself before it answered.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from ingate.wire.messages.usage import AnswerReader

from .token_estimate import estimate_output_tokens
from .upstream import UpstreamFailure
from .usage import TokenUsage, decide_usage


class Charge(NamedTuple):
    usage: TokenUsage | None
    is_estimate: bool = False
    is_released: bool = False
    """All that was reserved is given back, the request too: the upstream never got it, or refused it."""


_NEVER_REACHED = (UpstreamFailure.NOT_CONFIGURED, UpstreamFailure.UNREACHABLE)
NO_CHARGE = Charge(None)
_RELEASED = Charge(None, is_released=True)


def decide_charge(
    *,
    status: int | None,
    reader: AnswerReader | None,
    failure: UpstreamFailure | None,
    takes_quota: bool,
    reserved_input_tokens: int,
    unread_bytes: int = 0,
) -> Charge:
    """`status` and `reader` are those of the upstream's answer, None when it had not begun; the reader has been told
    that no more will come. `failure` is set when the upstream ended the exchange, not the client or the worker.
    `unread_bytes` of the answer were compressed so that nobody could see into them: each is taken for one of content.
    """
    if status is None or reader is None:
        return _decide_unanswered(failure, takes_quota=takes_quota, reserved_input_tokens=reserved_input_tokens)
    if status >= 400:
        return _RELEASED
    if not takes_quota:
        return NO_CHARGE  # what count_tokens says was counted, not used: no sum is to have it
    reported = reader.usage
    if reported is not None and reader.usage_is_final:
        return Charge(decide_usage(reported))
    content = reader.measure_content() + unread_bytes
    if reported is None and reader.error_type is not None and content == 0:
        return _RELEASED  # refused after all, by an event
    usage = decide_usage(reported) if reported is not None else TokenUsage()
    input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
    if reported is None or not reported.says_input:
        input_tokens = reserved_input_tokens
    if not reader.knows_output:
        output_tokens = max(output_tokens, estimate_output_tokens(content))
    return Charge(replace(usage, input_tokens=input_tokens, output_tokens=output_tokens), is_estimate=True)


def _decide_unanswered(failure: UpstreamFailure | None, *, takes_quota: bool, reserved_input_tokens: int) -> Charge:
    """Whoever leaves a request to its upstream pays for its being read; what an upstream breaks, nobody pays."""
    if failure in _NEVER_REACHED:
        return _RELEASED
    if failure is not None or not takes_quota:
        return NO_CHARGE
    return Charge(TokenUsage(input_tokens=reserved_input_tokens), is_estimate=True)
