"""Sinks from end to end: nothing missing, whatever the receiver does, and nobody else is delayed."""

from __future__ import annotations

import itertools
import json
import logging
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.exchange_records import ACCOUNT, NOON, Journals, make_exchange, make_refused
from tests.support.http_receiver import Received, Receiver, receiving

from ingate.certificates.authority import open_authority
from ingate.domain.audit import AuditEvent
from ingate.domain.change import LOCAL_ADMINISTRATOR, created
from ingate.domain.diagnostic_setting import DiagnosticSetting, OtlpSink, WebhookSink
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.metric import Measurement, MetricQuestion, MetricSeries, MetricStore
from ingate.domain.upstream import CredentialReference
from ingate.store.private_file import write_private_file
from ingate.telemetry.sinks.audit_queue import ReadAudit
from ingate.telemetry.sinks.delivery import DeliveryFailed
from ingate.telemetry.sinks.keeper import BACKLOG_BYTES, Export, SinkKeeper

ASKED = NOON - 10.0
CREDENTIAL = CredentialReference(source="env", location="SINK_TOKEN")


def make_setting(**fields: Any) -> DiagnosticSetting:
    known: dict[str, Any] = {
        "resource_id": ACCOUNT,
        "name": "all",
        "categories": frozenset({"RequestResponse"}),
        "metrics": False,
        "etag": "1",
        "system_data": created(LOCAL_ADMINISTRATOR, datetime.fromtimestamp(ASKED, UTC)),
    }
    return DiagnosticSetting(**(known | fields))


def make_calls(count: int, start: int = 0) -> list[ExchangeRecord]:
    return [make_exchange(time=NOON, apim_request_id=f"call-{number}") for number in range(start, start + count)]


def read_nothing(*_: Any) -> Sequence[AuditEvent]:
    return ()


@contextmanager
def keeping(
    data_dir: Path,
    settings: Sequence[DiagnosticSetting],
    *,
    read_audit: ReadAudit = read_nothing,
    wall_clock: Callable[[], float] = lambda: NOON,
    backlog_bytes: int = BACKLOG_BYTES,
    metrics: MetricStore | None = None,
    exports: Sequence[Export] = (),
) -> Generator[SinkKeeper]:
    keeper = SinkKeeper(
        data_dir,
        read_credential=lambda _: "a secret",
        read_audit=read_audit,
        wall_clock=wall_clock,
        backlog_bytes=backlog_bytes,
        metrics=metrics,
        exports=exports,
        first_backoff=0.02,
    )
    keeper.start()
    try:
        keeper.refresh(settings)
        yield keeper
    finally:
        keeper.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def read_gauge(keeper: SinkKeeper, name: str, destination: str) -> float:
    return next(
        gauge.value
        for gauge in keeper.read_gauges()
        if gauge.name == f"ingate_sink_{name}" and gauge.labels["destination"] == destination
    )


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def count_calls(events: Sequence[Any]) -> Counter[str]:
    return Counter(event["correlationId"] for event in events)


@pytest.fixture
def journals(tmp_path: Path) -> Journals:
    journals = Journals(tmp_path)
    assert journals.folder.is_dir()
    return journals


def read_lines(data_dir: Path) -> list[Any]:
    paths = (data_dir / "diagnostics").rglob("PT1H.json")
    whole = [path.read_text().rpartition("\n")[0] for path in paths]
    return [json.loads(line) for text in whole for line in text.splitlines()]


def test_a_receiver_that_is_down_gets_everything_later_and_delays_nobody(journals: Journals) -> None:
    port = find_free_port()
    settings = [
        make_setting(
            storage_account="logs",
            webhook=WebhookSink(url=f"http://127.0.0.1:{port}/hook"),
            name="both",
        )
    ]
    with keeping(journals.data_dir, settings) as keeper:
        written = 0
        for part in range(20):
            journals.append("a" if part % 2 else "b", make_calls(40, written))
            written += 40
            time.sleep(0.01)
        wait_until(lambda: len(read_lines(journals.data_dir)) == 2 * written)
        assert read_gauge(keeper, "failing_since_seconds", "webhook") == NOON
        assert read_gauge(keeper, "unread_bytes", "webhook") > 0
        assert keeper.is_held(journals.folder / "a.jsonl")

        with receiving(Receiver(), port) as receiver:
            journals.append("a", make_calls(40, written))
            written += 40
            wait_until(lambda: len(count_calls(receiver.list_events())) == written)
            wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 2 * written)
            assert count_calls(receiver.list_events()) == {f"call-{number}": 2 for number in range(written)}
            assert read_gauge(keeper, "dropped_events", "webhook") == 0
            wait_until(lambda: read_gauge(keeper, "failing_since_seconds", "webhook") == 0)
            wait_until(lambda: not keeper.is_held(journals.folder / "a.jsonl"))


