"""Texts for simple patterns; none for those that are not."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.simulator.pattern_example import build_match, matches

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


@pytest.mark.parametrize("pattern", [pattern for pattern in SIMPLE[3:] if "x" not in pattern])
def test_variants_match_too_and_differ(pattern: str) -> None:
    texts = [build_match(pattern, variant) for variant in range(4)]
    assert all(text is not None and re.search(pattern, text) for text in texts)
    assert len(set(texts)) > 1


@pytest.mark.parametrize("pattern", SIMPLE)
def test_a_text_is_matched_as_pythons_engine_matches_it(pattern: str) -> None:
    texts = [
        "",
        "abc",
        "2026-11-22",
        "AB12",
        "GET /x",
        "a@b.cd",
        "#00ff00",
        "ab-c_1",
        "v1.2",
        "${x}.*",
        "é",
        "ab\tcd",
    ]
    for text in texts:
        assert matches(pattern, text) == bool(re.search(pattern, text, re.ASCII)), text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bcat\b", "a cat!"),
        (r"\bcat\b", "concat"),
        (r"^x|y$", "ay"),
        (r"a{2,3}$", "aaaa"),
        (r"^a{0}$", ""),
        ("", "x"),
    ],
)
def test_anchors_and_counts_are_understood(pattern: str, text: str) -> None:
    assert matches(pattern, text) == bool(re.search(pattern, text))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "((a*)*)*b"])
def test_no_pattern_takes_long_to_match(pattern: str) -> None:
    started = time.perf_counter()
    matches(pattern, "a" * 5_000 + "!")
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("pattern", NOT_SIMPLE[:6])
def test_of_a_pattern_that_is_not_simple_nothing_is_said(pattern: str) -> None:
    assert matches(pattern, "a") is None
