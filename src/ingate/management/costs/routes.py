"""Every route about costs."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ingate.management.control_plane import ControlPlane

from .budgets import budget_routes
from .focus_export import focus_export_routes
from .forecasts import forecast_routes
from .prices import price_routes
from .queries import cost_query_routes
from .usage_details import usage_detail_routes


def cost_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        *cost_query_routes(plane),
        *forecast_routes(plane),
        *usage_detail_routes(plane),
        *budget_routes(plane),
        *price_routes(plane),
        *focus_export_routes(plane),
    ]
