"""Refusals of requests about costs, as Cost Management says them.

https://learn.microsoft.com/rest/api/cost-management/query/usage; a forecast that cannot be made is 424 on Azure.
"""

from __future__ import annotations

from typing import assert_never

from ingate.wire.arm.envelopes import render_time
from ingate.wire.arm.errors import ArmError

from .costs import cost_refusals as r


def render_cost_refusal(refusal: r.CostRefusal) -> tuple[int, ArmError]:
    match refusal:
        case r.CostQueryInvalid(reason=reason):
            return 400, ArmError(code="BadRequest", message=f"Invalid query definition: {reason}.")
        case r.ForecastUnavailable(reason=reason):
            return 424, ArmError(
                code="FailedDependency",
                message=f"Forecast is unavailable for the specified time period: {reason}.",
            )
        case r.ForecastNotInstalled():
            return 501, ArmError(
                code="NotImplemented",
                message="Forecasts need packages that are not installed here. Install them with "
                "`pip install 'ingate[forecast]'` and start Ingate again.",
            )
        case r.ForecastFailed(reason=reason):
            return 503, ArmError(code="ServiceUnavailable", message=f"The forecast failed: {reason}.")
        case r.CostsUnavailable():
            return 503, ArmError(code="ServiceUnavailable", message="This process keeps no account of costs.")
        case r.PriceInForce(name=name, effective_from=effective_from):
            return 409, ArmError(
                code="PriceInForce",
                message=f"The price '{name}' is in force since {render_time(effective_from)} and stays as it is, "
                "because costs were computed with it. Add another that begins later to supersede it.",
            )
        case r.WebhookNotAllowed():
            return 403, ArmError(
                code="AuthorizationFailed",
                message="A budget's webhook may be set only by whoever may assign roles in the whole tenant, because "
                "this machine sends the requests.",
                target="properties.ingate.webhook",
            )
        case _:
            assert_never(refusal)