def test_receiver_that_hangs_delays_no_other(journals: Journals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        slow = make_setting(name="slow", webhook=WebhookSink(url=url))
        fast = make_setting(name="fast", storage_account="logs")
        with keeping(journals.data_dir, [slow, fast]):
            journals.append("a", make_calls(10))
            wait_until(lambda: len(read_lines(journals.data_dir)) == 20, seconds=5.0)


def test_what_one_process_did_not_deliver_the_next_one_does(journals: Journals) -> None:
    port = find_free_port()
    settings = [make_setting(webhook=WebhookSink(url=f"http://127.0.0.1:{port}"))]
    with keeping(journals.data_dir, settings):
        journals.append("a", make_calls(30))
        time.sleep(0.05)
    with receiving(Receiver(), port) as receiver:
        with keeping(journals.data_dir, settings) as keeper:
            wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 60)
        with keeping(journals.data_dir, settings) as keeper:
            journals.append("a", make_calls(1, 30))
            wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 62)
        assert count_calls(receiver.list_events()) == {f"call-{number}": 2 for number in range(31)}


def test_nothing_older_than_the_setting_and_of_no_other_resource_is_sent(journals: Journals) -> None:
    journals.append("a", [make_exchange(time=ASKED - 1, apim_request_id="old")])
    with keeping(journals.data_dir, [make_setting(storage_account="logs")]) as keeper:
        other = make_exchange(resource_id=ACCOUNT.replace("r1", "r2"), apim_request_id="other")
        nobodys = make_refused(resource_id=None, apim_request_id="nobody's")
        journals.append("a", [other, nobodys, make_refused(apim_request_id="refused"), *make_calls(1)])
        wait_until(lambda: read_gauge(keeper, "unread_bytes", "storage") == 0)
    assert count_calls(read_lines(journals.data_dir)) == {"refused": 1, "call-0": 2}


def test_beyond_the_bound_the_oldest_events_are_dropped_counted_and_told_once(
    journals: Journals, caplog: pytest.LogCaptureFixture
) -> None:
    journal = journals.append("a", make_calls(10_000))
    bound = journal.stat().st_size // 4
    port = find_free_port()
    settings = [make_setting(webhook=WebhookSink(url=f"http://127.0.0.1:{port}"))]
    with caplog.at_level(logging.ERROR), keeping(journals.data_dir, settings, backlog_bytes=bound) as keeper:
        wait_until(lambda: 0 < read_gauge(keeper, "unread_bytes", "webhook") <= bound)
        dropped = read_gauge(keeper, "dropped_events", "webhook")
        assert dropped >= 15_000
        with receiving(Receiver(), port) as receiver:
            wait_until(lambda: read_gauge(keeper, "unread_bytes", "webhook") == 0)
            assert len(receiver.list_events()) + dropped == 20_000
            assert count_calls(receiver.list_events())["call-9999"] == 2
    assert [record.message for record in caplog.records if "dropped" in record.message] == [
        f"{settings[0].setting_id.lower()} webhook is more than {bound} bytes of journals behind: "
        f"its oldest events are dropped, {dropped:.0f} so far"
    ]


def test_journals_are_held_until_it_is_known_who_reads_them(journals: Journals) -> None:
    journal = journals.append("a", make_calls(1))
    keeper = SinkKeeper(journals.data_dir, read_credential=str, read_audit=read_nothing, wall_clock=lambda: NOON)
    assert keeper.is_held(journal)
    keeper.refresh([])
    assert not keeper.is_held(journal)
    keeper.stop()


def test_deleted_settings_hold_nothing_and_begin_anew_when_made_again(journals: Journals) -> None:
    setting = make_setting(webhook=WebhookSink(url=f"http://127.0.0.1:{find_free_port()}"))
    journal = journals.append("a", make_calls(5))
    with keeping(journals.data_dir, [setting]) as keeper:
        wait_until(lambda: read_gauge(keeper, "failing_since_seconds", "webhook") > 0)
        assert keeper.is_held(journal)
        keeper.refresh([])
        assert not keeper.is_held(journal)
        assert list(keeper.read_gauges()) == []
        with receiving(Receiver()) as receiver:
            later = created(LOCAL_ADMINISTRATOR, datetime.fromtimestamp(NOON + 5, UTC))
            keeper.refresh([make_setting(webhook=WebhookSink(url=receiver.url), system_data=later)])
            journals.append("a", [make_exchange(time=NOON + 6, apim_request_id="new")])
            wait_until(lambda: len(receiver.requests) == 1)
            assert count_calls(receiver.list_events()) == {"new": 2}


