"""What goes wrong between the command line and the management API, and what is said about it."""

from __future__ import annotations

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import MANAGEMENT_URL, SUBSCRIPTION, TOKEN, FakeIngate, account_path

ACCOUNTS = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts"


def test_a_server_that_is_gone_is_exit_code_3_with_a_hint(run: Run, ingate: FakeIngate) -> None:
    ingate.answers["GET", ACCOUNTS] = httpx2.ConnectError("refused")
    result = run("resource", "list")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        f"ingate: no management API answers at {MANAGEMENT_URL} (ConnectError).\nStart one with: ingate up\n"
    )


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>a router's page</html>"),
        httpx2.Response(200, json=["not", "an", "object"]),
        httpx2.Response(302, headers={"location": "http://elsewhere.example/"}),
        httpx2.Response(502, text="Bad Gateway"),
    ],
)
def test_something_else_at_that_address_is_called_so(run: Run, ingate: FakeIngate, answer: httpx2.Response) -> None:
    ingate.answers["GET", ACCOUNTS] = answer
    result = run("resource", "list")
    assert result.exit_code == 1
    assert "is not Ingate's management API" in result.stderr
    assert all(request.url.host == "127.0.0.1" for request in ingate.requests)


def test_a_refused_token_is_explained_and_never_shown(run: Run) -> None:
    result = run("resource", "list", environment={"INGATE_ADMIN_TOKEN": "wrong-token"})
    assert result.exit_code == 1
    assert "AuthenticationFailed" in result.stderr
    assert "The token came from INGATE_ADMIN_TOKEN; is this the Ingate at" in result.stderr
    assert "wrong-token" not in result.output


def test_a_token_that_the_server_repeats_is_removed(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "Odd", "message": f"You sent {TOKEN}."}}
    ingate.answers["GET", ACCOUNTS] = httpx2.Response(400, json=error)
    result = run("resource", "list")
    assert result.stderr == "ingate: Odd: You sent [token].\n"


def test_a_next_page_on_another_server_is_not_followed(run: Run, ingate: FakeIngate) -> None:
    page: dict[str, object] = {"value": [], "nextLink": "http://elsewhere.example/steal?api-version=1"}
    ingate.answers["GET", ACCOUNTS] = httpx2.Response(200, json=page)
    result = run("resource", "list")
    assert result.exit_code == 1
    assert "not followed" in result.stderr
    assert len(ingate.requests) == 1


def test_deleting_waits_until_the_thing_is_gone(run: Run, ingate: FakeIngate) -> None:
    path = account_path("example-resource")
    ingate.answers["DELETE", path] = httpx2.Response(202)
    ingate.answers["GET", path] = httpx2.Response(
        404, json={"error": {"code": "ResourceNotFound", "message": "gone"}}
    )
    assert run("resource", "delete", "example-resource").exit_code == 0
    assert [request.method for request in ingate.requests[-2:]] == ["DELETE", "GET"]


def test_steering_characters_in_a_refusal_do_not_reach_the_terminal(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "Odd", "message": "red\x1b[31m"}}
    ingate.answers["GET", ACCOUNTS] = httpx2.Response(400, json=error)
    assert run("resource", "list").stderr == "ingate: Odd: red\N{REPLACEMENT CHARACTER}[31m\n"
