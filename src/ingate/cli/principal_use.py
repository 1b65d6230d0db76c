"""How programs with an Azure identity library use an application: the variables that those libraries read."""

from __future__ import annotations

import shlex

from .location import Location


def list_exports(location: Location, tenant_id: str, client_id: str, secret: str) -> list[str]:
    """Lines for a shell. The authority and its certificate are left out where this machine does not know them."""
    variables = {
        "AZURE_TENANT_ID": tenant_id,
        "AZURE_CLIENT_ID": client_id,
        "AZURE_CLIENT_SECRET": secret,
        "AZURE_AUTHORITY_HOST": location.secure_url,
        "REQUESTS_CA_BUNDLE": str(location.ca_file or ""),
        "NODE_EXTRA_CA_CERTS": str(location.ca_file or ""),
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items() if value]
