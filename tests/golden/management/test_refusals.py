"""Every refusal of the management API, byte for byte. A golden file that is missing is written; read it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import httpx2
import pytest
from tests.golden.management.access_cases import ACCESS_CASES
from tests.golden.management.cost_cases import COST_ACCESS_CASES, COST_CASES
from tests.golden.management.refusal_cases import CASES, Case, Request
from tests.support.control_plane import ManagementClient

from ingate.management.refusals import ManagementRefusal

GOLDEN = Path(__file__).parent / "refusals"
SHOWN_HEADERS = ("content-type", "www-authenticate", "allow", "x-ms-failure-cause")


async def send(client: ManagementClient, request: Request) -> httpx2.Response:
    path = request.path.format(
        subscription=client.subscription_path,
        group=client.group_path,
        accounts=client.accounts_path,
        account=client.account_path,
        upstreams=client.upstreams_path,
    )
    return await client.send(
        request.method,
        path,
        request.body,
        content=request.content,
        headers=request.headers,
        api_version=request.api_version,
        token=request.token,
    )


def render_golden(response: httpx2.Response) -> bytes:
    headers = [f"{name}: {response.headers[name]}" for name in SHOWN_HEADERS if name in response.headers]
    return "\n".join([f"HTTP {response.status_code}", *headers, "", ""]).encode() + response.content + b"\n"


ALL_CASES = (*CASES, *ACCESS_CASES, *COST_CASES, *COST_ACCESS_CASES)


@pytest.mark.anyio
@pytest.mark.parametrize("case", [*CASES, *COST_CASES], ids=lambda case: case.name)
async def test_a_management_refusal_is_its_golden_file(client: ManagementClient, case: Case) -> None:
    configured = client.with_settings(**case.settings)
    for request in case.before:
        assert (await send(configured, request)).is_success

    response = await send(configured, case.request)
    await configured.close()

    assert response.is_error
    assert "CANARY" not in response.text, "a refusal repeats what may be a secret"
    assert response.headers["x-ms-request-id"]
    assert response.headers["x-ms-correlation-request-id"]
    check_golden(GOLDEN / f"{case.name}.http", render_golden(response))


def check_golden(path: Path, actual: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(actual)
        pytest.fail(f"{path.name} was missing and has been written; read it and run again")
    assert actual == path.read_bytes()


def test_every_kind_of_refusal_has_a_golden_file() -> None:
    assert {case.refusal for case in ALL_CASES} == set(get_args(ManagementRefusal))


def test_every_golden_file_has_a_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.http")} == {case.name for case in ALL_CASES}
