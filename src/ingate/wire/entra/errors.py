"""Entra ID's OAuth errors: their numbers, their texts, and the shape in which they are answered.

Numbers and texts are the service's: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
Clients show the text to people and some look for `AADSTS` and the number in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .issuers import AUTHORITY_HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraError:
    """Why somebody got no token."""

    number: int
    """What follows `AADSTS`."""
    error: str
    """OAuth's code (RFC 6749, section 5.2; RFC 8628, section 3.5)."""
    text: str
    status: int = 400


def render_entra_error(
    error: EntraError, *, time: datetime, trace_id: str, correlation_id: str
) -> dict[str, str | list[int]]:
    """`time` is UTC."""
    timestamp = time.strftime("%Y-%m-%d %H:%M:%SZ")
    trailer = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
    return {
        "error": error.error,
        "error_description": f"AADSTS{error.number}: {error.text} {trailer}",
        "error_codes": [error.number],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"https://{AUTHORITY_HOST}/error?code={error.number}",
    }


# The request as such


def parameter_missing(name: str) -> EntraError:
    return EntraError(
        number=900144,
        error="invalid_request",
        text=f"The request body must contain the following parameter: '{name}'.",
    )


def parameter_invalid(name: str) -> EntraError:
    return EntraError(number=90100, error="invalid_request", text=f"The '{name}' parameter is empty or not valid.")


def request_malformed(reason: str) -> EntraError:
    text = f"Invalid request. Request is malformed or invalid. {reason}"
    return EntraError(number=9002313, error="invalid_request", text=text)


def request_not_posted(method: str) -> EntraError:
    text = f"The endpoint only accepts POST requests. Received a {method} request."
    return EntraError(number=900561, error="invalid_request", text=text, status=405)


def grant_type_unsupported(grant_type: str) -> EntraError:
    text = f"The app requested an unsupported grant type '{_quote(grant_type)}'."
    return EntraError(number=70003, error="unsupported_grant_type", text=text)


def tenant_not_found(tenant: str, *, error: str = "invalid_request") -> EntraError:
    text = (
        f"Tenant '{_quote(tenant)}' not found. Check to make sure you have the correct tenant ID and are signing "
        "into the correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )
    return EntraError(number=90002, error=error, text=text)


def tenant_unnamed() -> EntraError:
    text = "No tenant-identifying information found in either the request or implied by any provided credentials."
    return EntraError(number=50059, error="invalid_request", text=text)


# Clients and their credentials


def client_not_found(client_id: str, tenant: str) -> EntraError:
    text = (
        f"Application with identifier '{_quote(client_id)}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant. You may have sent your authentication request to the wrong tenant."
    )
    return EntraError(number=700016, error="unauthorized_client", text=text)


def client_disabled(client_id: str, name: str) -> EntraError:
    text = f"Application '{client_id}'({name}) is disabled."
    return EntraError(number=7000112, error="unauthorized_client", text=text)


def client_credential_missing() -> EntraError:
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return EntraError(number=7000218, error="invalid_client", text=text, status=401)


def client_is_public() -> EntraError:
    text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
    return EntraError(number=700025, error="invalid_client", text=text, status=401)


def client_secret_wrong(client_id: str) -> EntraError:
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'."
    )
    return EntraError(number=7000215, error="invalid_client", text=text, status=401)


def client_secret_expired(client_id: str) -> EntraError:
    text = (
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new "
        "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds."
    )
    return EntraError(number=7000222, error="invalid_client", text=text, status=401)


def assertion_type_unsupported() -> EntraError:
    text = "The 'client_assertion_type' is not urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
    return EntraError(
        number=50027, error="invalid_client", text=f"JWT token is invalid or malformed. {text}", status=401
    )


def assertion_malformed() -> EntraError:
    return EntraError(number=50027, error="invalid_client", text="JWT token is invalid or malformed.", status=401)


