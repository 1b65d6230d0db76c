"""Refusals of what would be done to an upstream."""

from __future__ import annotations

from typing import assert_never

from ingate.domain.upstream_rules import UpstreamInvalid
from ingate.wire.arm.errors import ArmError

from . import refusals as r


def render_upstream_refusal(refusal: r.UpstreamRefusal) -> tuple[int, ArmError]:
    match refusal:
        case UpstreamInvalid(member=member, reason=reason):
            return 400, ArmError(code="InvalidUpstream", message=f"{member} {reason}.", target=f"properties.{member}")
        case r.UpstreamUnknown(name=name, known=known):
            return 400, ArmError(
                code="InvalidResourceReference",
                message=f"The upstream '{name}' does not exist. Known upstreams: {', '.join(known)}.",
                target="properties.ingate.upstream",
            )
        case r.UpstreamInUse(name=name, deployment_ids=deployment_ids):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream '{name}' cannot be deleted while deployments use it: "
                f"{', '.join(deployment_ids)}.",
            )
        case r.UpstreamBuiltIn(name=name):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream '{name}' is built in; it can be neither changed nor deleted.",
            )
        case r.UpstreamElsewhere(name=name, upstream_id=upstream_id):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream name '{name}' is taken: {upstream_id}. Names of upstreams are unique in "
                "the whole Ingate, because any deployment may use them.",
            )
        case _:
            assert_never(refusal)
