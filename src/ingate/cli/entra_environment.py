"""What Azure's identity libraries would make of the AZURE_ variables, for `ingate doctor`."""

from __future__ import annotations

from collections.abc import Mapping

from .diagnosis import Finding, problem
from .location import Location

AUTHORITY, TENANT = "AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID"
TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def diagnose_entra_environment(environment: Mapping[str, str], location: Location) -> list[Finding]:
    """Nothing, for somebody who uses another tenant than the one of the Ingate at `location`."""
    authority = environment.get(AUTHORITY, "").strip().rstrip("/")
    ours = location.secure_url
    tenant = location.running.tenant_id if location.running else ""
    if not ours or not (authority == ours or (tenant and environment.get(TENANT, "").strip() == tenant)):
        return []
    if authority != ours:
        asked = f"they ask {authority}" if authority else "they ask Microsoft"
        message = f"{TENANT} is this Ingate's tenant, but {asked}, because of {AUTHORITY}."
        return [problem("Entra ID", message, f"export {AUTHORITY}={ours}")]
    if location.ca_file and not any(environment.get(name) for name in TRUST_VARIABLES):
        message = (
            f"the certificate of {ours} is signed by Ingate's own authority, which identity libraries do not trust."
        )
        exports = (
            f"export REQUESTS_CA_BUNDLE={location.ca_file} (Python), NODE_EXTRA_CA_CERTS={location.ca_file} (Node)"
        )
        return [problem("Entra ID", message, exports)]
    return []
