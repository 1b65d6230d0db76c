from __future__ import annotations

import pytest

from ingate.cli.failure import Refused
from ingate.cli.refused_call import diagnose_refused_call


@pytest.mark.parametrize(
    ("status", "code", "message", "check", "fix"),
    [
        (
            403,
            "AuthenticationTypeDisabled",
            "Key based authentication is disabled.",
            "API key",
            "--enable-local-auth",
        ),
        (403, "403", "Access denied due to Virtual Network/Firewall rules.", "network", "ingate network show team"),
        (403, "403", "Public access is disabled.", "network", "ingate network show team"),
        (423, "DeploymentPaused", "The deployment is paused.", "deployment", "ingate deployment resume talk"),
    ],
)
def test_refusals_with_a_known_fix_name_it(status: int, code: str, message: str, check: str, fix: str) -> None:
    found = diagnose_refused_call(Refused(status=status, code=code, message=message), "team", "talk")
    assert found is not None
    assert (found.check, found.level, found.message) == (check, "problem", f"{code}: {message}")
    assert fix in found.fix


def test_other_refusals_are_somebody_elses() -> None:
    assert diagnose_refused_call(Refused(status=401, code="401", message="Access denied"), "team", "talk") is None