def test_changed_urls_and_credentials_take_effect_on_what_waits(journals: Journals) -> None:
    journals.append("a", make_calls(5))
    wrong = make_setting(webhook=WebhookSink(url=f"http://127.0.0.1:{find_free_port()}"))
    with keeping(journals.data_dir, [wrong]) as keeper, receiving(Receiver()) as receiver:
        wait_until(lambda: read_gauge(keeper, "failing_since_seconds", "webhook") > 0)
        keeper.refresh([make_setting(webhook=WebhookSink(url=receiver.url, credential=CREDENTIAL))])
        wait_until(lambda: len(receiver.requests) == 1)
        assert count_calls(receiver.list_events()) == {f"call-{number}": 2 for number in range(5)}
        assert receiver.requests[0].headers["authorization"] == "Bearer a secret"


def test_no_secret_and_no_url_reaches_the_log(journals: Journals, caplog: pytest.LogCaptureFixture) -> None:
    journals.append("a", make_calls(1))
    with receiving(Receiver(answer=lambda _: (401, b"a secret"))) as receiver:
        sink = WebhookSink(url=receiver.url + "/services/T0/SECRETPATH", credential=CREDENTIAL)
        with (
            caplog.at_level(logging.DEBUG),
            keeping(journals.data_dir, [make_setting(webhook=sink)]),
        ):
            wait_until(lambda: receiver.attempts > 2)
    assert "answered 401" in caplog.text
    assert "a secret" not in caplog.text
    assert "SECRETPATH" not in caplog.text
    assert len([line for line in caplog.messages if "does not deliver" in line]) == 1


def test_no_url_of_what_is_delivered_reaches_the_log(journals: Journals, caplog: pytest.LogCaptureFixture) -> None:
    journals.append("a", make_calls(1))
    with receiving(Receiver()) as receiver, caplog.at_level(logging.DEBUG):
        sink = WebhookSink(url=receiver.url + "/services/T0/SECRETPATH", credential=CREDENTIAL)
        with keeping(journals.data_dir, [make_setting(webhook=sink)]) as keeper:
            wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 2)
    assert "SECRETPATH" not in caplog.text
    assert "a secret" not in caplog.text


def test_a_receiver_whose_certificate_nobody_vouches_for_gets_nothing(journals: Journals) -> None:
    now = datetime.now(UTC)
    authority = open_authority(journals.data_dir, write_private=write_private_file, now=now)
    certificate = authority.issue(names=("localhost",), addresses=("127.0.0.1",), now=now)
    path = journals.data_dir / "server.pem"
    path.write_bytes(certificate.certificate_pem + certificate.private_key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    journals.append("a", make_calls(1))
    with receiving(Receiver(), tls=context) as receiver:
        sink = WebhookSink(url=f"https://127.0.0.1:{receiver.port}/hook", credential=CREDENTIAL)
        with keeping(journals.data_dir, [make_setting(webhook=sink)]) as keeper:
            wait_until(lambda: read_gauge(keeper, "failing_since_seconds", "webhook") > 0)
            assert read_gauge(keeper, "delivered_events", "webhook") == 0
        assert receiver.attempts == 0
        trusting = ssl.create_default_context(cadata=authority.certificate_pem.decode())
        assert httpx2.post(sink.url, content=b"{}", verify=trusting).status_code == 200


def test_redirects_are_not_followed(journals: Journals) -> None:
    journals.append("a", make_calls(1))
    paths: list[str] = []

    def answer(request: Received) -> tuple[int, bytes]:
        paths.append(request.path)
        return 307, b""

    with receiving(Receiver(answer=answer)) as receiver:
        sink = WebhookSink(url=receiver.url + "/hook", credential=CREDENTIAL)
        with keeping(journals.data_dir, [make_setting(webhook=sink)]) as keeper:
            wait_until(lambda: len(paths) > 1)
            assert read_gauge(keeper, "delivered_events", "webhook") == 0
    assert set(paths) == {"/hook"}


def test_batches_that_are_too_large_are_halved_and_what_is_too_large_alone_is_dropped(journals: Journals) -> None:
    journals.append("a", [*make_calls(20), make_exchange(apim_request_id="huge" * 1000), *make_calls(20, 20)])

    def answer(request: Received) -> tuple[int, bytes]:
        return (413, b"") if len(request.body) > 3000 else (200, b"")

    with receiving(Receiver(answer=answer)) as receiver:
        with keeping(journals.data_dir, [make_setting(webhook=WebhookSink(url=receiver.url))]) as keeper:
            wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 80)
            assert read_gauge(keeper, "dropped_events", "webhook") == 2
        assert count_calls(receiver.list_events()) == {f"call-{number}": 2 for number in range(40)}


