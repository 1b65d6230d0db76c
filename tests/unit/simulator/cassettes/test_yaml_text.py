"""What is written as YAML is read as it was, and reads well."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.cassettes.cassette import CassetteError
from ingate.simulator.cassettes.yaml_text import YamlDocument, render_yaml
from ingate.simulator.json_value import JsonObject

PATH = Path("a.yaml")
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        "yes",
        "1e3",
        "~",
        "=",
        "<<",
        "- a",
        "2026-01-01",
        "0x1f",
        "1_000",
        "1:30",
        "a\n",
        "\n a",
        "a \nb",
        "\x85",
        "\ufeff",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=3))
def test_any_json_object_comes_back(document: JsonObject) -> None:
    assert YamlDocument(PATH, render_yaml(document)).value == document


def test_long_texts_are_blocks_and_nothing_is_an_alias() -> None:
    shared = {"text": "One line.\nAnother line.\n"}
    assert render_yaml({"a": shared, "b": shared}).decode() == (
        "a:\n  text: |\n    One line.\n    Another line.\nb:\n  text: |\n    One line.\n    Another line.\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (b"a: 1\nb: [1, 2\n", 3, "did not find expected ',' or ']'"),
        (b"- 1\n", 1, "not a cassette: no mapping"),
        (b"", 1, "not a cassette: no mapping"),
        (b"a: &x [1]\nb: *x\n", 2, "aliases are not allowed"),
        (b"a: !!python/object:os.system 1\n", 1, "could not determine a constructor"),
        (b"a: \xff\n", None, ""),
        (b"[" * 100_000, 1, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: bytes, line: int | None, reason: str) -> None:
    with pytest.raises(CassetteError) as raised:
        YamlDocument(PATH, text)
    assert raised.value.line == line or line is None
    assert reason in raised.value.reason
    assert str(raised.value).startswith("a.yaml")
