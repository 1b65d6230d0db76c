"""What the proxy saw of its clients, as it leaves that in a file, and what the last `ingate run` came to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .json_value import JsonObject, get_object, get_objects, get_text
from .private_file import write_private_file

PROXY_FILE = "proxy.json"
"""In the data directory: of the proxy that `ingate up` keeps."""
LAST_RUN_FILE = "last-run.json"
"""In the data directory: of the last `ingate run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to clients of a host. Times are in seconds since 1970."""

    host: str
    reason: str
    count: int
    last_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyReport:
    since: float
    arrivals: int
    """How often somebody asked for anything."""
    served: tuple[Happening, ...]
    broken_off: tuple[Happening, ...]
    """TLS that a client did not go through with."""
    left_unheard: tuple[Happening, ...]
    """TLS that a client went through with, and closed before it said a word."""
    not_let_out: tuple[Happening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    program: str
    exit_code: int
    ended_at: float
    report: ProxyReport


def read_report(path: Path) -> ProxyReport | None:
    """None when there is none that can be read."""
    content = _read_object(path)
    return _parse_report(content) if content else None


def read_last_run(data_dir: Path) -> LastRun | None:
    content = _read_object(data_dir / LAST_RUN_FILE)
    if not content:
        return None
    return LastRun(
        program=get_text(content, "program"),
        exit_code=int(_get_number(content, "exit_code")),
        ended_at=_get_number(content, "ended_at"),
        report=_parse_report(get_object(content, "proxy")),
    )


def keep_last_run(
    data_dir: Path, *, report_file: Path, program: str, exit_code: int, ended_at: float
) -> LastRun | None:
    """For `ingate doctor`. None when the proxy left no report. Arguments are not kept: a secret may be among them."""
    report = _read_object(report_file)
    if not report:
        return None
    content: Mapping[str, object] = {
        "program": program,
        "exit_code": exit_code,
        "ended_at": ended_at,
        "proxy": report,
    }
    write_private_file(data_dir / LAST_RUN_FILE, json.dumps(content).encode())
    return LastRun(program=program, exit_code=exit_code, ended_at=ended_at, report=_parse_report(report))


def _parse_report(content: JsonObject) -> ProxyReport:
    return ProxyReport(
        since=_get_number(content, "since"),
        arrivals=int(_get_number(content, "arrivals")),
        served=_parse_happenings(content, "served"),
        broken_off=_parse_happenings(content, "broken_off"),
        left_unheard=_parse_happenings(content, "left_unheard"),
        not_let_out=_parse_happenings(content, "not_let_out"),
    )


def _parse_happenings(content: JsonObject, name: str) -> tuple[Happening, ...]:
    return tuple(
        Happening(
            host=get_text(item, "host"),
            reason=get_text(item, "reason"),
            count=int(_get_number(item, "count")),
            last_at=_get_number(item, "last_at"),
        )
        for item in get_objects(content, name)
    )


def _get_number(content: JsonObject, name: str) -> float:
    number = content.get(name)
    return float(number) if isinstance(number, int | float) else 0.0


def _read_object(path: Path) -> JsonObject:
    try:
        return get_object(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
