from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import get_args

import pytest

from ingate.domain.refusal import Refusal, ResourceNotFound

_HTTP_WORDS = ("status", "header", "http", "code", "body")


@pytest.mark.parametrize("kind", get_args(Refusal))
def test_refusals_are_values_that_know_no_http(kind: type) -> None:
    """Each plane renders them in its own shape: what they are called there is none of their business."""
    assert is_dataclass(kind)
    assert "__slots__" in vars(kind)
    for field in fields(kind):
        assert not any(word in field.name for word in _HTTP_WORDS), field.name


def test_refusals_are_compared_by_what_they_say() -> None:
    assert ResourceNotFound(host="a") == ResourceNotFound(host="a")
    assert ResourceNotFound(host="a") != ResourceNotFound(host="b")
