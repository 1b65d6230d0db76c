"""Tokens of a managed identity: by the instance metadata service's form, or by App Service's where it is offered."""

from __future__ import annotations

from .address import open_http_client
from .entra import READ_TIMEOUT, describe_transport_error, read_token_answer
from .invocation import Invocation
from .json_value import JsonObject
from .location import Location

METADATA_PATH = "/metadata/identity/oauth2/token"
METADATA_HOST_VARIABLE = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
APP_SERVICE_VARIABLES = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")


def request_identity_token(
    invocation: Invocation, location: Location, *, resource: str, client_id: str | None
) -> JsonObject:
    """The token endpoint's answer. `client_id` chooses among several identities. Raises EntraRefused."""
    import httpx2

    endpoint, header = (invocation.environment.get(name, "").strip() for name in APP_SERVICE_VARIABLES)
    if endpoint and header:
        url, version, headers = endpoint, "2019-08-01", {"X-IDENTITY-HEADER": header}
    else:
        host = invocation.environment.get(METADATA_HOST_VARIABLE, "").strip() or location.management_url
        url, version, headers = host.rstrip("/") + METADATA_PATH, "2018-02-01", {"Metadata": "true"}
    query = {"api-version": version, "resource": resource} | ({"client_id": client_id} if client_id else {})
    with open_http_client(invocation, url, read_timeout=READ_TIMEOUT, ca_file=location.ca_file) as client:
        try:
            response = client.get(url, params=query, headers=headers)
        except httpx2.TransportError as error:
            raise describe_transport_error(error, url, "no managed identity endpoint answers") from error
    return read_token_answer(response, url)
