"""Which words of a prompt become which argument."""

from __future__ import annotations

from typing import Any

import pytest

from ingate.simulator.prompt_values import PromptValues

STRING: dict[str, Any] = {"type": "string"}
CASES: list[tuple[str, dict[str, Any], Any]] = [
    ('city "New York"', STRING, "New York"),
    ("city: Paris, please", STRING, "Paris"),
    ("City = 'Paris'", STRING, "Paris"),
    ("the city is Paris.", STRING, "Paris"),
    ("the city “Paris”", STRING, "Paris"),
    ('{"city": "Paris"}', STRING, "Paris"),
    ("city: 7", {"type": "integer"}, 7),
    ("city 7", {"type": "integer"}, 7),
    ("city: -7.5", {"type": "number"}, -7.5),
    ("city: seven", {"type": "integer"}, None),
    ("city: yes", {"type": "boolean"}, True),
    ("city = false", {"type": "boolean"}, False),
    ("city: rome", {"enum": ["Rome", "Oslo"]}, "Rome"),
    ("I am in Oslo", {"enum": ["Rome", "Oslo"]}, "Oslo"),
    ("I am in Oslofjord", {"enum": ["Rome", "Oslo"]}, None),
    ('Go to "Lima"', STRING, "Lima"),
    ('Go to "Lima"', STRING | {"format": "date"}, None),
    ("in the city centre", STRING, None),
    ("velocity: Paris", STRING, None),
    ("it's Anna's and Bob's", STRING, None),
]


@pytest.mark.parametrize(("text", "schema", "value"), CASES, ids=[f"{text} {schema}" for text, schema, _ in CASES])
def test_a_value_is_named_quoted_or_one_of_the_schemas_own(text: str, schema: dict[str, Any], value: Any) -> None:
    assert PromptValues(text).suggest("city", schema, is_required=True) == value


def test_quoted_texts_are_given_away_once_in_order_and_named_ones_only_by_name() -> None:
    values = PromptValues('from "Rome" to "Oslo" with title "Trip"')
    assert values.suggest("title", STRING, is_required=True) == "Trip"
    assert values.suggest("origin", STRING, is_required=True) == "Rome"
    assert values.suggest("target", STRING, is_required=True) == "Oslo"
    assert values.suggest("more", STRING, is_required=True) is None


def test_what_need_not_be_there_has_to_be_named() -> None:
    values = PromptValues('"Rome" limit: 3')
    assert values.suggest("city", STRING, is_required=False) is None
    assert values.suggest("limit", {"type": "integer"}, is_required=False) == 3


def test_an_underscore_may_be_spoken_as_a_blank() -> None:
    assert PromptValues("first name: Ada").suggest("first_name", STRING, is_required=True) == "Ada"