def test_collectors_get_log_records(journals: Journals) -> None:
    trace = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "parent_span_id": "b7ad6b7169203331"}
    journals.append("a", [make_exchange(**trace), make_refused()])
    with receiving(Receiver()) as receiver:
        with keeping(journals.data_dir, [make_setting(otlp=OtlpSink(endpoint=receiver.url))]):
            wait_until(lambda: len(receiver.requests) == 1)
        (request,) = receiver.requests
    assert request.path == "/v1/logs"
    (resource,) = request.json["resourceLogs"]
    assert {"key": "cloud.resource_id", "value": {"stringValue": ACCOUNT}} in resource["resource"]["attributes"]
    call, consumption, refused = resource["scopeLogs"][0]["logRecords"]
    assert call["timeUnixNano"] == str(int(NOON) * 10**9)
    assert (call["traceId"], call["spanId"]) == (trace["trace_id"], "1111111111111111")
    assert json.loads(call["body"]["stringValue"])["category"] == "RequestResponse"
    assert '"promptTokens\\":10' in consumption["body"]["stringValue"]
    assert (call["severityText"], refused["severityText"]) == ("INFO", "ERROR")
    assert "traceId" not in refused


def test_what_a_collector_rejects_is_dropped_and_counted(journals: Journals) -> None:
    journals.append("a", make_calls(3))
    answer = b'{"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "no"}}'
    with (
        receiving(Receiver(answer=lambda _: (200, answer))) as receiver,
        keeping(journals.data_dir, [make_setting(otlp=OtlpSink(endpoint=receiver.url))]) as keeper,
    ):
        wait_until(lambda: read_gauge(keeper, "delivered_events", "otlp") == 4)
        assert read_gauge(keeper, "dropped_events", "otlp") == 2


def test_audit_events_are_sent_once_also_those_that_arrive_late(journals: Journals) -> None:
    now = [NOON]
    trail = [make_audit("1", NOON - 20), make_audit("2", NOON - 5)]
    setting = make_setting(storage_account="logs", categories=frozenset({"Audit"}))
    with keeping(journals.data_dir, [setting], read_audit=make_reader(trail), wall_clock=lambda: now[0]) as keeper:
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 1)
        trail += [make_audit("4", NOON + 1), make_audit("3", NOON - 4)]
        now[0] = NOON + 3
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 3)
        now[0] = NOON + 200
        trail.append(make_audit("5", NOON + 190))
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 4)
    assert count_calls(read_lines(journals.data_dir)) == {"2": 1, "3": 1, "4": 1, "5": 1}
    assert {line["operationName"] for line in read_lines(journals.data_dir)} == {"ListKey"}


def test_very_many_audit_events_are_all_sent(journals: Journals) -> None:
    trail = [make_audit(str(number), NOON - 5 + number / 1000) for number in range(3000)]
    setting = make_setting(storage_account="logs", categories=frozenset({"Audit"}))
    with keeping(
        journals.data_dir, [setting], read_audit=make_reader(trail), wall_clock=lambda: NOON + 1000
    ) as keeper:
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 3000)
    assert set(count_calls(read_lines(journals.data_dir)).values()) == {1}


def make_audit(event_id: str, seconds: float) -> AuditEvent:
    return AuditEvent(
        event_id=event_id,
        time=datetime.fromtimestamp(seconds, UTC),
        action="Microsoft.CognitiveServices/accounts/listKeys/action",
        target_id=ACCOUNT,
        actor_id="11111111-1111-1111-1111-111111111113",
        actor_name="somebody",
        caller_address="127.0.0.1",
        correlation_id=event_id,
        result="succeeded",
        status=200,
    )


def make_reader(trail: list[AuditEvent]) -> Any:
    def read(_: str, since: datetime, until: datetime, most: int) -> list[AuditEvent]:
        found = [event for event in trail if since <= event.time < until]
        return sorted(found, key=lambda event: event.time, reverse=True)[:most]

    return read


