from __future__ import annotations

import pytest

from ingate.management.list_filters import Condition, parse_filter
from ingate.management.refusals import FilterInvalid

KNOWN = frozenset({"name", "resourcetype", "tagname"})


def test_no_filter_is_no_condition() -> None:
    assert parse_filter(None, KNOWN) == parse_filter("  ", KNOWN) == ()


def test_comparisons_are_joined_by_and() -> None:
    text = (
        "resourceType eq 'Microsoft.CognitiveServices/accounts' and substringof('it''s', name) and tagName eq 'and'"
    )
    assert parse_filter(text, KNOWN) == (
        Condition(member="resourcetype", value="Microsoft.CognitiveServices/accounts"),
        Condition(member="name", value="it's", is_part=True),
        Condition(member="tagname", value="and"),
    )


def test_values_are_compared_without_regard_to_case() -> None:
    (whole,) = conditions("name eq 'Prod'")
    (part,) = conditions("substringof('RO', name)")
    assert whole.fits({"name": "prod"})
    assert not whole.fits({"name": "prod-2"})
    assert part.fits({"name": "prod-2"})
    assert not part.fits({})


def conditions(text: str) -> tuple[Condition, ...]:
    parsed = parse_filter(text, KNOWN)
    assert not isinstance(parsed, FilterInvalid)
    return parsed


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name ne 'a'",
        "name eq 'a' or name eq 'b'",
        "name eq 'a' and",
        "name eq 'a' name eq 'b'",
        "other eq 'a'",
        "name eq 'a",
        "(name eq 'a')",
        "name eq a",
        "'" * 5000,
    ],
)
def test_what_is_not_understood_is_refused_rather_than_ignored(text: str) -> None:
    assert isinstance(parse_filter(text, KNOWN), FilterInvalid)
