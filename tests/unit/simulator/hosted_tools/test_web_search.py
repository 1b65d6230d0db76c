"""The simulated search: results that are labelled, at addresses no one owns, within the domains that are allowed."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.unit.simulator.hosted_tools.conftest import WEB_SEARCH, Act, Json


def search(act: Act, prompt: str = "Which sheep live in Wales?", **options: object) -> tuple[Json, list[Json]]:
    activity = act(prompt, tools=[WEB_SEARCH | options])
    assert activity
    use, result = activity.blocks
    content: Any = result["content"]
    return use, content


def list_hosts(results: list[Json]) -> set[str | None]:
    return {urlsplit(str(result["url"])).hostname for result in results}


def test_each_result_says_that_it_is_simulated_and_has_opaque_content(act: Act) -> None:
    use, results = search(act)
    assert use["input"] == {"query": "Which sheep live in Wales"}
    assert results[0]["title"] == "Simulated result 1: Which sheep live in Wales"
    assert results[0]["url"] == "https://example.com/simulated/which-sheep-live-in-wales-1"
    for result in results:
        assert len(base64.b64decode(result["encrypted_content"], validate=True)) == 240
    assert len({result["encrypted_content"] for result in results}) == len(results) == 5


def test_the_query_leaves_out_what_the_prompt_asks_of_the_simulator(act: Act) -> None:
    use, _ = search(act, "Sheep, please simulate 1 use.")
    assert use["input"] == {"query": "Sheep please"}


def test_several_searches_take_the_prompt_s_quoted_phrases_in_turn(act: Act) -> None:
    activity = act('Look for "welsh sheep" and "scottish sheep", simulate 3 uses', tools=[WEB_SEARCH])
    assert activity
    queries = [block["input"] for block in activity.blocks if block["type"] == "server_tool_use"]
    assert queries[:2] == [{"query": "welsh sheep"}, {"query": "scottish sheep"}]
    assert activity.web_search_requests == 3


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({"max_uses": None}, {"example.com"}),
        ({"allowed_domains": ["docs.example.org"]}, {"docs.example.org"}),
        ({"allowed_domains": ["a.example", "b.example/blog/*"]}, {"a.example", "b.example"}),
        ({"blocked_domains": ["example.com"]}, {"example.org"}),
        ({"blocked_domains": ["example.com/other"]}, {"example.com"}),
        ({"blocked_domains": ["example.com", "example.org", "example.net"]}, ()),
        ({"allowed_domains": None, "blocked_domains": None}, {"example.com"}),
        ({"user_location": {"type": "approximate", "city": "Cardiff"}}, {"example.com"}),
    ],
)
def test_results_come_from_allowed_domains_only(act: Act, options: Json, hosts: set[str]) -> None:
    _, results = search(act, **options)
    assert list_hosts(results) == set(hosts)


def test_more_searches_than_max_uses_end_in_an_error_that_is_not_billed(act: Act) -> None:
    activity = act("simulate 3 uses", tools=[WEB_SEARCH | {"max_uses": 2}])
    assert activity
    results = [block["content"] for block in activity.blocks if block["type"] == "web_search_tool_result"]
    assert results[2] == {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    assert isinstance(results[1], list)
    assert activity.web_search_requests == 2


@pytest.mark.parametrize("version", ["web_search_20260209", "web_search_20260318"])
def test_newer_versions_of_the_tool_work_the_same(act: Act, version: str) -> None:
    _, results = search(act, type=version)
    assert results[0]["title"].startswith("Simulated result 1")
