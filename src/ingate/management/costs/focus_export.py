"""Ingate.Gateway/focusExport: the costs of a scope as a FOCUS file in CSV, a row for each day, deployment, caller and
meter."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.domain.catalog import Catalog
from ingate.domain.charge import Charge
from ingate.domain.cost_query import LONGEST_SPAN, find_days
from ingate.domain.focus import COLUMNS, FOCUS_VERSION, render_focus_row
from ingate.management.control_plane import ArmRoute, ControlPlane, Outcome, render_outcome
from ingate.management.paging import get_query
from ingate.management.refusals import QueryParameterInvalid

from .cost_scopes import COST_SCOPES, CostScope, find_cost_scope, read_charges
from .query_bodies import parse_day

FOCUS_PATH = "/providers/Ingate.Gateway/focusExport"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def focus_export_routes(plane: ControlPlane) -> list[BaseRoute]:
    async def endpoint(request: Request) -> Response:
        found = await export_focus(plane, request)
        return found if isinstance(found, Response) else render_outcome(found)

    return [ArmRoute(scope + FOCUS_PATH, endpoint, ["GET"]) for scope in COST_SCOPES]


async def export_focus(plane: ControlPlane, request: Request) -> Response | Outcome:
    """`from` and `to` are days, both included; this month to date without them. Only a heading when nothing was
    charged."""
    first, last = find_days("MonthToDate", plane.clock().date())
    given = get_query(request, "from"), get_query(request, "to")
    start, end = parse_day(given[0]) if given[0] else first, parse_day(given[1]) if given[1] else last
    if start is None or end is None:
        return QueryParameterInvalid(name="to" if start else "from", reason="it must be a date, in ISO 8601")
    if end < start or end - start > LONGEST_SPAN:
        return QueryParameterInvalid(name="to", reason=f"it must be 0 to {LONGEST_SPAN.days} days after from")
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
    if not isinstance(scope, CostScope):
        return scope
    charges = await read_charges(plane, scope, start, end)
    if not isinstance(charges, list):
        return charges
    content = await asyncio.to_thread(render_focus, charges, plane.catalog)
    headers = {
        "content-disposition": f'attachment; filename="focus-{start.isoformat()}-{end.isoformat()}.csv"',
        "x-focus-version": FOCUS_VERSION,
    }
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def render_focus(charges: Sequence[Charge], catalog: Catalog) -> bytes:
    """RFC 4180. Names that a spreadsheet would take for a formula are written as text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([name for name, _ in COLUMNS])
    for charge in charges:
        writer.writerow([_defuse(cell) for cell in render_focus_row(charge, catalog)])
    return text.getvalue().encode("utf-8")


def _defuse(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).lstrip("-").isdigit()
