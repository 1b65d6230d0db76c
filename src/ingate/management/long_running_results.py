"""Where operations are polled: their state, and in the end their result."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.subscription import Subscription

from .accounts import get_account
from .control_plane import Answer, ControlPlane, Handler, Outcome, mount
from .deployments import get_deployment
from .long_running import (
    Operation,
    OperationAddress,
    is_done,
    render_operation,
    render_operation_headers,
    render_retry,
    unseal_operation,
)
from .projects import get_project
from .refusals import OperationNotFound
from .resource_groups import get_resource_group
from .scopes import LOCATION_PATH, SUBSCRIPTION_PATH, find_subscription, path_part

_GETTERS: Mapping[str, Handler] = {
    "deployment": get_deployment,
    "project": get_project,
    "account": get_account,
    "group": get_resource_group,
}
"""By the last part of the path of what was changed, the innermost first."""


def long_running_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, LOCATION_PATH + "/operationStatuses/{operation}", {"GET": get_operation_status}),
        mount(plane, LOCATION_PATH + "/operationResults/{operation}", {"GET": get_operation_result}),
        mount(plane, SUBSCRIPTION_PATH + "/operationresults/{operation}", {"GET": get_operation_result}),
    ]


async def get_operation_status(plane: ControlPlane, request: Request) -> Outcome:
    operation = await _find(plane, request)
    if not isinstance(operation, Operation):
        return operation
    return Answer(
        document=render_operation(plane, operation, request.scope["path"]), headers=render_retry(plane, operation)
    )


async def get_operation_result(plane: ControlPlane, request: Request) -> Outcome:
    """202 while it goes on; then what it made, or nothing where it deleted."""
    operation = await _find(plane, request)
    if not isinstance(operation, Operation):
        return operation
    retry = render_retry(plane, operation)
    if not is_done(plane, operation):
        location = request.path_params.get("location")
        address = OperationAddress(subscription_id=path_part(request, "subscription"), location=location)
        headers = render_operation_headers(request, address, path_part(request, "operation"))
        return Answer(status=202, headers=headers | retry)
    if operation.kind == "delete":
        return Answer(status=204, headers=retry)
    request.scope["path_params"] = dict(operation.target)
    getter = next(handler for part, handler in _GETTERS.items() if part in operation.target)
    return await getter(plane, request)


async def _find(plane: ControlPlane, request: Request) -> Operation | Outcome:
    """Of the subscription in the path: an id does not open another one's."""
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    operation = unseal_operation(plane, path_part(request, "operation"))
    if operation is None or operation.target["subscription"].lower() != subscription.subscription_id.lower():
        return OperationNotFound()
    return operation
