"""The journal of requests: what it keeps, and what it never does."""

from __future__ import annotations

import pytest

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.scripting import request_journal
from ingate.simulator.scripting.request_journal import RequestJournal


def add(journal: RequestJournal, *names: str, body: bytes = b"", session: str = "") -> None:
    """A request with headers of these names."""
    journal.add(
        SimulatorRequest(
            path=b"/v1/messages",
            headers=[(name.encode(), b"sk-canary") for name in names],
            body=body,
        ),
        session=session,
        arrived=0.0,
        time=0.0,
    )


def test_the_oldest_make_room_and_are_counted() -> None:
    journal = RequestJournal()
    for _ in range(request_journal.MOST_ENTRIES + 3):
        add(journal)
    assert [entry.number for entry in journal.entries][:2] == [4, 5]
    assert journal.dropped == 3


def test_bodies_have_a_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_journal, "MOST_BYTES", 100)
    journal = RequestJournal()
    for size in (60, 40, 30, 500, 10):
        add(journal, body=b"x" * size)
        assert sum(len(entry.request.body) for entry in journal.entries) <= max(100, size)
    assert [entry.number for entry in journal.entries] == [5]
    assert journal.dropped == 4


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Proxy-Authorization", "x-api-key", "api-key", "Ocp-Apim-Subscription-Key", "cookie",
        "x-goog-api-key", "x-amz-security-token", "x-my-secret", "anthropic-auth-token",
    ],
)  # fmt: skip
def test_credentials_are_never_kept(name: str) -> None:
    journal = RequestJournal()
    add(journal, name)
    assert "sk-canary" not in repr(journal.entries[0])


def test_other_headers_are_kept_by_their_lower_case_names() -> None:
    journal = RequestJournal()
    add(journal, "X-Team", "anthropic-beta", "idempotency-key")
    assert [name for name, _ in journal.entries[0].headers] == ["x-team", "anthropic-beta", "idempotency-key"]


def test_numbers_go_on_after_a_deletion() -> None:
    journal = RequestJournal()
    add(journal, session="a")
    add(journal, session="b")
    journal.delete("a")
    add(journal, session="a")
    assert [(entry.number, entry.session) for entry in journal.list_entries("")] == [(2, "b"), (3, "a")]
    assert [entry.number for entry in journal.list_entries("a")] == [3]
