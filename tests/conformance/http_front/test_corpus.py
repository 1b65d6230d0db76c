"""Every case of the corpus against a running gateway."""

from __future__ import annotations

import pytest
from tests.support.front import Front
from tests.support.strict_http import parse_requests

from .case import Case
from .corpus import CORPUS
from .run_case import check_case, run_case


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_case_of_the_corpus(front: Front, case: Case) -> None:
    check_case(case, run_case(front, case))


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [case.name for case in CORPUS]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_corpus_agrees_with_the_strict_reader(case: Case) -> None:
    """What the corpus says reaches the upstream is never more than a strict reader finds in what was sent."""
    sent = b"".join(part for part in case.sent if isinstance(part, bytes))
    found = len(parse_requests(sent).requests)
    least = case.reached[0] if isinstance(case.reached, tuple) else case.reached
    assert least <= found
