"""Refusals of what a request is, whatever it is about: its path, version, body, names, query and conditions."""

from __future__ import annotations

from typing import assert_never

from ingate.wire.arm.errors import ArmError

from . import refusals as r


def render_request_refusal(refusal: r.RequestRefusal) -> tuple[int, ArmError]:
    match refusal:
        case r.ApiVersionMissing():
            return 400, ArmError(
                code="MissingApiVersionParameter",
                message="The api-version query parameter (?api-version=) is required for all requests.",
            )
        case r.ApiVersionInvalid(given=given):
            return 400, ArmError(
                code="InvalidApiVersionParameter",
                message=f"The api-version '{given}' is invalid. It must be a date, YYYY-MM-DD, which may be "
                "followed by -preview.",
            )
        case r.RouteNotFound(path=path):
            return 404, ArmError(code="NotFound", message=f"Nothing answers at the path '{path}'.")
        case r.MethodNotAllowed(method=method, allowed=allowed):
            return 405, ArmError(
                code="MethodNotAllowed",
                message=f"The requested resource does not support http method '{method}'. It supports {allowed}.",
            )
        case r.BodyTooLarge(limit=limit):
            return 413, ArmError(
                code="RequestContentTooLarge", message=f"The request's body is larger than {limit} bytes."
            )
        case r.BodyInvalid(reason=reason):
            return 400, ArmError(code="InvalidRequestContent", message=f"The request content was invalid: {reason}.")
        case r.NameInvalid(noun=noun, name=name, rule=rule):
            return 400, ArmError(
                code="InvalidResourceName",
                message=f"The {noun} name '{name}' is not valid. It must be {rule}.",
            )
        case r.QueryParameterInvalid(name=name, reason=reason):
            return 400, ArmError(
                code="InvalidQueryParameterValue",
                message=f"The value of the query parameter '{name}' is invalid: {reason}.",
                target=name,
            )
        case r.FilterInvalid(known=known):
            return 400, ArmError(
                code="InvalidFilterInQueryString",
                message="Invalid $filter in the query string. It may compare these members, joined by 'and': "
                f"{', '.join(known)}; as in name eq 'value' or substringof('value', name).",
                target="$filter",
            )
        case r.PropertyInvalid(name=name, reason=reason):
            return 400, ArmError(code="InvalidResourceProperties", message=f"'{name}' {reason}.", target=name)
        case r.PreconditionFailed():
            return 412, ArmError(
                code="PreconditionFailed",
                message="The condition in If-Match or If-None-Match is not met: the resource was changed, created "
                "or deleted meanwhile.",
            )
        case _:
            assert_never(refusal)
