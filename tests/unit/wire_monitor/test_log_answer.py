"""What a `Prefer` header asks for."""

from __future__ import annotations

from ingate.wire.monitor.log_answer import Preferences, parse_preferences


def test_preferences_are_read() -> None:
    given = "wait=600,include-statistics=true,include-render=true"

    assert parse_preferences(given) == Preferences(wait=600.0, statistics=True, render=True)


def test_what_is_unknown_or_malformed_is_passed_over() -> None:
    assert parse_preferences("") == Preferences()
    assert parse_preferences("ai.response-thinning=false, wait=soon, ;=") == Preferences()
    assert parse_preferences('wait="5"; include-statistics=false') == Preferences(wait=5.0)
