from __future__ import annotations

from typing import Any

import pytest

from ingate.wire.arm.documents import DEEPEST, merge_patch, parse_document


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"tags": {"x": "1"}}, {"tags": {"y": "2"}}, {"tags": {"y": "2"}}),
        ({"tags": {"x": "1"}}, {"tags": None}, {}),
        ({"tags": {"x": "1"}}, {}, {"tags": {"x": "1"}}),
    ],
)
def test_a_patch_is_merged_and_tags_are_replaced(
    document: dict[str, Any], patch: dict[str, Any], merged: dict[str, Any]
) -> None:
    before = repr(document)
    assert merge_patch(document, patch) == merged
    assert repr(document) == before


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b"nothing", b"\xff", b"[" * 100_000, b'{"a":NaN}'], ids=repr)
def test_what_is_no_json_object_is_no_document(body: bytes) -> None:
    assert parse_document(body) is None


def test_nesting_has_a_bound_that_real_documents_do_not_reach() -> None:
    def nest(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert parse_document(nest(DEEPEST - 1)) is not None
    assert parse_document(nest(DEEPEST + 1)) is None
    assert parse_document(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}") is None


@pytest.mark.parametrize("body", [b"", b" \n", b"{}"])
def test_no_body_is_an_empty_document(body: bytes) -> None:
    assert parse_document(body) == {}
