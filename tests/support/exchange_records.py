"""Records of exchanges, and journals of them, for tests of what is made of journals."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.price import ExchangeCost
from ingate.domain.usage import TokenUsage

NOON = 1_800_000_000.0 - 1_800_000_000 % 86_400 + 43_200
"""Of a day, in seconds since 1970."""
ACCOUNT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g1/"
    "providers/Microsoft.CognitiveServices/accounts/r1"
)
HEADER = b'{"journal_format":1,"worker":0,"pid":1,"opened":1800000000.0}\n'


def make_cost(*picodollars: int) -> ExchangeCost:
    """Of input, output, cache reads, writes of 5 minutes and an hour, and searches."""
    whole = (*picodollars, 0, 0, 0, 0, 0, 0)[:6]
    return ExchangeCost(*(Decimal(amount).scaleb(-12) for amount in whole))


def make_exchange(**fields: Any) -> ExchangeRecord:
    """One that succeeded, unless told otherwise."""
    known: dict[str, Any] = {
        "time": NOON,
        "request_id": "req_1",
        "apim_request_id": "11111111-1111-1111-1111-111111111112",
        "resource": "r1",
        "resource_id": ACCOUNT,
        "location": "eastus2",
        "deployment": "opus",
        "model": "claude-opus-4-5",
        "model_version": "20251101",
        "deployment_type": "GlobalStandard",
        "upstream": "simulator",
        "operation": "messages",
        "status": 200,
        "outcome": "completed",
        "duration_ms": 100.0,
        "usage": TokenUsage(input_tokens=10, output_tokens=20),
        "authentication": "key",
        "request_bytes": 1000,
        "response_bytes": 500,
    }
    return ExchangeRecord(**(known | fields))


def make_refused(**fields: Any) -> ExchangeRecord:
    nothing: dict[str, Any] = {"usage": None, "model": None, "model_version": None, "deployment_type": None}
    return make_exchange(**{"outcome": "refused", "status": 429, "duration_ms": 1.0, **nothing, **fields})


def make_mixed_load(count: int, seed: int = 7) -> list[ExchangeRecord]:
    """Of every kind, over three days."""
    chosen = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return [_make_any(chosen, number) for number in range(count)]


def _make_any(chosen: random.Random, number: int) -> ExchangeRecord:
    time = NOON + chosen.randrange(3 * 86_400)
    name = chosen.choice(["opus", "haiku"])
    if chosen.random() < 0.1:
        return make_refused(time=time, deployment=name, request_id=f"req_{number}", status=chosen.choice([404, 429]))
    streaming = chosen.random() < 0.5
    usage = TokenUsage(
        input_tokens=chosen.randrange(1000),
        output_tokens=chosen.randrange(1000),
        cache_read_input_tokens=chosen.randrange(5000),
        cache_creation_5m_input_tokens=chosen.randrange(100),
        cache_creation_1h_input_tokens=chosen.randrange(100),
        web_search_requests=chosen.randrange(2),
    )
    return make_exchange(
        time=time,
        request_id=f"req_{number}",
        deployment=name,
        model=f"claude-{name}-4-5",
        streaming=streaming,
        duration_ms=chosen.uniform(50, 5000),
        first_token_ms=chosen.uniform(1, 50) if streaming else None,
        usage=usage,
        principal_id=chosen.choice([None, "11111111-1111-1111-1111-111111111113"]),
        cost=make_cost(*(chosen.randrange(10**12) for _ in range(6))),
        price="claude@2026-08-21",
    )


def render_lines(records: Iterable[ExchangeRecord]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


@dataclass(frozen=True)
class Journals:
    """A data directory's journals, written without the code under test."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        folder = self.data_dir / "journal"
        folder.mkdir(exist_ok=True)
        return folder

    def append(self, name: str, content: bytes | Iterable[ExchangeRecord]) -> Path:
        path = self.folder / f"{name}.jsonl"
        lines = content if isinstance(content, bytes) else render_lines(content)
        with path.open("ab") as file:
            file.write(lines if file.tell() else HEADER + lines)
        return path
