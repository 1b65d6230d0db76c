"""The refusal of a request, if Claude would refuse it."""

from __future__ import annotations

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.json_value import JsonObject, get_objects, get_string
from ingate.simulator.model_facts import find_model_facts
from ingate.simulator.refusal import Refusal, refuse
from ingate.simulator.validation.features import find_unknown_beta
from ingate.simulator.validation.inspection import Inspection, find_notable_blocks
from ingate.simulator.validation.lenient import get_lenient_schema
from ingate.simulator.validation.rules import get_rules
from ingate.simulator.validation.schema_file import Endpoint, get_schema
from ingate.simulator.validation.shape import Grants

FIRST_VERSION = "2023-06-01"
SECOND_VERSION = "2026-10-21"
VERSIONS = frozenset({FIRST_VERSION, SECOND_VERSION})
_LONGEST_NAME = 200
MOST_BYTES = 32 * 1024 * 1024
ANY_BETA = "beta"
"""The grant for what needs a beta, with no beta known that it needs."""


def find_refusal(
    request: SimulatorRequest,
    body: JsonObject,
    *,
    endpoint: Endpoint,
    version: str,
    betas: tuple[str, ...],
    lenient: bool,
) -> Refusal | None:
    """Why this request gets no answer; None if it gets one. Lenient: only if it could not be answered."""
    if len(request.body) > MOST_BYTES:
        return Refusal(error_type="request_too_large", message="Request exceeds the maximum size")
    if lenient:
        return find_unanswerable(body, endpoint=endpoint)
    named = frozenset(betas)
    problem = find_unknown_beta(named) or find_wrong_shape(body, endpoint=endpoint, version=version, betas=named)
    if problem:
        return refuse(problem)
    model = get_string(body, "model")
    facts = find_model_facts(model)
    if facts is None:
        return Refusal(error_type="not_found_error", message=f"model: {model[:_LONGEST_NAME]}")
    messages = get_objects(body["messages"])
    inspection = Inspection(
        body=body,
        endpoint=endpoint,
        version=version,
        betas=named,
        hosting=request.served_as.hosting,
        facts=facts,
        size=len(request.body),
        messages=messages,
        tools=get_objects(body.get("tools")),
        notable=find_notable_blocks(messages),
    )
    return find_broken_rule(inspection)


def find_broken_rule(inspection: Inspection) -> Refusal | None:
    for rule in get_rules(frozenset(inspection.body)):
        problem = rule(inspection)
        if problem is not None:
            return refuse(problem) if isinstance(problem, str) else problem
    return None


def find_unanswerable(body: JsonObject, *, endpoint: Endpoint) -> Refusal | None:
    schema = get_lenient_schema()[endpoint]
    nothing = Grants()
    return None if schema.accepts(body, nothing) else refuse(schema.explain(body, nothing, ""))


def find_wrong_shape(body: JsonObject, *, endpoint: Endpoint, version: str, betas: Grants) -> str | None:
    schema = get_schema()[endpoint]
    grants = betas | {version, ANY_BETA} if betas else Grants((version,))
    return None if schema.accepts(body, grants) else schema.explain(body, grants, "")
