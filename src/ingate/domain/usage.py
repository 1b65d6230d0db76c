"""Token usage: what an exchange consumed, in the classes that quotas and prices tell apart."""

from __future__ import annotations

import msgspec

from ingate.wire.messages.usage import OTHER_LIMIT, ReportedUsage


class TokenUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an answer reported, in tokens unless named otherwise. The input classes do not overlap."""

    input_tokens: int = 0
    """Uncached input."""
    output_tokens: int = 0
    """All output, thinking included."""
    cache_read_input_tokens: int = 0
    cache_creation_5m_input_tokens: int = 0
    cache_creation_1h_input_tokens: int = 0
    thinking_tokens: int = 0
    """The part of the output that was thinking."""
    web_search_requests: int = 0
    web_fetch_requests: int = 0
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    other: dict[str, msgspec.Raw] | None = None
    """What else the answer reported, as it came: fields that are new, and `iterations`, which has the usage of each
    inference when there were several."""

    @property
    def cache_creation_input_tokens(self) -> int:
        return self.cache_creation_5m_input_tokens + self.cache_creation_1h_input_tokens

    @property
    def uncached_input_tokens(self) -> int:
        """What counts against a quota of input tokens: everything but cache reads."""
        return self.input_tokens + self.cache_creation_input_tokens


def decide_usage(reported: ReportedUsage) -> TokenUsage:
    """Of a wire usage. Cache writes reported only as a total are five-minute writes, the API's default."""
    split = reported.cache_creation
    total = reported.cache_creation_input_tokens or 0
    one_hour = split.ephemeral_1h_input_tokens if split is not None else 0
    five_minutes = split.ephemeral_5m_input_tokens if split is not None else 0
    tools = reported.server_tool_use
    details = reported.output_tokens_details
    other = reported.other
    if reported.iterations and len(memoryview(reported.iterations)) <= OTHER_LIMIT:
        other = {**(other or {}), "iterations": reported.iterations.copy()}
    return TokenUsage(
        input_tokens=reported.input_tokens or 0,
        output_tokens=reported.output_tokens or 0,
        cache_read_input_tokens=reported.cache_read_input_tokens or 0,
        cache_creation_5m_input_tokens=max(five_minutes, total - one_hour),
        cache_creation_1h_input_tokens=one_hour,
        thinking_tokens=(details.thinking_tokens or 0) if details is not None else 0,
        web_search_requests=(tools.web_search_requests or 0) if tools is not None else 0,
        web_fetch_requests=(tools.web_fetch_requests or 0) if tools is not None else 0,
        service_tier=reported.service_tier,
        inference_geo=reported.inference_geo,
        speed=reported.speed,
        other=other,
    )