def test_exports_get_every_record_the_same_batch_until_it_is_taken(journals: Journals) -> None:
    batches: list[Sequence[ExchangeRecord]] = []
    closed: list[bool] = []

    def deliver(records: Sequence[ExchangeRecord]) -> int:
        batches.append(records)
        if len(batches) < 3:
            raise DeliveryFailed("not yet")
        return 0

    export = Export("opentelemetry", deliver, lambda: closed.append(True))
    nobodys = make_refused(time=NOON, resource_id=None)
    journals.append("a", [nobodys, *make_calls(3)])
    with keeping(journals.data_dir, [], exports=[export]) as keeper:
        wait_until(lambda: read_gauge(keeper, "delivered_events", "opentelemetry") == 4)
        assert not keeper.is_held(journals.folder / "a.jsonl")
    assert batches[0] is batches[1] is batches[2]
    assert len(batches) == 3
    assert closed == [True]


class Metrics:
    """Two requests in each minute of two."""

    def list_series(self, question: MetricQuestion) -> Sequence[MetricSeries]:
        minutes = (int(NOON // 60), int(NOON // 60) + 70)
        points = {
            minute - question.from_minute: Measurement(2, 2.0, 1.0, 1.0)
            for minute in minutes
            if question.from_minute <= minute < question.to_minute
        }
        return [MetricSeries(metric="ModelRequests", resource_id=ACCOUNT, values=(), points=points)] if points else []


def test_minutes_of_metrics_are_sent_once_they_are_over(journals: Journals) -> None:
    now = [NOON + 60 + 100]
    setting = make_setting(storage_account="logs", categories=frozenset(), metrics=True)
    with keeping(journals.data_dir, [setting], metrics=Metrics(), wall_clock=lambda: now[0]) as keeper:
        time.sleep(0.1)
        assert read_gauge(keeper, "delivered_events", "storage") == 0
        now[0] = NOON + 60 + 200
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 1)
        now[0] = NOON + 86_400
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 2)
    (path, _) = sorted((journals.data_dir / "diagnostics" / "logs" / "insights-metrics-pt1m").rglob("PT1H.json"))
    assert json.loads(path.read_text()) == {
        "time": datetime.fromtimestamp(NOON, UTC).strftime("%Y-%m-%dT%H:%M:00.0000000Z"),
        "resourceId": ACCOUNT.upper(),
        "metricName": "ModelRequests",
        "timeGrain": "PT1M",
        "count": 2,
        "total": 2.0,
        "minimum": 1.0,
        "maximum": 1.0,
        "average": 1.0,
    }


def test_metrics_begin_when_they_are_asked_for(journals: Journals) -> None:
    now = [NOON + 600]
    setting = make_setting(storage_account="logs")
    with keeping(journals.data_dir, [setting], metrics=Metrics(), wall_clock=lambda: now[0]) as keeper:
        time.sleep(0.1)
        keeper.refresh([make_setting(storage_account="logs", metrics=True)])
        now[0] = NOON + 7200
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 1)
    assert [line["time"][11:16] for line in read_lines(journals.data_dir)] == [
        datetime.fromtimestamp(NOON + 70 * 60, UTC).strftime("%H:%M")
    ]


def test_an_audit_trail_that_cannot_be_read_holds_up_no_calls(journals: Journals) -> None:
    def fail(*_: Any) -> Sequence[AuditEvent]:
        raise RuntimeError("out of order")

    journals.append("a", make_calls(1200))
    setting = make_setting(storage_account="logs", categories=frozenset({"Audit", "RequestResponse"}))
    with keeping(journals.data_dir, [setting], read_audit=fail) as keeper:
        wait_until(lambda: read_gauge(keeper, "delivered_events", "storage") == 2400, seconds=5.0)
        assert read_gauge(keeper, "failing_since_seconds", "storage") == NOON


def test_a_receiver_that_takes_every_other_batch_gets_everything_without_long_pauses(journals: Journals) -> None:
    journals.append("a", make_calls(6000))
    answers = itertools.cycle([503, 200])
    with (
        receiving(Receiver(answer=lambda _: (next(answers), b""))) as receiver,
        keeping(journals.data_dir, [make_setting(webhook=WebhookSink(url=receiver.url))]) as keeper,
    ):
        wait_until(lambda: read_gauge(keeper, "delivered_events", "webhook") == 12_000, seconds=10.0)
        assert count_calls(receiver.list_events()) == {f"call-{number}": 2 for number in range(6000)}
