from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.requests import Request
from tests.support.control_plane import ManagementClient

from ingate.management.control_plane import Answer
from ingate.management.paging import LARGEST_PAGE, render_list
from ingate.management.refusals import QueryParameterInvalid

HOST = (b"host", b"arm.example:8443")


def make_request(query: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "path": "/list",
            "query_string": query.encode(),
            "headers": [HOST],
            "server": None,
        }
    )


def show(query: str, names: list[str]) -> Any:
    outcome = render_list(make_request(query), names, str, lambda name: {"name": name})
    assert isinstance(outcome, Answer)
    return outcome.document


def list_names(page: Any) -> list[str]:
    return [entry["name"] for entry in page["value"]]


def follow(page: Any) -> str:
    link: str = page["nextLink"]
    return urlsplit(link).query


def test_a_short_list_is_one_page_without_a_link() -> None:
    assert show("api-version=2025-09-01", ["b", "a"]) == {"value": [{"name": "a"}, {"name": "b"}]}


def test_a_long_list_is_followed_to_its_end() -> None:
    names = [f"name-{number:04}" for number in range(2 * LARGEST_PAGE + 1)]
    page = show("api-version=2025-09-01", names)
    found = list_names(page)
    while "nextLink" in page:
        page = show(follow(page), names)
        found += list_names(page)
    assert found == names


def test_the_link_is_absolute_and_keeps_the_query() -> None:
    link: str = show("api-version=2025-09-01&$top=1&$filter=x%20eq%20'%26'", ["a", "b"])["nextLink"]
    assert link.startswith("https://arm.example:8443/list?")
    query = dict(parse_qsl(urlsplit(link).query))
    assert query["api-version"] == "2025-09-01"
    assert (query["$top"], query["$filter"]) == ("1", "x eq '&'")


def test_the_link_follows_names_in_any_script() -> None:
    names = ["été", "生产", "продакшн"]
    page = show("$top=1", names)
    found = list_names(page)
    while "nextLink" in page:
        assert page["nextLink"].isascii()
        page = show(follow(page), names)
        found += list_names(page)
    assert sorted(found) == sorted(names)


def test_what_is_deleted_or_created_meanwhile_moves_nothing() -> None:
    page = show("$top=2", ["a", "b", "c", "d"])
    assert list_names(show(follow(page), ["a0", "b0", "c", "d"])) == ["b0", "c"]


@pytest.mark.parametrize(
    "query", ["$top=0", "$top=-1", "$top=ten", "$TOP=1.5", "$top=", "$skiptoken=%FF", "$skiptoken=a"]
)
def test_a_query_that_makes_no_sense_is_refused(query: str) -> None:
    outcome = render_list(make_request(query), ["a"], str, lambda name: {"name": name})
    assert isinstance(outcome, QueryParameterInvalid)


@pytest.mark.anyio
async def test_accounts_come_in_pages(client: ManagementClient) -> None:
    for name in ("bb", "aa"):
        await client.send("PUT", f"{client.accounts_path}/{name}", {"location": "eastus2"})

    first = (await client.send("GET", f"{client.accounts_path}?$top=2")).json()
    assert list_names(first) == ["aa", "bb"]
    next_link: str = first["nextLink"]
    rest = urlsplit(next_link)
    assert list_names((await client.send("GET", f"{rest.path}?{rest.query}")).json()) == ["example-resource"]
