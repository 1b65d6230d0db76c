"""All sinks of a data directory: made, changed and ended as diagnostic settings are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ingate.domain.audit import AuditEvent
from ingate.domain.diagnostic_setting import DiagnosticSetting, OtlpSink, WebhookSink
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.metric import MetricStore
from ingate.telemetry.following import JournalFollower
from ingate.telemetry.journal_reader import JOURNAL_FOLDER
from ingate.telemetry.prometheus import Gauge

from .audit_queue import AuditQueue, ReadAudit
from .cursor_file import CursorFile
from .delivery import DeliveryFailed, Destination, ReadCredential, deliver_in_parts
from .events import Event, render_call
from .http_post import Poster
from .journal_queue import JournalQueue
from .ledger import Ledger
from .metric_queue import MetricQueue
from .otlp_logs import OtlpLogs
from .sink import FIRST_BACKOFF, Queue, Sink
from .storage_folder import StorageFolder
from .webhook import Webhook

_log = logging.getLogger(__name__)

SINKS_FILE = "sinks.db"
BACKLOG_BYTES = 1024 * 1024 * 1024
STOP_SECONDS = 2.0

Kind = Literal["storage", "webhook", "otlp"]


class Export(NamedTuple):
    """A sink that is no diagnostic setting's: it gets every record."""

    name: str
    deliver: Callable[[Sequence[ExchangeRecord]], int]
    """How many were refused for good. Raises DeliveryFailed."""
    close: Callable[[], None]


@dataclass(slots=True)
class _Route:
    """What a sink's thread looks up at each sending, so that a change needs no other thread."""

    setting: DiagnosticSetting


