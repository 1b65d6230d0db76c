from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingate.pytest_plugin.journal import parse_requests, parse_verdict

RECORDED: dict[str, Any] = {
    "number": 3,
    "time": "2026-11-22T12:00:00.250Z",
    "session": "1-test",
    "deployment_name": "my-claude",
    "path": "/v1/messages",
    "headers": {"anthropic-version": "2023-06-01"},
    "body": {"model": "claude-sonnet-4-5", "max_tokens": 5},
    "status": 200,
    "ending": "complete",
    "rule": None,
    "near_misses": [{"rule": "greeting", "failed": ["last_user_text: does not contain 'hello'", "turn: 2, not 1"]}],
    "answered_by": "generated",
}


def test_a_request_reads_as_one_line_and_one_for_each_rule_that_nearly_applied() -> None:
    [request] = parse_requests({"requests": [RECORDED]})

    assert request.body["max_tokens"] == 5
    assert request.time == datetime(2026, 11, 22, 12, 0, 0, 250_000, UTC)
    assert str(request).splitlines() == [
        "3. /v1/messages my-claude -> 200 generated",
        "     rule greeting did not apply: last_user_text: does not contain 'hello', turn: 2, not 1",
    ]


def test_a_request_names_the_rule_that_answered_it() -> None:
    [request] = parse_requests(
        {"requests": [RECORDED | {"rule": "greeting", "near_misses": [], "answered_by": "script"}]}
    )

    assert request.rule == "greeting"
    assert str(request) == "3. /v1/messages my-claude -> 200 script by rule greeting"


def test_members_that_this_version_does_not_know_do_no_harm() -> None:
    assert parse_requests({"requests": [RECORDED | {"new": 1}], "new": 2})[0].number == 3


def test_a_verdict_says_what_the_client_did() -> None:
    verdict = parse_verdict(
        {"ok": False, "findings": [{"kind": "retried_early", "message": "after 0.1 s of 2 s", "requests": [1, 2]}]}
    )

    assert not verdict.ok
    assert str(verdict) == "retried_early: after 0.1 s of 2 s (requests 1, 2)"
    assert str(parse_verdict({"ok": True, "findings": []})) == "nothing to object to"
