from __future__ import annotations

import msgspec
import pytest

from ingate.domain.usage import TokenUsage, decide_usage
from ingate.wire.messages.usage import CacheCreation, OutputTokensDetails, ReportedUsage, ServerToolUse


def test_nothing_reported_is_nothing_used() -> None:
    assert decide_usage(ReportedUsage()) == TokenUsage()


def test_every_class_finds_its_place() -> None:
    reported = ReportedUsage(
        input_tokens=1,
        output_tokens=2,
        cache_creation_input_tokens=12,
        cache_read_input_tokens=8,
        cache_creation=CacheCreation(ephemeral_5m_input_tokens=5, ephemeral_1h_input_tokens=7),
        server_tool_use=ServerToolUse(web_search_requests=3, web_fetch_requests=None),
        output_tokens_details=OutputTokensDetails(thinking_tokens=1),
        service_tier="standard",
        inference_geo="eu",
        speed="fast",
        iterations=msgspec.Raw(b'[{"type":"compaction"}]'),
        other={"new": msgspec.Raw(b"1")},
    )
    usage = decide_usage(reported)
    assert usage == TokenUsage(
        input_tokens=1,
        output_tokens=2,
        cache_read_input_tokens=8,
        cache_creation_5m_input_tokens=5,
        cache_creation_1h_input_tokens=7,
        thinking_tokens=1,
        web_search_requests=3,
        service_tier="standard",
        inference_geo="eu",
        speed="fast",
        other={"new": msgspec.Raw(b"1"), "iterations": msgspec.Raw(b'[{"type":"compaction"}]')},
    )
    assert usage.cache_creation_input_tokens == 12
    assert usage.uncached_input_tokens == 13, "what a cache wrote counts against a quota, what it read does not"


@pytest.mark.parametrize(
    ("total", "split", "five_minutes", "one_hour"),
    [
        (10, None, 10, 0),
        (None, CacheCreation(ephemeral_5m_input_tokens=4), 4, 0),
        (10, CacheCreation(ephemeral_1h_input_tokens=10), 0, 10),
        (10, CacheCreation(ephemeral_1h_input_tokens=3), 7, 3),
        (0, CacheCreation(), 0, 0),
    ],
)
def test_cache_writes_without_a_class_are_five_minute_ones(
    total: int | None, split: CacheCreation | None, five_minutes: int, one_hour: int
) -> None:
    usage = decide_usage(ReportedUsage(cache_creation_input_tokens=total, cache_creation=split))
    assert (usage.cache_creation_5m_input_tokens, usage.cache_creation_1h_input_tokens) == (five_minutes, one_hour)
