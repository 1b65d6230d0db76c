"""The steps of every request, in their order; what stops a request at each; what is written down about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.gateway.fake_front import BODY, JSON, KEY_1, KEY_2, FakeClient, FakeFront, render_request

from ingate.domain.quota import Decided, QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded
from ingate.domain.token_estimate import estimate_input_tokens

STRANGER = b"not-a-key"
JWT = b"eyJhbGciOi.eyJhdWQiOi.c2ln"


def ask(front: FakeFront, request: bytes) -> tuple[int, dict[str, Any]]:
    client = front.connect()
    client.sends(request)
    head, _, body = client.takes().partition(b"\r\n\r\n")
    assert b"\r\nrequest-id: req_" in head
    assert b"\r\napim-request-id: apim-" in head
    return int(head.split()[1]), json.loads(body)


def with_headers(*lines: bytes, body: bytes = BODY) -> bytes:
    """With these headers and no others."""
    host = () if any(line.startswith(b"Host:") for line in lines) else (b"Host: example-resource.localhost",)
    head = [b"POST /anthropic/v1/messages HTTP/1.1", *host, *lines, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


VERSION = b"anthropic-version: 2023-06-01"


class TestKeys:
    @pytest.mark.parametrize("key", [KEY_1, KEY_2])
    @pytest.mark.parametrize(
        "forms",
        [
            [b"api-key: %b"],
            [b"x-api-key: %b"],
            [b"API-KEY: %b"],
            [b"Authorization: Bearer %b"],
            [b"authorization: bearer   %b"],
            [b"api-key: %b", b"x-api-key: %b"],
            [b"api-key: %b", b"Authorization: Bearer something.of.theirs"],
        ],
    )
    def test_are_taken_in_every_form_that_clients_send(self, front: FakeFront, key: str, forms: list[bytes]) -> None:
        front.connect().sends(with_headers(*(form.replace(b"%b", key.encode()) for form in forms), VERSION))
        assert [name.lower() for name, _ in front.call.headers] == [b"anthropic-version"]
        front.call.answers(200, [JSON], b"{}")
        assert front.log.records[0].key_number == (1 if key == KEY_1 else 2)

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [b"api-key: " + STRANGER],
            [b"api-key:"],
            [b"api-key: second-1"],
            [b"api-key: %b" % KEY_1.encode(), b"x-api-key: " + STRANGER],
            [b"api-key: %b" % KEY_1.encode(), b"api-key: %b" % KEY_1.encode()],
            [b"Authorization: Basic %b" % KEY_1.encode()],
            [b"Authorization: Bearer"],
            [b"Authorization: %b" % KEY_1.encode()],
            [b"Ocp-Apim-Subscription-Key: %b" % KEY_1.encode()],
            [b"api-key: %b" % KEY_1.upper().encode()],
        ],
    )
    def test_that_are_none_open_nothing(self, front: FakeFront, lines: list[bytes]) -> None:
        status, _ = ask(front, with_headers(*lines, VERSION))
        assert status == 401
        assert front.upstream.calls == []

    def test_a_wrong_key_and_no_key_read_the_same(self, front: FakeFront) -> None:
        wrong = ask(front, with_headers(b"api-key: " + STRANGER, VERSION))
        assert wrong == ask(front, with_headers(VERSION))
        assert wrong[1]["error"]["code"] == "401"

    def test_a_token_is_told_what_is_wrong_with_tokens(self, front: FakeFront) -> None:
        _, said = ask(front, with_headers(b"Authorization: Bearer " + JWT, VERSION))
        assert said["statusCode"] == 401
        assert "token" in said["message"]

    def test_no_key_is_written_down(self, front: FakeFront) -> None:
        ask(front, with_headers(b"api-key: " + STRANGER, VERSION))
        front.connect().sends(render_request())
        front.call.answers(200, [JSON], b"{}")
        written = repr(front.log.records)
        assert STRANGER.decode() not in written
        assert KEY_1 not in written


class TestOrder:
    """Each request is wrong in everything that comes after the step it is refused at."""

    @pytest.mark.parametrize(
        ("request_bytes", "status", "code"),
        [
            (b"GET /v1/models HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n", 404, "api_not_supported"),
            (b"GET /anthropic/v1/messages HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n", 405, "invalid_request_error"),
            (with_headers(b"Host: nobody.localhost", body=b"{"), 404, "ResourceNotFound"),
            (with_headers(body=b"{"), 401, "401"),
            (with_headers(b"api-key: " + KEY_1.encode(), body=b"{"), 400, "invalid_request_error"),
            (with_headers(b"api-key: " + KEY_1.encode(), VERSION, body=b"{"), 400, "invalid_request_error"),
            (with_headers(b"api-key: " + KEY_1.encode(), VERSION, body=b'{"model":"x"}'), 404, "DeploymentNotFound"),
            (with_headers(b"api-key: " + KEY_1.encode(), VERSION), 503, "ServiceUnavailable"),
        ],
        ids=["path", "method", "resource", "key", "version", "body", "deployment", "journal"],
    )
    def test_a_step_comes_before_the_next(
        self, front: FakeFront, request_bytes: bytes, status: int, code: str
    ) -> None:
        front.log.ready = False
        assert ask(front, request_bytes)[0] == status
        [record] = front.log.records
        assert (record.outcome, record.status, record.error_code) == ("refused", status, code)
        assert front.upstream.calls == []

    def test_quota_is_asked_last_so_that_refusals_take_none(self) -> None:
        front = FakeFront(capacity=1)
        for _ in range(3):
            assert ask(front, render_request(b'{"model":"x"}'))[0] == 404
        front.connect().sends(render_request())
        assert len(front.upstream.calls) == 1
        assert ask(front, render_request())[0] == 429

    def test_without_a_directory_nothing_is_served(self, front: FakeFront) -> None:
        front.pipeline.directory = None
        assert ask(front, render_request())[0] == 503


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"", "The request body is not valid JSON: Input data was truncated"),
            (b"[]", "Input should be a valid dictionary"),
            (b"{}", "model: Field required"),
            (b'{"model":1}', "model: Input should be a valid string"),
            (b'{"model":null}', "model: Input should be a valid string"),
        ],
    )
    def test_that_are_no_request(self, front: FakeFront, body: bytes, message: str) -> None:
        status, said = ask(front, render_request(body))
        assert (status, said["error"]) == (400, {"type": "invalid_request_error", "message": message})
        assert front.log.records[0].deployment is None

    def test_encoded_ones_are_not_taken(self, front: FakeFront) -> None:
        status, said = ask(front, render_request(headers=[b"Content-Encoding: gzip"]))
        assert status == 400
        assert "content-encoding" in said["error"]["message"]

    def test_a_deployment_without_its_upstream_does_not_exist(self, front: FakeFront) -> None:
        status, said = ask(front, render_request(BODY.replace(b"my-claude", b"lost")))
        assert (status, said["error"]["code"]) == (404, "DeploymentNotFound")
        assert front.log.records[0].deployment == "lost"

    def test_what_a_deployment_did_not_take_is_recorded_with_its_model(self, front: FakeFront) -> None:
        front.log.ready = False
        assert ask(front, render_request())[0] == 503
        (record,) = front.log.records
        assert (record.deployment, record.outcome, record.upstream) == ("my-claude", "refused", None)
        assert record.model == "claude-sonnet-4-5"
        assert record.model_version == "20250929"
        assert record.deployment_type == "GlobalStandard"

    def test_where_nothing_is_deployed_there_is_no_model_to_record(self, front: FakeFront) -> None:
        assert ask(front, render_request(BODY.replace(b"my-claude", b"nothing")))[0] == 404
        (record,) = front.log.records
        assert (record.model, record.model_version, record.deployment_type) == (None, None, None)

    def test_names_of_deployments_are_compared_exactly(self, front: FakeFront) -> None:
        assert ask(front, render_request(BODY.replace(b"my-claude", b"My-Claude")))[0] == 404


class TestQuota:
    def test_a_request_over_it_is_told_when_to_come_back(self) -> None:
        front = FakeFront(capacity=2)
        for _ in range(2):
            front.connect().sends(render_request())
        client = front.connect()
        client.sends(render_request())
        assert b"\r\nRetry-After: 30\r\n" in client.takes()
        assert (front.log.records[0].status, front.log.records[0].model) == (429, "claude-sonnet-4-5")
        front.clock.advance(30)
        front.connect().sends(render_request())
        assert len(front.upstream.calls) == 3

    def test_counting_tokens_takes_nothing_from_it(self) -> None:
        front = FakeFront(capacity=1)
        front.connect().sends(render_request(target=b"/anthropic/v1/messages/count_tokens"))
        assert front.call.request.path == b"/v1/messages/count_tokens"
        front.call.answers(200, [JSON], b'{"input_tokens":1000000}')
        front.connect().sends(render_request())
        assert front.call.request.path == b"/v1/messages"
        assert front.log.records[0].operation == "count_tokens"

    def test_and_has_a_limit_of_requests_of_its_own(self) -> None:
        front = FakeFront(capacity=1)
        front.connect().sends(render_request())
        count_tokens = render_request(target=b"/anthropic/v1/messages/count_tokens")
        front.connect().sends(count_tokens)
        assert len(front.upstream.calls) == 2
        front.call.answers(200, [JSON], b'{"input_tokens":1000000}')
        assert ask(front, count_tokens)[0] == 429
        front.clock.advance(60)
        front.connect().sends(count_tokens)
        assert len(front.upstream.calls) == 3

    def test_what_is_reserved_is_estimated_from_the_body(self) -> None:
        front = FakeFront(capacity=1)
        large = BODY.replace(b"[]", b'[{"role":"user","content":"%b"}]' % (b"word " * 1000))
        assert estimate_input_tokens(large) > QuotaLimits.of_capacity(1).input_tokens
        front.connect().sends(render_request(large))
        assert len(front.upstream.calls) == 1, "more than a minute's worth is admitted when the bucket is full"
        assert ask(front, render_request())[0] == 429


class TestUnsupported:
    @pytest.mark.parametrize(
        "path",
        [
            b"/",
            b"/v1/messages",
            b"/anthropic/v1/models",
            b"/anthropic/v1/messages/",
            b"/anthropic/v1/messages/batches",
            b"/anthropic/v1/organizations/x",
            b"/anthropic/v1/Messages",
            b"/anthropic//v1/messages",
            b"/anthropic/v1/%6dessages",
        ],
    )
    def test_a_path_is_told_so_before_any_key_is_asked_for(self, front: FakeFront, path: bytes) -> None:
        status, said = ask(front, b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % path)
        assert (status, said["error"]["code"]) == (404, "api_not_supported")

    @pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"OPTIONS"])
    def test_a_method_is_told_which_one_is(self, front: FakeFront, method: bytes) -> None:
        client = front.connect()
        client.sends(render_request(b"", method=method))
        answer = client.takes()
        assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
        assert b"\r\nAllow: POST\r\n" in answer


@dataclass
class SlowLimiter:
    """Decides when the test does, as one that is shared between hosts."""

    decided: Decided | None = None
    settled: list[Reservation] = field(default_factory=list[Reservation])
    given_back: list[Reservation] = field(default_factory=list[Reservation])

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        self.decided = decided

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        self.settled.append(reservation)

    def give_back(self, reservation: Reservation) -> None:
        self.given_back.append(reservation)


class TestSharedQuota:
    RESERVATION = Reservation(quota_key="k", input_tokens=1)

    def ask(self, front: FakeFront) -> tuple[FakeClient, SlowLimiter]:
        limiter = front.pipeline.limiter = SlowLimiter()
        client = front.connect()
        client.sends(render_request())
        assert front.upstream.calls == []
        return client, limiter

    def test_the_request_goes_on_when_it_is_admitted(self, front: FakeFront) -> None:
        client, limiter = self.ask(front)
        assert limiter.decided is not None
        limiter.decided(self.RESERVATION)
        front.call.answers(200, [JSON], b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 ")
        assert (limiter.settled, limiter.given_back) == ([self.RESERVATION], [])

    def test_requests_behind_it_wait(self, front: FakeFront) -> None:
        client, limiter = self.ask(front)
        client.sends(render_request(target=b"/nowhere"))
        assert client.takes() == b""
        assert limiter.decided is not None
        limiter.decided(QuotaExceeded(bucket="Requests", limit=1, retry_after=9))
        answers = client.takes()
        assert answers.startswith(b"HTTP/1.1 429 ")
        assert b"HTTP/1.1 404 " in answers

    @pytest.mark.parametrize("half", [False, True])
    def test_a_client_that_left_meanwhile_gets_nothing_and_takes_nothing(self, front: FakeFront, half: bool) -> None:
        client, limiter = self.ask(front)
        if half:
            client.half_closes()
        client.leaves()
        assert limiter.decided is not None
        limiter.decided(self.RESERVATION)
        assert front.upstream.calls == []
        assert (limiter.settled, limiter.given_back) == ([], [self.RESERVATION])

    def test_nor_does_a_worker_that_stopped_send_it(self, front: FakeFront) -> None:
        _, limiter = self.ask(front)
        front.server.abort()
        assert limiter.decided is not None
        limiter.decided(self.RESERVATION)
        assert front.upstream.calls == []
        assert limiter.given_back == [self.RESERVATION]
