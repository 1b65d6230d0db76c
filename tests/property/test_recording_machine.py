"""The same as `test_exchange_machine`, with a log whose disk takes its time, fails, or is full."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.property.test_exchange_machine import SETTLED, ExchangeMachine


class RecordingMachine(ExchangeMachine):
    @initialize(version=st.sampled_from([b"1.1", b"1.0"]))
    def start(self, version: bytes) -> None:
        super().start(version)
        self.front.log.waiting = []

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
        log = self.front.log
        records = [*log.records, *log.kept]
        assert all(record.outcome in SETTLED for record in records)
        open_exchanges = 0 if self.call is None else 1
        assert len(records) == self.settled == len(self.front.upstream.calls) - open_exchanges
        assert len({record.apim_request_id for record in records}) == len(records)


RecordingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRecordingMachine = RecordingMachine.TestCase