def assertion_signature_wrong(reason: str, key: str) -> EntraError:
    text = (
        f"Client assertion contains an invalid signature. [Reason - {reason}, Thumbprint of key used by client: "
        f"'{_quote(key)}']"
    )
    return EntraError(number=700027, error="invalid_client", text=text, status=401)


def assertion_audience_wrong() -> EntraError:
    text = "Client assertion audience claim does not match Realm issuer."
    return EntraError(number=700023, error="invalid_client", text=text, status=401)


def assertion_client_wrong() -> EntraError:
    text = "Client assertion application identifier doesn't match 'client_id' parameter."
    return EntraError(number=700021, error="invalid_client", text=text, status=401)


def assertion_out_of_time(now: datetime) -> EntraError:
    text = f"Client assertion is not within its valid time range. Current time: {now:%Y-%m-%dT%H:%M:%S.%f}Z."
    return EntraError(number=700024, error="invalid_client", text=text, status=401)


def federated_issuer_unknown(issuer: str) -> EntraError:
    return _federated_mismatch(700211, "issuer", issuer)


def federated_audience_unknown(audience: str) -> EntraError:
    return _federated_mismatch(700212, "audience", audience)


def federated_subject_unknown(subject: str) -> EntraError:
    return _federated_mismatch(700213, "subject", subject)


