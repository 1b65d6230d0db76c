"""Microsoft.CostManagement/query and /dimensions."""

from __future__ import annotations

import asyncio
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.cost_filter import DIMENSIONS
from ingate.domain.cost_query import Cell, CostQuery, CostTable, Grouping, find_days, run_query
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Outcome
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page

from .cost_refusals import CostsUnavailable
from .cost_scopes import COST_MANAGEMENT, CostScope, find_cost_scope, mount_on_scopes, read_charges
from .json_numbers import exact_number
from .query_bodies import CostQueryBody, parse_cost_query

QUERY_TYPE = "Microsoft.CostManagement/query"
DIMENSION_TYPE = "Microsoft.CostManagement/dimensions"
MOST_VALUES = 1000


def cost_query_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        *mount_on_scopes(plane, f"{COST_MANAGEMENT}/query", {"POST": post_query}),
        *mount_on_scopes(plane, f"{COST_MANAGEMENT}/dimensions", {"GET": list_dimensions}),
    ]


async def post_query(plane: ControlPlane, request: Request) -> Outcome:
    """204 when nothing was charged, as Cost Management answers."""
    body = await read_body(request, CostQueryBody)
    if not isinstance(body, Body):
        return body
    query = parse_cost_query(body.document, plane.clock().date())
    if not isinstance(query, CostQuery):
        return query
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
    if not isinstance(scope, CostScope):
        return scope
    charges = await read_charges(plane, scope, query.first, query.last)
    if isinstance(charges, CostsUnavailable):
        return charges
    table = await asyncio.to_thread(run_query, query, charges)
    return Answer(document=render_table(scope.scope_id, QUERY_TYPE, table)) if table.rows else Answer(status=204)


def render_table(scope_id: str, type_: str, table: CostTable) -> JsonObject:
    columns = [{"name": column.name, "type": column.type} for column in table.columns]
    name = str(uuid5(NAMESPACE_URL, f"{scope_id.lower()}|{type_}|{columns}"))
    return {
        "id": f"{scope_id.lstrip('/')}/providers/{type_}/{name}",
        "name": name,
        "type": type_,
        "properties": {
            "nextLink": None,
            "columns": columns,
            "rows": [[_render_cell(cell) for cell in row] for row in table.rows],
        },
    }


def _render_cell(cell: Cell) -> object:
    return cell if isinstance(cell, str) else exact_number(cell)


async def list_dimensions(plane: ControlPlane, request: Request) -> Outcome:
    """What can be grouped by and filtered by, with the values that this month's costs have."""
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
    if not isinstance(scope, CostScope):
        return scope
    first, last = find_days("MonthToDate", plane.clock().date())
    charges = await read_charges(plane, scope, first, last)
    if isinstance(charges, CostsUnavailable):
        return charges
    items: list[JsonObject] = []
    for name, _ in DIMENSIONS.values():
        by_value = CostQuery(
            first=first,
            last=last,
            granularity="None",
            measures=("Cost",),
            groupings=(Grouping(kind="Dimension", name=name),),
        )
        table = await asyncio.to_thread(run_query, by_value, charges)
        values = [str(row[1]) for row in table.rows if row[1]]
        items.append(_render_dimension(scope, name, values))
    return Answer(document=render_page(items))


def _render_dimension(scope: CostScope, name: str, values: list[str]) -> JsonObject:
    return {
        "id": f"{scope.scope_id.lstrip('/')}/providers/{DIMENSION_TYPE}/{name}",
        "name": name,
        "type": DIMENSION_TYPE,
        "properties": {
            "description": name,
            "filterEnabled": True,
            "groupingEnabled": True,
            "total": len(values),
            "category": name,
            "data": values[:MOST_VALUES],
        },
    }
