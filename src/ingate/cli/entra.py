"""A client of the identity endpoints: asks for tokens the way Entra ID's clients do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from .address import is_untrusted, open_http_client
from .failure import CommandFailed, NothingRunning
from .json_value import JsonObject, get_object, get_text
from .location import Location

if TYPE_CHECKING:
    import httpx2

    from .invocation import Invocation

READ_TIMEOUT = 30.0
DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

_HINTS = {
    "AADSTS700016": "Is it the client id? ingate principal show NAME tells it.",
    "AADSTS7000215": "Make another one with: ingate principal secret create NAME",
    "AADSTS7000222": "Make another one with: ingate principal secret create NAME",
    "AADSTS700027": "Tell Ingate of the certificate with: ingate principal certificate add NAME FILE",
    "Identity not found": "- Ingate was started without INGATE_MANAGED_IDENTITY, or its principal is gone.",
    "AADSTS90002": "Name the tenant with --tenant; ingate account show tells it of whoever is signed in.",
}


class EntraRefused(CommandFailed):
    """No token was given. `error` is OAuth's code."""

    def __init__(self, *, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class Entra:
    """Speaks to the identity endpoints of one Ingate, for one tenant. No failure's text holds what was sent."""

    def __init__(self, invocation: Invocation, location: Location, tenant: str) -> None:
        if not location.secure_url.startswith("https://"):
            raise CommandFailed(
                "signing in takes an https address: the one that `ingate up` has, or --management-url."
            )
        self._url = location.secure_url
        self._tenant = tenant
        self._client = open_http_client(
            invocation, location.secure_url, read_timeout=READ_TIMEOUT, ca_file=location.ca_file
        )

    @property
    def token_endpoint(self) -> str:
        return self._endpoint("token")

    def request_token(self, **form: str) -> JsonObject:
        """The answer of the token endpoint. Raises EntraRefused."""
        return self._post("token", form)

    def sign_in_with_device(self, *, client_id: str, scope: str, show: Callable[[str], None]) -> JsonObject:
        """Shows a person what to do and waits until it is done, or too late. Raises EntraRefused."""
        begun = self._post("devicecode", {"client_id": client_id, "scope": scope})
        show(get_text(begun, "message"))
        interval = float(get_text(begun, "interval") or 5)
        remaining = float(get_text(begun, "expires_in") or 900)
        while remaining > 0:
            time.sleep(interval)
            remaining -= max(interval, 0.1)
            try:
                return self.request_token(
                    grant_type=DEVICE_CODE_GRANT, client_id=client_id, device_code=get_text(begun, "device_code")
                )
            except EntraRefused as refusal:
                if refusal.error == "slow_down":
                    interval += 5
                elif refusal.error != "authorization_pending":
                    raise
        raise CommandFailed("nobody entered the code in time.")

    def _endpoint(self, name: str) -> str:
        return f"{self._url}/{quote(self._tenant, safe='')}/oauth2/v2.0/{name}"

    def _post(self, endpoint: str, form: dict[str, str]) -> JsonObject:
        import httpx2

        try:
            response = self._client.post(self._endpoint(endpoint), data=form)
        except httpx2.TransportError as error:
            raise describe_transport_error(error, self._url, "no identity endpoints answer") from error
        return read_token_answer(response, self._url)

    def close(self) -> None:
        self._client.close()


def read_token_answer(response: httpx2.Response, url: str) -> JsonObject:
    """The answer, whatever was asked for. Raises EntraRefused for OAuth's errors and those of managed identity."""
    try:
        answer = get_object(response.json())
    except ValueError:
        answer = {}
    if response.is_success and answer:
        return answer
    error = get_text(answer, "error")
    text = get_text(answer, "error_description") or get_text(answer, "message")
    if not error and not text:
        raise CommandFailed(f"what answers at {url} is no identity endpoint (status {response.status_code}).")
    # The ids after the text are for support requests at Microsoft.
    text = text.partition("Trace ID:")[0].strip()
    hint = _HINTS.get(text.partition(":")[0], "")
    raise EntraRefused(error=error, message=" ".join(filter(None, [text or error, hint])))


def describe_transport_error(error: Exception, url: str, what: str) -> CommandFailed:
    """What to tell people when nothing, or nobody who is trusted, answers at `url`."""
    if is_untrusted(error):
        return CommandFailed(
            f"the certificate of {url} is not trusted here. Name the data directory with --data-dir, "
            "or point SSL_CERT_FILE at its ca.pem."
        )
    return NothingRunning(f"{what} at {url} ({type(error).__name__}).")
