"""The identity endpoints in memory: they know secrets, passwords and certificates, and give unsigned tokens."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

TENANT = "11111111-1111-1111-1111-111111111111"
APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"
PERSON = "ada@example.com"

JsonObject = dict[str, Any]


class FakeEntra:
    """`now` is the time of this Ingate and of the command line."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.secrets: dict[str, str] = {APPLICATION: "the~client~secret"}
        self.passwords: dict[str, str] = {PERSON: "the-persons-password"}
        self.certificates: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        """What the token endpoint was sent."""
        self.polls_until_done = 2
        self.revoked = False
        self._tokens: dict[str, str] = {}

    def clock(self) -> float:
        return self.now

    def is_good(self, token: str, audience: str) -> bool:
        return audience in self._tokens.get(token, "")

    def handle(self, request: httpx2.Request, path: str) -> httpx2.Response | None:
        """None for what is not an identity endpoint."""
        if path == "/metadata/identity/oauth2/token" and request.headers.get("metadata") == "true":
            query = request.url.params
            answer = self._issue(query["resource"], {"oid": "oid-mi", "appid": query.get("client_id", "mi-client")})
            return httpx2.Response(200, json=answer | {"expires_on": str(int(self.now) + 3600), "expires_in": "3600"})
        if request.url.scheme != "https" or "/oauth2/v2.0/" not in path:
            return None
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if path.endswith("/devicecode"):
            message = "To sign in, open the page https://localhost:8443/device and enter the code ABCD."
            return httpx2.Response(
                200, json={"device_code": "dc", "message": message, "interval": 0, "expires_in": 900}
            )
        self.forms.append(form)
        if path.split("/")[1] not in (TENANT, "organizations"):
            return _error("invalid_request", f"AADSTS90002: Tenant '{path.split('/')[1]}' not found.")
        return self._grant(form)

    def _grant(self, form: dict[str, str]) -> httpx2.Response:
        resource = form.get("scope", "").partition("/.default")[0] or "management"
        grant_type = form["grant_type"]
        if grant_type == "client_credentials":
            return self._grant_to_application(form, resource)
        if grant_type.endswith("device_code"):
            self.polls_until_done -= 1
            if self.polls_until_done > 0:
                return _error("authorization_pending", "AADSTS70016: Pending end-user authorization.")
            return self._grant_to_person(resource)
        if grant_type == "refresh_token" and (self.revoked or form["refresh_token"] != "the-refresh-token"):
            return _error("invalid_grant", "AADSTS50173: The provided grant has expired due to it being revoked.")
        if grant_type == "password" and self.passwords.get(form["username"]) != form["password"]:
            return _error("invalid_grant", "AADSTS50126: Invalid username or password. Trace ID: 1 Correlation ID: 2")
        return self._grant_to_person(resource)

    def _grant_to_application(self, form: dict[str, str], resource: str) -> httpx2.Response:
        client_id = form["client_id"]
        proven = self.secrets.get(client_id) == form.get("client_secret", "-")
        if "client_assertion" in form:
            proven = self._check_assertion(client_id, form["client_assertion"])
        if not proven:
            text = f"AADSTS7000215: Invalid client secret provided for app '{client_id}'. Trace ID: 1"
            return _error("invalid_client", text, status=401)
        return httpx2.Response(200, json=self._issue(resource, {"oid": "oid-application", "appid": client_id}))

    def _grant_to_person(self, resource: str) -> httpx2.Response:
        answer = self._issue(resource, {"oid": "oid-ada", "upn": PERSON})
        return httpx2.Response(200, json=answer | {"refresh_token": "the-refresh-token"})

    def _issue(self, resource: str, claims: JsonObject) -> JsonObject:
        claims = claims | {"tid": TENANT, "aud": resource, "jti": len(self._tokens)}
        token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"
        self._tokens[token] = resource
        return {"token_type": "Bearer", "access_token": token, "expires_in": 3599}

    def _check_assertion(self, client_id: str, assertion: str) -> bool:
        """Raises when the signature is not that of the certificate."""
        key = x509.load_pem_x509_certificate(self.certificates[client_id].encode()).public_key()
        assert isinstance(key, RSAPublicKey)
        signed, _, signature = assertion.rpartition(".")
        key.verify(_decode(signature), signed.encode(), PKCS1v15(), hashes.SHA256())
        claims = json.loads(_decode(signed.partition(".")[2]))
        audience = f"https://localhost:8443/{TENANT}/oauth2/v2.0/token"
        return (claims["iss"], claims["sub"], claims["aud"]) == (client_id, client_id, audience)


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _error(error: str, description: str, status: int = 400) -> httpx2.Response:
    return httpx2.Response(status, json={"error": error, "error_description": description})
