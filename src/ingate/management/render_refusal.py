"""Refusals as Azure Resource Manager says them: a status and its error envelope.

Each family of refusals has a file of its own, with one match that has a case for each member and ends in
assert_never. Codes are Azure's own where it has one (https://learn.microsoft.com/azure/azure-resource-manager/
troubleshooting/common-deployment-errors); texts say what to do.
"""

from __future__ import annotations

from ingate.wire.arm.errors import ArmError

from . import refusals as r
from .access_refusals import AccessRefusal
from .costs.cost_refusals import CostRefusal
from .directory_refusals import DirectoryRefusal
from .render_access_refusal import render_access_refusal
from .render_account_refusal import render_account_refusal
from .render_cost_refusal import render_cost_refusal
from .render_deployment_refusal import render_deployment_refusal
from .render_directory_refusal import render_directory_refusal
from .render_lookup_refusal import render_lookup_refusal
from .render_request_refusal import render_request_refusal
from .render_upstream_refusal import render_upstream_refusal

INTERNAL_ERROR = ArmError(
    code="InternalServerError", message="The request failed inside Ingate; its log has the reason."
)


def render_refusal(refusal: r.ManagementRefusal) -> tuple[int, ArmError]:
    """The last family needs no question: a new one that is not asked for here does not type-check."""
    if isinstance(refusal, AccessRefusal):
        return render_access_refusal(refusal)
    if isinstance(refusal, CostRefusal):
        return render_cost_refusal(refusal)
    if isinstance(refusal, DirectoryRefusal):
        return render_directory_refusal(refusal)
    if isinstance(refusal, r.RequestRefusal):
        return render_request_refusal(refusal)
    if isinstance(refusal, r.LookupRefusal):
        return render_lookup_refusal(refusal)
    if isinstance(refusal, r.AccountRefusal):
        return render_account_refusal(refusal)
    if isinstance(refusal, r.DeploymentRefusal):
        return render_deployment_refusal(refusal)
    return render_upstream_refusal(refusal)