class SinkKeeper:
    """`start`, `refresh` and `stop` are for one thread, which they do not hold up; `is_held` and `read_gauges` for
    any."""

    def __init__(
        self,
        data_directory: Path,
        *,
        read_credential: ReadCredential,
        read_audit: ReadAudit,
        wall_clock: Callable[[], float],
        backlog_bytes: int = BACKLOG_BYTES,
        metrics: MetricStore | None = None,
        exports: Sequence[Export] = (),
        first_backoff: float = FIRST_BACKOFF,
    ) -> None:
        """`backlog_bytes` of journals are kept for a sink that is behind. Raises SinksUnusable, OSError."""
        self._data_directory = data_directory
        self._file = CursorFile(data_directory / SINKS_FILE)
        self._follower = JournalFollower(data_directory / JOURNAL_FOLDER)
        self._read_credential = read_credential
        self._read_audit = read_audit
        self._wall_clock = wall_clock
        self._backlog_bytes = backlog_bytes
        self._metrics = metrics
        self._exports = exports
        self._first_backoff = first_backoff
        self._sinks: dict[str, Sink] = {}
        self._routes: dict[str, _Route] = {}
        self._is_informed = False
        self._ended: list[Sink] = []

    def start(self) -> None:
        """Of what needs no settings. Raises sqlite3.Error."""
        for export in self._exports:
            self._run(self._make_export(export))

    def refresh(self, settings: Sequence[DiagnosticSetting]) -> None:
        """With all settings there are now. Raises sqlite3.Error."""
        wanted: dict[str, tuple[DiagnosticSetting, Kind]] = {
            _name_sink(setting, kind): (setting, kind) for setting in settings for kind in _list_kinds(setting)
        }
        exports = {export.name for export in self._exports}
        gone = self._sinks.keys() - wanted.keys() - exports
        for name in gone:
            sink = self._sinks[name]
            sink.stop()
            self._ended.append(sink)
        if gone or not self._is_informed:
            self._sinks = {name: sink for name, sink in self._sinks.items() if name not in gone}
            self._routes = {name: route for name, route in self._routes.items() if name not in gone}
            self._file.keep_only(frozenset(wanted) | exports)
        for name, (setting, kind) in wanted.items():
            route = self._routes.get(name)
            if route is not None:
                route.setting = setting
                continue
            route = self._routes[name] = _Route(setting)
            self._run(self._make(name, kind, route))
        self._is_informed = True

    def stop(self) -> None:
        """Within STOP_SECONDS, give or take: what is on its way to a server that does not answer is sent again after
        the next start."""
        sinks = [*self._sinks.values(), *self._ended]
        for sink in sinks:
            sink.stop()
        for sink in sinks:
            sink.join(STOP_SECONDS / max(1, len(sinks)))
        self._file.close()

    def is_held(self, journal: Path) -> bool:
        """Whether a sink has yet to read a closed journal. Until it is known which sinks there are, every journal is
        held. Raises OSError."""
        if not self._is_informed:
            return True
        return any(sink.is_held(journal) for sink in list(self._sinks.values()))

    def read_gauges(self) -> Iterator[Gauge]:
        """For Prometheus (`ReadGauges`)."""
        for sink in list(self._sinks.values()):
            yield from sink.read_gauges()

    def _run(self, sink: Sink) -> None:
        self._sinks = {**self._sinks, sink.name: sink}
        sink.start()

    def _make_export(self, export: Export) -> Sink:
        ledger = Ledger(self._file, self._file.open_place(export.name, since=self._wall_clock()))
        queue: JournalQueue[ExchangeRecord] = JournalQueue(
            self._follower,
            ledger,
            render=lambda record: (record,),
            deliver=export.deliver,
            backlog_bytes=self._backlog_bytes,
        )
        return Sink(
            ledger=ledger,
            journals=queue,
            close=export.close,
            wall_clock=self._wall_clock,
            labels={"resource": "", "setting": "", "destination": export.name},
            first_backoff=self._first_backoff,
        )

    def _make(self, name: str, kind: Kind, route: _Route) -> Sink:
        # Nothing from before somebody asked for it.
        since = route.setting.system_data.modified_at.timestamp()
        ledger = Ledger(self._file, self._file.open_place(name, since=since))
        resource_id = route.setting.resource_id
        folded = resource_id.lower()
        destination = self._make_destination(kind, route)

        def render(record: ExchangeRecord) -> Sequence[Event]:
            if (record.resource_id or "").lower() != folded or "RequestResponse" not in route.setting.categories:
                return ()
            return tuple(render_call(record))

        def deliver(events: Sequence[Event]) -> int:
            refused = deliver_in_parts(destination.deliver, events)
            if refused:
                _log.error("%s: the receiver refused %d events, which are dropped", name, refused)
            return refused

        def read_audit(of: str, since: datetime, until: datetime, most: int) -> Sequence[AuditEvent]:
            return self._read_audit(of, since, until, most) if "Audit" in route.setting.categories else ()

        journals = JournalQueue(
            self._follower, ledger, render=render, deliver=deliver, backlog_bytes=self._backlog_bytes
        )
        audit = AuditQueue(
            ledger, resource_id=resource_id, read_audit=read_audit, deliver=deliver, wall_clock=self._wall_clock
        )
        others: list[Queue] = [audit]
        if self._metrics is not None:
            others.append(
                MetricQueue(
                    ledger,
                    resource_id=resource_id,
                    store=self._metrics,
                    is_wanted=lambda: route.setting.metrics,
                    deliver=deliver,
                    wall_clock=self._wall_clock,
                )
            )
        return Sink(
            ledger=ledger,
            journals=journals,
            others=others,
            close=destination.close,
            wall_clock=self._wall_clock,
            labels={
                "resource": resource_id.rpartition("/")[2],
                "setting": route.setting.name,
                "destination": kind,
            },
            first_backoff=self._first_backoff,
        )

    def _make_destination(self, kind: Kind, route: _Route) -> Destination:
        if kind == "storage":
            return _Storage(self._data_directory, route)
        poster = Poster(self._read_credential)
        if kind == "webhook":
            return Webhook(lambda: _expect_webhook(route), poster)
        return OtlpLogs(lambda: _expect_otlp(route), poster, wall_clock=self._wall_clock)


class _Storage:
    """Implements Destination: whichever account the setting names now."""

    def __init__(self, data_directory: Path, route: _Route) -> None:
        self._data_directory = data_directory
        self._route = route

    def deliver(self, events: Sequence[Event]) -> int:
        account = self._route.setting.storage_account
        if account is None:
            raise DeliveryFailed("its setting has no storage account any more")
        return StorageFolder(self._data_directory, account).deliver(events)

    def close(self) -> None:
        pass


def _expect_webhook(route: _Route) -> WebhookSink:
    if route.setting.webhook is None:
        raise DeliveryFailed("its setting has no webhook any more")
    return route.setting.webhook


def _expect_otlp(route: _Route) -> OtlpSink:
    if route.setting.otlp is None:
        raise DeliveryFailed("its setting has no collector any more")
    return route.setting.otlp


def _list_kinds(setting: DiagnosticSetting) -> Iterator[Kind]:
    if not setting.metrics and not setting.categories & {"RequestResponse", "Audit"}:
        return
    if setting.storage_account is not None:
        yield "storage"
    if setting.webhook is not None:
        yield "webhook"
    if setting.otlp is not None:
        yield "otlp"


def _name_sink(setting: DiagnosticSetting, kind: Kind) -> str:
    return f"{setting.setting_id.lower()} {kind}"
