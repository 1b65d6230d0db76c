"""The life of an exchange, as a table; tests/property/test_exchange_machine.py lives through it."""

from __future__ import annotations

import msgspec

from ingate.domain.exchange import TRANSITIONS, ExchangeEvent, ExchangeRecord, ExchangeState
from ingate.domain.usage import TokenUsage


def test_from_every_state_but_the_last_there_is_a_way_to_settle() -> None:
    for state in (ExchangeState.ADMITTED, ExchangeState.ANSWERING):
        assert ExchangeState.SETTLED in {after for (before, _), after in TRANSITIONS.items() if before is state}


def test_a_settled_exchange_hears_nothing_more() -> None:
    assert not [before for before, _ in TRANSITIONS if before is ExchangeState.SETTLED]


def test_a_client_may_leave_and_a_worker_may_stop_at_any_time_and_that_settles_it() -> None:
    for event in (ExchangeEvent.CLIENT_LEFT, ExchangeEvent.WORKER_STOPPED, ExchangeEvent.UPSTREAM_FAILED):
        for state in (ExchangeState.ADMITTED, ExchangeState.ANSWERING):
            assert TRANSITIONS[state, event] is ExchangeState.SETTLED


def test_a_record_is_a_small_json_object_that_leaves_out_what_is_not_known() -> None:
    record = ExchangeRecord(
        time=1.5,
        request_id="req_1",
        apim_request_id="guid",
        operation="messages",
        status=200,
        outcome="completed",
        duration_ms=2.0,
        usage=TokenUsage(input_tokens=3),
        authentication="key",
    )
    assert msgspec.json.decode(msgspec.json.encode(record)) == {
        "time": 1.5,
        "request_id": "req_1",
        "apim_request_id": "guid",
        "operation": "messages",
        "status": 200,
        "outcome": "completed",
        "duration_ms": 2.0,
        "usage": {"input_tokens": 3},
        "authentication": "key",
    }
    assert msgspec.json.decode(msgspec.json.encode(record), type=ExchangeRecord) == record
