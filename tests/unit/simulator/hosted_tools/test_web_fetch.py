"""The simulated fetch: a labelled page, only for addresses that the conversation has named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.hosted_tools.conftest import WEB_FETCH, WEB_SEARCH, Act, Json, say

URL = "https://sheep.example/wales"
FORCED = {"type": "tool", "name": "web_fetch"}
LONG_URL = "https://sheep.example/" + "a" * 250


def fetch(act: Act, prompt: str = f"What does {URL}, say?", *later: Json, **options: Any) -> tuple[Any, Any]:
    """Input of the use, content of the result."""
    choice = {"tool_choice": options.pop("tool_choice")} if "tool_choice" in options else {}
    activity = act(prompt, *later, tools=[WEB_FETCH | options], **choice)
    assert activity
    assert activity.web_fetch_requests == 1
    use, result = activity.blocks
    return use["input"], result["content"]


def test_the_page_says_that_nothing_was_fetched(act: Act) -> None:
    asked, page = fetch(act)
    assert asked == {"url": URL}
    assert page["url"] == URL
    assert page["content"]["title"] == f"Simulated page for {URL}"
    assert page["content"]["source"]["data"].startswith(f"This page is simulated. Nothing was fetched from {URL}.")
    assert "citations" not in page["content"]


def test_without_an_address_in_the_turn_nothing_is_fetched(act: Act) -> None:
    assert act("What do sheep say?", tools=[WEB_FETCH]) is None


def test_citations_are_enabled_in_the_page_when_the_tool_asks_for_them(act: Act) -> None:
    _, page = fetch(act, citations={"enabled": True})
    assert page["content"]["citations"] == {"enabled": True}


def test_max_content_tokens_cuts_the_page(act: Act) -> None:
    _, whole = fetch(act)
    _, cut = fetch(act, max_content_tokens=10)
    text = cut["content"]["source"]["data"]
    assert 10 < len(text) < 80
    assert whole["content"]["source"]["data"].startswith(text)


@pytest.mark.parametrize(
    ("prompt", "options", "error_code"),
    [
        ("No address here", {"tool_choice": FORCED}, "url_not_in_prior_context"),
        (f"Read {URL}", {"blocked_domains": ["sheep.example"]}, "url_not_allowed"),
        (f"Read {URL}", {"allowed_domains": ["other.example"]}, "url_not_allowed"),
        (f"Read {URL}", {"allowed_domains": ["sheep.example/scotland"]}, "url_not_allowed"),
        (f"Read {LONG_URL}", {}, "url_too_long"),
        (
            f"Read {URL}",
            {"url_sources": {"user_input": {"type": "none"}}, "tool_choice": FORCED},
            "url_not_in_prior_context",
        ),
    ],
)
def test_an_address_that_may_not_be_fetched_is_an_error(
    act: Act, prompt: str, options: Json, error_code: str
) -> None:
    _, content = fetch(act, prompt, **options)
    assert content == {"type": "web_fetch_tool_result_error", "error_code": error_code}


@pytest.mark.parametrize("allowed", ["sheep.example", "sheep.example/wales", "sheep.example/*les", "example"])
def test_an_allowed_domain_covers_its_subdomains_and_paths(act: Act, allowed: str) -> None:
    _, page = fetch(act, allowed_domains=[allowed])
    assert page["type"] == "web_fetch_result"


def test_a_forced_fetch_takes_the_last_address_of_earlier_turns(act: Act) -> None:
    earlier = [
        {"role": "user", "content": f"I like {URL}"},
        say({"type": "text", "text": "https://not.example/this"}),
    ]
    activity = act("Read it", earlier=earlier, tools=[WEB_FETCH], tool_choice=FORCED)
    assert activity
    assert activity.blocks[0]["input"] == {"url": URL}


@pytest.mark.parametrize(
    ("rule", "is_fetched"),
    [
        ({"type": "all"}, True),
        ({"type": "none"}, False),
        ({"type": "only", "tools": [{"type": "tool_reference", "name": "web_search"}]}, True),
        ({"type": "except", "tools": [{"type": "tool_reference", "name": "web_search"}]}, False),
    ],
)
def test_url_sources_say_whether_found_addresses_count(act: Act, rule: Json, is_fetched: bool) -> None:
    tool = {"type": "web_fetch_20260318", "name": "web_fetch", "url_sources": {"server_tool_results": rule}}
    activity = act(tools=[tool, WEB_SEARCH])
    assert activity
    assert (activity.web_fetch_requests == 1) == is_fetched


def test_an_address_in_the_result_of_a_client_s_tool_can_be_fetched(act: Act) -> None:
    call: Json = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": f"see <{URL}>"}
    asked, _ = fetch(act, "Find it", say(call), {"role": "user", "content": [result]})
    assert asked == {"url": URL}


def test_more_fetches_than_max_uses_end_in_an_error(act: Act) -> None:
    activity = act(f"Read {URL} and https://b.example/, simulate 2 uses", tools=[WEB_FETCH | {"max_uses": 1}])
    assert activity
    assert activity.blocks[2]["input"] == {"url": "https://b.example/"}
    assert activity.blocks[3]["content"] == {
        "type": "web_fetch_tool_result_error",
        "error_code": "max_uses_exceeded",
    }
