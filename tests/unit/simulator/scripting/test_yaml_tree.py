"""YAML as a tree with places: what is read as what, and what is refused where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.scripting.yaml_tree import MOST_CHARACTERS, TreeError, get_value, parse_tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("[1.5, -2, 1e3, .5, 0x1f]", [1.5, -2, 1000.0, 0.5, "0x1f"]),
        ("[true, False, yes, no, on, off]", [True, False, "yes", "no", "on", "off"]),
        ("[null, ~, '', 'null', \"1\"]", [None, None, "", "null", "1"]),
        ("[2026-11-22, 12:30]", ["2026-11-22", "12:30"]),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("- &x {a: 1}\n- *x", [{"a": 1}, {"a": 1}]),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    assert get_value(parse_tree(text)) == value


JSON_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXTS.filter(lambda key: len(key) < 100), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON_VALUES), st.sampled_from([None, "\t", 2]))
def test_json_is_read_as_json(value: dict[str, object], indent: str | int | None) -> None:
    """Also with escapes for characters beyond 16 bits, and with tabs."""
    assert get_value(parse_tree(json.dumps(value, indent=indent))) == value


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", (1, 1), "there is nothing in it"),
        ("a: 1\nb: [", (3, 1), "not YAML: "),
        ("a: 1\na: 2", (2, 1), "'a' is here a second time"),
        ("a: !!python/object:os.system x", (1, 4), "tags are not taken: tag:yaml.org,2002:python/object:os.system"),
        ("a: 1\n---\nb: 2", (2, 1), "a second document begins here"),
        ("a: &x [*x]", (1, 8), "no anchor '&x' ends before this place"),
        ("? [a]\n: 1", (1, 3), "a key has to be a plain word or a string"),
        ("a: \x07", (1, 1), "not YAML: "),
        ("[" * 100, (1, 65), "nested deeper than 64 levels"),
    ],
)
def test_what_is_refused_has_a_place(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(TreeError) as caught:
        parse_tree(text)
    problem = caught.value.problem
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(message)


def test_aliases_cannot_unfold_without_bound() -> None:
    """Nine lines that would be 10^9 values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(TreeError, match="aliases unfolded"):
        parse_tree("\n".join(lines))


def test_a_text_can_be_too_long() -> None:
    with pytest.raises(TreeError, match="longer than"):
        parse_tree("#" * (MOST_CHARACTERS + 1))
