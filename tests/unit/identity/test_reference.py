"""docs/reference/identity.md has every endpoint and every error number, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route
from tests.unit.identity.tenant import TenantClient

from ingate.identity.app import create_identity_app
from ingate.identity.token_endpoint import GRANTS
from ingate.wire.entra import errors

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "identity.md").read_text(encoding="utf-8")


def test_every_endpoint_has_its_row(tenant: TenantClient) -> None:
    app = create_identity_app(tenant.plane)
    assert isinstance(app, Starlette)
    routes = {
        (", ".join(sorted((route.methods or set()) - {"HEAD"})), route.path)
        for route in app.routes
        if isinstance(route, Route)
    }
    assert set(re.findall(r"^\| ([A-Z, ]+) \| `(/\S+)` \|", PAGE, re.MULTILINE)) == routes


def test_every_error_number_has_its_row() -> None:
    source = Path(errors.__file__).read_text(encoding="utf-8")
    numbers = set(re.findall(r"number=(\d+)|_federated_mismatch\((\d+)", source))
    rows = re.findall(r"^\| ([0-9, ]+) \|", PAGE, re.MULTILINE)
    assert {number for row in rows for number in row.split(", ")} == {a or b for a, b in numbers}


def test_every_grant_is_named() -> None:
    for grant_type in GRANTS:
        assert f"`{grant_type}`" in PAGE
