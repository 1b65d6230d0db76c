"""Events have the shape that Azure's have."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.support.exchange_records import ACCOUNT, NOON, make_exchange, make_refused

from ingate.domain.audit import AuditEvent
from ingate.telemetry.sinks.events import render_audit, render_call

PRINCIPAL = "11111111-1111-1111-1111-111111111113"
TIME = datetime.fromtimestamp(NOON, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def test_a_call_of_claude_is_two_events() -> None:
    record = make_exchange(caller_address="81.2.69.142", principal_id=PRINCIPAL, duration_ms=1500.4)
    call, consumption = render_call(record)
    properties = json.loads(call.document["properties"])
    assert {name: value for name, value in call.document.items() if name != "properties"} == {
        "time": TIME,
        "resourceId": ACCOUNT.upper(),
        "category": "RequestResponse",
        "event": "ShoeboxCallResult",
        "operationName": "Messages_Create",
        "resultSignature": "200",
        "durationMs": "1500",
        "callerIpAddress": "81.2.69.***",
        "correlationId": record.apim_request_id,
        "location": "eastus2",
        "Tenant": "eastus2",
    }
    ticks = int((NOON + 62_135_596_800) * 10_000_000)
    assert properties == {
        "apiName": "Anthropic API",
        "requestTime": ticks,
        "requestLength": 1000,
        "responseTime": ticks + 15_004_000,
        "responseLength": 500,
        "objectId": PRINCIPAL,
        "streamType": "Non-Streaming",
        "modelDeploymentName": "opus",
        "modelName": "claude-opus-4-5",
        "modelVersion": "20251101",
    }
    assert json.loads(consumption.document["properties"]) == {
        **properties,
        "apiName": "",
        "promptTokens": 10,
        "completionTokens": 20,
    }


def test_a_call_that_consumed_nothing_is_one_event() -> None:
    (event,) = render_call(make_refused(operation="count_tokens", caller_address="2001:db8::17"))
    assert event.document["operationName"] == "Messages_CountTokens"
    assert event.document["resultSignature"] == "429"
    assert event.document["callerIpAddress"] == "2001:db8::***"


def test_a_call_without_a_resource_is_none() -> None:
    assert list(render_call(make_refused(resource_id=None))) == []


def test_an_audit_event_names_the_operation_as_azure_does() -> None:
    event = AuditEvent(
        event_id="1",
        time=datetime.fromtimestamp(NOON, UTC),
        action="Microsoft.CognitiveServices/accounts/listKeys/action",
        target_id=ACCOUNT,
        actor_id=PRINCIPAL,
        actor_name="somebody",
        caller_address="127.0.0.1",
        correlation_id="c1",
        result="succeeded",
        status=200,
    )
    document = render_audit(event, ACCOUNT).document
    assert document["operationName"] == "ListKey"
    assert document["time"] == TIME
    assert json.loads(document["properties"]) == {"objectId": PRINCIPAL}
