"""Files and Skills at the gateway: to which upstream they go, what passes untouched, and what is written down."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.unit.gateway.fake_front import (
    JSON,
    KEY_1,
    KEY_2,
    FakeClient,
    FakeFront,
    make_deployment,
    make_directory,
    make_resource,
    render_request,
)

from ingate.domain.catalog import Hosting
from ingate.domain.directory import Directory, DirectoryDeployment
from ingate.domain.upstream import UpstreamDefinition
from ingate.gateway.server import FrontLimits

FILES = b"/anthropic/v1/files"
FORM = b"Content-Type: multipart/form-data; boundary=b"
MiB = 1024 * 1024


def ask(front: FakeFront, method: bytes = b"GET", target: bytes = FILES, body: bytes = b"") -> FakeClient:
    client = front.connect()
    framing = b"X-Nothing: x" if method != b"POST" and not body else None
    client.sends(render_request(body, method=method, target=target, framing=framing))
    return client


def read_error(answer: bytes) -> tuple[int, str, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    return int(head.split()[1]), error["type"], error["message"]


def deploy(name: str, upstream: str, hosting: Hosting = "anthropic") -> DirectoryDeployment:
    return replace(make_deployment(name, upstream=upstream), hosting=hosting)


def use(front: FakeFront, *deployments: DirectoryDeployment) -> None:
    """The resource has these, and the directory the upstreams `one` and `two`."""
    upstreams = tuple(UpstreamDefinition(name=n, kind="messages-api", base_url="http://x") for n in ("one", "two"))
    resource = make_resource("example-resource", *deployments, keys=(KEY_1, KEY_2))
    front.pipeline.directory = front.index(Directory(revision=8, resources=(resource,), upstreams=upstreams))


class TestUpstream:
    def test_is_the_one_that_the_deployments_share(self, front: FakeFront) -> None:
        use(front, deploy("a", "one"), deploy("b", "one"))
        ask(front)
        front.call.answers(200, [JSON], b"{}")
        assert [record.upstream for record in front.log.records] == ["one"]

    def test_does_not_depend_on_deployments_hosted_on_azure(self, front: FakeFront) -> None:
        use(front, deploy("a", "one"), deploy("b", "two", "azure"))
        ask(front)
        assert front.call.request.hosting == "anthropic"

    def test_is_none_when_nothing_is_hosted_on_anthropic(self, front: FakeFront) -> None:
        for deployments in ((), (deploy("a", "one", "azure"),), (deploy("a", "deleted"),)):
            use(front, *deployments)
            for feature in ("files", "skills"):
                answer = ask(front, target=f"/anthropic/v1/{feature}".encode()).takes()
                message = f"{feature} not supported in your workspace."
                assert read_error(answer) == (400, "invalid_request_error", message)
        assert front.upstream.calls == []

    def test_cannot_be_chosen_among_several(self, front: FakeFront) -> None:
        use(front, deploy("a", "two"), deploy("b", "one"))
        assert read_error(ask(front).takes()) == (
            400,
            "invalid_request_error",
            "files: the deployments of this resource that are hosted on Anthropic use several upstreams (one, two). "
            "Requests that name no deployment need them to share one.",
        )

    def test_may_change_while_a_body_is_on_its_way(self, front: FakeFront) -> None:
        use(front, deploy("a", "one"))
        client = front.connect()
        request = render_request(b"form", method=b"POST", target=FILES, headers=[FORM])
        client.sends(request[:-4])
        use(front)
        client.sends(request[-4:])
        front.call.answers(200, [JSON], b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 "), "it was let in by the revision of its head"


class TestPassingOn:
    def test_a_form_goes_on_byte_for_byte(self, front: FakeFront) -> None:
        body = b"--b\r\nnot even a form \xff\0"
        client = front.connect()
        headers = [FORM, b"anthropic-beta: files-api-2025-04-14"]
        client.sends(render_request(body, method=b"POST", target=FILES + b"?beta=true", headers=headers))
        request = front.call.request
        assert (request.method, request.path, request.query) == (b"POST", b"/v1/files", b"beta=true")
        assert (front.call.body, request.content_length) == (body, len(body))
        assert (b"Content-Type", FORM[14:]) in front.call.headers
        assert (b"anthropic-beta", b"files-api-2025-04-14") in front.call.headers
        assert KEY_1.encode() not in dict(front.call.headers).values()
        assert request.resource_id.endswith(
            "/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/example-resource"
        )
        assert request.deployment_name == ""

    @pytest.mark.parametrize("method", [b"GET", b"DELETE"])
    def test_other_methods_go_on_without_a_body(self, front: FakeFront, method: bytes) -> None:
        ask(front, method, FILES + b"/file_1?x=%20y")
        request = front.call.request
        assert (request.method, request.path, request.query) == (method, b"/v1/files/file_1", b"x=%20y")
        assert (list(request.body), request.content_length) == ([], 0)

    def test_an_answer_comes_back_byte_for_byte(self, front: FakeFront) -> None:
        client = ask(front, target=FILES + b"/file_1/content")
        content = b"\0\xff\r\n" * 99
        headers = [(b"content-type", b"image/png"), (b"content-length", b"%d" % len(content)), (b"x-own", b"1")]
        front.call.answers(200, headers, content)
        head, _, body = client.takes().partition(b"\r\n\r\n")
        assert body == content
        assert b"\r\nx-own: 1\r\n" in head
        assert b"\r\napim-request-id: apim-" in head

    def test_a_slow_client_slows_the_download(self, front: FakeFront) -> None:
        client = ask(front, target=FILES + b"/file_1/content")
        client.transport.stalled = True
        front.call.answers(200, [(b"content-type", b"image/png")], b"x" * 100_000, ended=False)
        assert front.call.paused
        client.transport.drain()
        assert not front.call.paused

    def test_a_download_that_breaks_off_is_cut_whatever_its_type(self, front: FakeFront) -> None:
        client = ask(front, target=FILES + b"/file_1/content")
        front.call.answers(200, [(b"content-type", b"text/event-stream")], b"data: 1\n\n", ended=False)
        client.takes()
        front.call.fails()
        assert client.takes() == b""
        assert client.transport.closed


class TestRecord:
    @pytest.mark.parametrize(
        ("method", "target", "operation"),
        [
            (b"POST", FILES, "files.create"),
            (b"GET", FILES, "files.list"),
            (b"DELETE", FILES + b"/f", "files.delete"),
            (b"GET", b"/anthropic/v1/skills/s/versions/latest", "skills.versions.get"),
        ],
    )
    def test_names_the_operation_and_no_deployment(
        self, front: FakeFront, method: bytes, target: bytes, operation: str
    ) -> None:
        ask(front, method, target)
        front.call.answers(200, [JSON, (b"request-id", b"req_of_upstream")], b"{}")
        [record] = front.log.records
        assert (record.operation, record.outcome, record.status) == (operation, "completed", 200)
        assert (record.resource, record.deployment, record.model) == ("example-resource", None, None)
        assert (record.upstream, record.key_number, record.request_id) == ("fake", 1, "req_of_upstream")

    def test_takes_nothing_from_what_a_file_says(self, front: FakeFront) -> None:
        ask(front, target=FILES + b"/file_1/content")
        usage = {"input_tokens": 10**6, "output_tokens": 10**6}
        content = {"type": "message", "model": "m", "stop_reason": "end_turn", "usage": usage}
        front.call.answers(200, [JSON], json.dumps(content).encode())
        [record] = front.log.records
        assert (record.usage, record.response_model, record.stop_reason) == (None, None, None)

    def test_has_the_upstreams_error(self, front: FakeFront) -> None:
        client = ask(front, target=FILES + b"/file_1")
        error = b'{"type":"error","error":{"type":"not_found_error","message":"File `file_1` not found."}}'
        front.call.answers(404, [JSON], error)
        assert error in client.takes()
        [record] = front.log.records
        assert (record.outcome, record.error_code) == ("refused-by-upstream", "not_found_error")

    def test_is_written_once_however_it_ends(self, front: FakeFront) -> None:
        ask(front).leaves()
        client = ask(front)
        front.call.fails()
        assert client.takes().startswith(b"HTTP/1.1 500 ")
        ask(front)
        front.server.abort()
        assert [record.outcome for record in front.log.records] == ["client-gone", "upstream-failed", "shut-down"]
        assert [call.cancelled for call in front.upstream.calls] == [True, False, True]

    def test_comes_before_the_answers_last_byte(self, front: FakeFront) -> None:
        ask(front)
        front.call.answers(200, [JSON], b'{"data":[]}')
        assert [kind for kind, _ in front.transcript] == ["upstream", "record", "client"]

    def test_must_be_possible(self, front: FakeFront) -> None:
        front.log.ready = False
        assert ask(front).takes().startswith(b"HTTP/1.1 503 ")
        assert front.upstream.calls == []


class TestQuota:
    def test_is_neither_asked_nor_charged(self) -> None:
        front = FakeFront(capacity=1)
        for _ in range(5):
            ask(front)
            front.call.answers(200, [JSON], b"{}")
        front.connect().sends(render_request())
        assert len(front.upstream.calls) == 6


class TestSize:
    @pytest.mark.parametrize(
        ("target", "limit"),
        [(FILES, 500 * MiB), (b"/anthropic/v1/skills", 32 * MiB), (b"/anthropic/v1/messages", 32 * MiB)],
    )
    def test_only_an_uploaded_file_may_be_large(self, front: FakeFront, target: bytes, limit: int) -> None:
        for length, is_refused in ((limit, False), (limit + 1, True)):
            client = front.connect()
            client.sends(render_request(b"", method=b"POST", target=target, framing=b"Content-Length: %d" % length))
            answer = client.takes()
            assert answer.startswith(b"HTTP/1.1 413 ") == is_refused
            assert bool(answer) == is_refused

    def test_chunks_are_counted_too(self) -> None:
        front = FakeFront(limits=FrontLimits(body_bytes=10, upload_bytes=20))
        for target, accepted in ((FILES, 20), (b"/anthropic/v1/skills", 10)):
            for length in (accepted, accepted + 1):
                client = front.connect()
                head = render_request(b"", method=b"POST", target=target, framing=b"Transfer-Encoding: chunked")
                client.sends(head + b"%x\r\n%b\r\n0\r\n\r\n" % (length, b"x" * length))
                assert client.takes().startswith(b"HTTP/1.1 413 ") == (length > accepted)
        assert [call.request.content_length for call in front.upstream.calls] == [20, 10]

    def test_a_refused_one_is_let_end_before_the_connection_is_cut(self) -> None:
        front = FakeFront(limits=FrontLimits(upload_bytes=100 * MiB))
        client = front.connect()
        client.sends(render_request(b"", method=b"POST", target=FILES, framing=b"Content-Length: 150000000"))
        assert client.takes().startswith(b"HTTP/1.1 413 ")
        for _ in range(150):
            client.sends(b"x" * 1_000_000)
        assert not client.transport.aborted


class TestOrder:
    def test_keys_come_before_hosting(self, front: FakeFront) -> None:
        use(front)
        client = front.connect()
        client.sends(b"GET %b HTTP/1.1\r\nHost: x\r\napi-key: wrong\r\n\r\n" % FILES)
        assert client.takes().startswith(b"HTTP/1.1 401 ")

    def test_methods_come_before_keys(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(b"PUT %b/file_1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % FILES)
        answer = client.takes()
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b"\r\nAllow: DELETE, GET\r\n" in answer

    def test_a_repeated_head_is_decided_anew_with_a_new_directory(self, front: FakeFront) -> None:
        client = front.connect()
        request = render_request(b"", method=b"GET", target=FILES, framing=b"X-Nothing: x")
        client.sends(request)
        front.call.answers(200, [JSON], b"{}")
        front.pipeline.directory = front.index(replace(make_directory(), upstreams=()))
        client.takes()
        client.sends(request)
        assert client.takes().startswith(b"HTTP/1.1 400 ")
