from __future__ import annotations

import pytest

from ingate.cli.apply.json_reader import parse_json
from ingate.cli.apply.problem import PlaceError
from ingate.cli.apply.tree import MapNode, get_value


def test_json_is_read_with_comments_and_places() -> None:
    tree = parse_json('// of a template\n{\n  "a": [1, -2.5, true, null], /* why */ "b": "x\\u00e9\\n"\n}')
    assert get_value(tree) == {"a": [1, -2.5, True, None], "b": "xé\n"}
    assert isinstance(tree, MapNode)
    assert [str(key.place) for key, _ in tree.items] == ["3:3", "3:41"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: not JSON: 'the end' is no value"),
        ('{"a" 1}', "1:6: not JSON: a colon is missing"),
        ('{"a": 1 "b"}', "1:9: not JSON: a comma or the closing brace is missing"),
        ("[1", "1:3: not JSON: a comma or the closing bracket is missing"),
        ('{"a": 1, "a": 2}', "1:10: 'a' is here a second time"),
        ("[nil]", "1:2: not JSON: 'nil' is no value"),
        ("[NaN]", "1:2: not JSON: 'NaN' is no value"),
        ("{} {}", "1:4: not JSON: something follows the end of the JSON value"),
        ("[" * 100, "1:65: not JSON: nested deeper than 64 levels"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(PlaceError) as caught:
        parse_json(text)
    assert f"{caught.value.problem.place}: {caught.value.problem.message}" == problem
