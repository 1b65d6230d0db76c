"""A gateway worker with parts taken out: `python -m bench.limits_worker PORT DATA_DIR LIMITS JOURNAL`.

There is no such switch in the product. This is `ingate.assembly.gateway` as it is, but for two names in it that stand
for something which does nothing.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

from ingate.assembly import gateway
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.quota import Decided, QuotaLimits, Reservation
from ingate.settings import parse_settings

NOTHING = "none"


class NoLimiter:
    """Admits everything. Still hands out what the exchange settles by."""

    def __init__(self, *, worker: int, workers: int) -> None: ...

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        decided(Reservation(quota_key=quota_key, input_tokens=input_tokens))

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None: ...

    def give_back(self, reservation: Reservation) -> None: ...


class NoJournal:
    """Says that it has written what it has not. The record is made all the same."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def append(self, record: ExchangeRecord, then: Callable[[bool], None] | None = None) -> bool:
        if then is not None:
            then(True)
        return True

    def is_ready(self) -> bool:
        return True

    def tick(self) -> None: ...

    def close(self) -> None: ...


def main(port: str, data_dir: str, limits: str, journal: str) -> int:
    taken_out: dict[str, object] = {}
    if limits == NOTHING:
        taken_out["InProcessLimiter"] = NoLimiter
        limits = "in-process"
    if journal == NOTHING:
        taken_out["Journal"] = NoJournal
    for name, stand_in in taken_out.items():
        setattr(gateway, name, stand_in)
    # The load's core is full, and the Valkey's as well: what is measured is the work, not how patient the worker is.
    settings = parse_settings({"data_dir": Path(data_dir), "limits": limits, "limits_timeout": 10.0}, {})
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=1024)
    listener.setblocking(False)
    return gateway.run_gateway(settings, worker=0, listener=listener, lifeline=-1, ready=-1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