def _federated_mismatch(number: int, part: str, value: str) -> EntraError:
    text = (
        f"No matching federated identity record found for presented assertion {part} '{_quote(value)}'. Check your "
        "federated identity credential Subject, Audience and Issuer against the presented assertion. "
        "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    )
    return EntraError(number=number, error="invalid_client", text=text, status=401)


def federated_keys_unavailable(issuer: str) -> EntraError:
    text = f"Failed to get the signing keys of the issuer '{_quote(issuer)}' that the federated credential names."
    return EntraError(number=50166, error="invalid_client", text=text, status=401)


# What is asked for


def resource_not_found(resource: str, tenant: str) -> EntraError:
    text = (
        f"The resource principal named {_quote(resource)} was not found in the tenant named {tenant}. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant. You might have sent your authentication request to the wrong tenant."
    )
    return EntraError(number=500011, error="invalid_resource", text=text)


def scope_not_default(scope: str) -> EntraError:
    text = (
        f"The provided value for scope {_quote(scope)} is not valid. Client credential flows must have a scope value "
        "with /.default suffixed to the resource identifier (application ID URI)."
    )
    return EntraError(number=1002012, error="invalid_scope", text=text)


def scope_invalid(scope: str) -> EntraError:
    text = (
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
        f"'scope' is not valid. The scope {_quote(scope)} is not valid."
    )
    return EntraError(number=70011, error="invalid_scope", text=text)


def scope_of_several_resources(scope: str) -> EntraError:
    text = (
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope "
        f"{_quote(scope)} is not valid."
    )
    return EntraError(number=28000, error="invalid_scope", text=text)


def scope_unknown(scope: str, resource: str) -> EntraError:
    text = f"The application asked for scope '{_quote(scope)}' that doesn't exist on the resource '{resource}'."
    return EntraError(number=650053, error="invalid_scope", text=text)


# People


def user_credentials_wrong() -> EntraError:
    """For a user who does not exist as well: Entra tells the two apart, and so tells strangers who exists."""
    text = "Error validating credentials due to invalid username or password."
    return EntraError(number=50126, error="invalid_grant", text=text)


def user_disabled() -> EntraError:
    return EntraError(number=50057, error="invalid_grant", text="The user account is disabled.")


def sign_in_locked() -> EntraError:
    text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."
    return EntraError(number=50053, error="invalid_grant", text=text)


def client_locked() -> EntraError:
    text = "Too many attempts with a wrong client secret from this address. Wait before the next one."
    return EntraError(number=50053, error="invalid_client", text=text, status=401)


def service_busy() -> EntraError:
    text = "The service is temporarily unavailable. Please retry later."
    return EntraError(number=90033, error="temporarily_unavailable", text=text, status=503)


# Authorization codes, refresh tokens, device codes


def redirect_uri_wrong(redirect_uri: str, client_id: str) -> EntraError:
    text = (
        f"The redirect URI '{_quote(redirect_uri)}' specified in the request does not match the redirect URIs "
        f"configured for the application '{client_id}'."
    )
    return EntraError(number=50011, error="invalid_request", text=text)


def response_type_unsupported() -> EntraError:
    text = "The response_type is not supported: only 'code' is."
    return EntraError(number=700054, error="unsupported_response_type", text=text)


def challenge_missing() -> EntraError:
    text = "Proof Key for Code Exchange is required: code_challenge with code_challenge_method=S256."
    return EntraError(number=9002325, error="invalid_request", text=text)


def challenge_mismatch() -> EntraError:
    text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
    return EntraError(number=501481, error="invalid_grant", text=text)


def interaction_required() -> EntraError:
    text = "Silent authentication was requested, but no user is signed in."
    return EntraError(number=50058, error="login_required", text=text)


def consent_declined() -> EntraError:
    return EntraError(number=65004, error="access_denied", text="User declined to consent to access the app.")


def code_redeemed() -> EntraError:
    text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
    return EntraError(number=54005, error="invalid_grant", text=text)


def grant_expired() -> EntraError:
    text = (
        "The provided authorization code or refresh token has expired. Send a new interactive authorization request "
        "for this user and resource."
    )
    return EntraError(number=70008, error="invalid_grant", text=text)


def grant_malformed() -> EntraError:
    text = "The provided grant is invalid or malformed."
    return EntraError(number=70000, error="invalid_grant", text=text)


def grant_of_another_client() -> EntraError:
    text = "The provided grant has been issued to another client."
    return EntraError(number=700003, error="invalid_grant", text=text)


def grant_revoked() -> EntraError:
    text = (
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
        "changed or reset their password."
    )
    return EntraError(number=50173, error="invalid_grant", text=text)


def authorization_pending() -> EntraError:
    text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
    return EntraError(number=70016, error="authorization_pending", text=text)


def polling_too_fast() -> EntraError:
    text = "OAuth 2.0 device flow error. Polling too fast: wait for the interval, and 5 seconds more."
    return EntraError(number=70016, error="slow_down", text=text)


def device_code_expired() -> EntraError:
    text = "The provided value for the input parameter 'device_code' is not valid. This device code has expired."
    return EntraError(number=70020, error="expired_token", text=text)


def device_code_unknown() -> EntraError:
    text = "The provided value for the input parameter 'device_code' is not valid."
    return EntraError(number=70018, error="bad_verification_code", text=text)


def device_code_declined() -> EntraError:
    text = "The user declined the sign-in on the other device."
    return EntraError(number=65004, error="authorization_declined", text=text)


# On behalf of


def user_assertion_malformed(reason: str) -> EntraError:
    return EntraError(number=50013, error="invalid_grant", text=f"Assertion failed signature validation. [{reason}]")


def user_assertion_audience_wrong() -> EntraError:
    text = (
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion "
        "must match the Client app in the request."
    )
    return EntraError(number=500131, error="invalid_grant", text=text)


def user_assertion_of_application() -> EntraError:
    text = "The identity of the calling application could not be established: app-only tokens cannot be exchanged."
    return EntraError(number=50027, error="invalid_request", text=text)


def service_failed() -> EntraError:
    text = "There was an error issuing a token or an issue with our sign-in service."
    return EntraError(number=50000, error="server_error", text=text, status=500)


def token_rejected() -> EntraError:
    """At the userinfo endpoint."""
    return EntraError(number=50027, error="invalid_token", text="JWT token is invalid or malformed.", status=401)


def _quote(value: str) -> str:
    """What a caller sent, on one line and not for ever."""
    return "".join(character if character.isprintable() else "?" for character in value[:200])
