"""Which permission each request takes."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.guards import OPEN_PATHS
from ingate.management.operations import Rule, collect_spelling, derive_operation

GOLDEN = Path(__file__).parents[2] / "golden" / "management" / "operations.txt"

S = "/subscriptions/s1"
G = f"{S}/resourceGroups/g1"
A = f"{G}/providers/Microsoft.CognitiveServices/accounts/a1"


def list_routes() -> list[Route]:
    plane = cast(ControlPlane, SimpleNamespace(new_id=str))
    app: object = create_management_app(plane, admin_token="a token")
    while not isinstance(app, Starlette):
        app = cast("dict[str, object]", vars(app))["_app"]
    return cast("list[Route]", app.routes)


ROUTES = list_routes()
SPELLING = collect_spelling(route.path for route in ROUTES)


def test_every_route_takes_the_permission_that_is_written_down() -> None:
    """The list is written when it is missing. Whoever adds a route reads what it takes."""
    lines: list[str] = []
    for route in sorted(ROUTES, key=lambda route: route.path):
        path = re.sub(r"\{(\w+)\}", r"<\1>", route.path.replace("{scope:path}", "subscriptions/<subscription>"))
        for method in sorted((route.methods or set()) - {"HEAD"}):
            operation = derive_operation(method, path, SPELLING)
            rule = "OPEN" if route.path in OPEN_PATHS else operation.rule.name
            lines.append(f"{method} {route.path}\n    {rule} {operation.action} {operation.scope}\n")
    if not GOLDEN.exists():
        GOLDEN.write_text("".join(lines))
        pytest.fail("the list was missing and has been written; read it and run again")
    assert "".join(lines) == GOLDEN.read_text()


@pytest.mark.parametrize(
    ("request_line", "action", "scope"),
    [
        (f"GET {A}", "Microsoft.CognitiveServices/accounts/read", A),
        (f"HEAD {G}", "Microsoft.Resources/subscriptions/resourceGroups/read", G),
        (f"GET {A}/deployments", "Microsoft.CognitiveServices/accounts/deployments/read", A),
        (
            f"PATCH {A}/deployments/d1",
            "Microsoft.CognitiveServices/accounts/deployments/write",
            f"{A}/deployments/d1",
        ),
        (f"POST {A}/listKeys", "Microsoft.CognitiveServices/accounts/listKeys/action", A),
        (
            f"POST {A}/deployments/d1/pause",
            "Microsoft.CognitiveServices/accounts/deployments/pause/action",
            f"{A}/deployments/d1",
        ),
        (
            f"PUT {A}/providers/Microsoft.Authorization/roleAssignments/r1",
            "Microsoft.Authorization/roleAssignments/write",
            f"{A}/providers/Microsoft.Authorization/roleAssignments/r1",
        ),
        (
            f"GET {A}/providers/Microsoft.Authorization/roleAssignments",
            "Microsoft.Authorization/roleAssignments/read",
            A,
        ),
        (
            "GET /providers/Microsoft.Authorization/roleDefinitions",
            "Microsoft.Authorization/roleDefinitions/read",
            "/",
        ),
        (
            f"POST {S}/providers/Microsoft.CognitiveServices/checkDomainAvailability",
            "Microsoft.CognitiveServices/checkDomainAvailability/action",
            S,
        ),
        (
            "POST /providers/Ingate.Identity/principals/p1/addSecret",
            "Ingate.Identity/principals/addSecret/action",
            "/providers/Ingate.Identity/principals/p1",
        ),
    ],
)
def test_an_operation_is_derived_from_method_and_path(request_line: str, action: str, scope: str) -> None:
    method, path = request_line.split(" ")
    for written in (path, path + "/", path.upper().replace("/A1", "/a1")):
        operation = derive_operation(method, written, SPELLING)
        assert operation.action == action
        assert operation.scope.lower() == scope.lower()
    assert derive_operation(method, path, SPELLING).scope == scope


def test_a_name_that_looks_like_a_word_of_the_path_is_a_name() -> None:
    path = f"{S}/resourceGroups/providers/providers/Microsoft.CognitiveServices/accounts/ACCOUNTS"
    operation = derive_operation("DELETE", path, SPELLING)
    assert operation.action == "Microsoft.CognitiveServices/accounts/delete"
    assert operation.scope == path


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH", "OPTIONS", "MADE-UP"])
def test_what_gives_power_over_principals_or_this_machine_takes_the_whole_tenant(method: str) -> None:
    for path in (
        "/providers/Ingate.Identity/principals/p1",
        "/providers/INGATE.identity/principals/p1/addMember",
        f"{G}/providers/ingate.GATEWAY/Upstreams/u1",
    ):
        assert derive_operation(method, path, SPELLING).rule is Rule.TENANT
        assert derive_operation(method, path, {}).rule is Rule.TENANT


def test_only_reads_are_no_changes() -> None:
    methods = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS")
    changes = [method for method in methods if derive_operation(method, A, SPELLING).is_change]
    assert changes == ["PUT", "PATCH", "DELETE", "POST", "OPTIONS"]
    assert not derive_operation("POST", "/v1.0/directoryObjects/getByIds", SPELLING).is_change
