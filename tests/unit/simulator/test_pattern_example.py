"""Texts for simple patterns; none for those that are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.simulator.pattern_example import build_match

SIMPLE = [
    "",
    "abc",
    "^abc$",
    r"^\d{4}-\d{2}-\d{2}$",
    r"^[A-Z]{2,3}[0-9]*$",
    r"^(?:GET|POST) /\S+$",
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    r"^#(?P<hex>[0-9a-fA-F]{6})$",
    r"^[a-z][a-z0-9_-]{2,63}$",
    r"^v?\d+\.\d+(\.\d+)?$",
    r"^[\w.+-]+$",
    r"^[^a-zA-Z0-9]$",
    r"^[]a]+$",
    r"^\$\{x\}\.\*$",
    r"^(a|b)+?\tc.$",
    r"^[\d\s]{3}$",
]
NOT_SIMPLE = [r"(?=a)b", r"(a)\1", r"(?i)a", r"\p{L}", "a)", "(a", "[a", "*a", r"[a-\d]", "a{300}", "x" * 201]


@pytest.mark.parametrize("pattern", SIMPLE)
def test_a_simple_pattern_gets_a_text_that_matches(pattern: str) -> None:
    text = build_match(pattern)
    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", NOT_SIMPLE)
def test_a_pattern_that_is_not_simple_gets_none(pattern: str) -> None:
    assert build_match(pattern) is None


@given(st.text("ab01()[]{}|*+?^$\\.-,:=!dwsnDW ", max_size=30))
@settings(deadline=None)
def test_no_pattern_makes_the_reader_fail(pattern: str) -> None:
    text = build_match(pattern)
    assert text is None or len(text) <= 256
