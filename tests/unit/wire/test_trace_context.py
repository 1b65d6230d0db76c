"""https://www.w3.org/TR/trace-context/#traceparent-header"""

from __future__ import annotations

import pytest

from ingate.wire.trace_context import make_span_id, parse_traceparent, render_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_ids_are_read_and_written() -> None:
    given = f"00-{TRACE}-{SPAN}-01".encode()

    parsed = parse_traceparent(given)

    assert parsed is not None
    assert parsed == (TRACE, SPAN, "01")
    assert render_traceparent(parsed) == given


def test_a_later_version_may_have_more_parts() -> None:
    assert parse_traceparent(f"01-{TRACE}-{SPAN}-01-more".encode()) == (TRACE, SPAN, "01")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "00-x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01",
    ],
)
def test_what_is_malformed_is_ignored(given: str) -> None:
    assert parse_traceparent(given.encode()) is None


def test_span_of_an_exchange_is_known_from_its_record() -> None:
    assert make_span_id("0af76519-16cd-43dd-8448-eb211c80319c") == "0af7651916cd43dd"
