from __future__ import annotations

from tests.unit.proxy.running_proxy import Heard

from ingate.proxy.destination import Address
from ingate.proxy.observations import REMEMBERED, Observations


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_thing_is_counted_by_host_and_reason_and_passed_on() -> None:
    clock, heard, changes = Clock(), Heard(), list[None]()
    seen = Observations(clock=clock, on_change=lambda: changes.append(None), then=heard)
    seen.on_arrival()
    seen.on_served("a")
    clock.now = 107.0
    seen.on_served("a")
    seen.on_untrusted("a", "unknown ca")
    seen.on_untrusted("a", "bad certificate")
    seen.on_left_unheard("b")
    seen.on_not_let_out("c", 443, "why")
    seen.on_unreachable(Address(host="d", port=1), "refused")
    assert (seen.since, seen.arrivals, len(changes)) == (100.0, 1, 7)
    assert [(h.host, h.count, h.last_at) for h in seen.served] == [("a", 2, 107.0)]
    assert [(h.host, h.reason) for h in seen.broken_off] == [("a", "unknown ca"), ("a", "bad certificate")]
    assert [h.host for h in seen.left_unheard] == ["b"]
    assert [(h.host, h.reason) for h in seen.not_let_out] == [("c", "why")]
    assert (heard.arrivals, heard.served, heard.untrusted) == (1, ["a", "a"], ["a", "a"])
    assert (heard.left_unheard, heard.not_let_out, heard.unreachable) == (["b"], ["c:443"], ["refused"])


def test_no_more_is_remembered_than_a_program_asks_for() -> None:
    seen = Observations(clock=Clock(), on_change=lambda: None, then=Heard())
    for number in range(REMEMBERED + 1):
        seen.on_served(f"host-{number}")
    assert len(seen.served) == REMEMBERED
