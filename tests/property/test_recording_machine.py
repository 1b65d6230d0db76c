"""The same as `test_exchange_machine`, with a log whose disk takes its time, fails, or is full."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from tests.property.test_exchange_machine import SETTLED, ExchangeMachine


class RecordingMachine(ExchangeMachine):
    def connect(self) -> None:
        if self.front.log.waiting is None:
            self.front.log.waiting = []
        super().connect()

    @precondition(lambda self: bool(self.front.log.waiting))
    @rule(is_safe=st.booleans())
    def disk_is_done(self, is_safe: bool) -> None:
        told, self.front.log.waiting = self.front.log.waiting or [], []
        for then in told:
            then(is_safe)
        self.look_for_call()
        if self.client.transport.is_closing() or self.client.transport.eof_written:
            self.connect()

    @rule(is_full=st.booleans())
    def disk_fills_up_or_empties(self, is_full: bool) -> None:
        self.front.log.writable = not is_full

    @invariant()
    def every_exchange_settled_once(self) -> None:
        if not hasattr(self, "front"):
            return
        records = [*self.front.log.records, *self.front.log.kept]
        assert all(record.outcome in SETTLED for record in records)
        assert len({record.apim_request_id for record in records}) == len(records)
        open_exchanges = len(self.drains) + (self.call is not None)
        assert len(records) == self.settled == len(self.front.upstream.calls) - open_exchanges
        assert len(self.limiter.open) == open_exchanges


RecordingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRecordingMachine = RecordingMachine.TestCase
