from __future__ import annotations

from datetime import UTC, datetime

from ingate.wire.entra.errors import client_not_found, render_entra_error


def test_an_error_is_told_in_entras_shape() -> None:
    error = client_not_found("the client", "the tenant")
    document = render_entra_error(
        error, time=datetime(2026, 11, 22, 12, tzinfo=UTC), trace_id="trace", correlation_id="correlation"
    )
    assert document["error"] == "unauthorized_client"
    assert document["error_codes"] == [700016]
    assert document["error_uri"] == "https://login.microsoftonline.com/error?code=700016"
    description = str(document["error_description"])
    assert description.startswith(
        "AADSTS700016: Application with identifier 'the client' was not found in the directory"
    )
    assert description.endswith("Trace ID: trace Correlation ID: correlation Timestamp: 2026-11-22 12:00:00Z")


def test_what_a_caller_sent_is_repeated_on_one_line_and_not_for_ever() -> None:
    text = client_not_found("a\r\nSet-Cookie: b\u2028" + "x" * 1000, "the tenant").text
    assert text.isprintable()
    assert len(text) < 700
