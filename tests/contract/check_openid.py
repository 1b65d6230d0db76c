"""Looks at Entra's endpoints with Authlib and joserfc, as any OpenID Connect client would.

Run by test_oidc_conformance.py in an environment that holds them. Takes its settings as JSON on standard input and
writes what it saw as one JSON object: for each check its result, or {"error": "..."}.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from html import unescape
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

# By name: they are no part of the environment that this project's own checks run in.
requests: Any = import_module("requests")
OAuth2Session: Any = import_module("authlib.integrations.requests_client").OAuth2Session
OpenIDProviderMetadata: Any = import_module("authlib.oidc.discovery").OpenIDProviderMetadata
CodeIDToken: Any = import_module("authlib.oidc.core").CodeIDToken
generate_token: Any = import_module("authlib.common.security").generate_token
jose_jwt: Any = import_module("joserfc.jwt")
KeySet: Any = import_module("joserfc.jwk").KeySet
x509: Any = import_module("cryptography.x509")
Encoding: Any = import_module("cryptography.hazmat.primitives.serialization").Encoding

DATA = "https://cognitiveservices.azure.com"
GRAPH = "https://graph.microsoft.com"


class Checks:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.seen: dict[str, Any] = {}
        self.http = requests.Session()
        self.http.trust_env = True
        self.authority = f"{settings['tls_url']}/{settings['tenant_id']}"

    def check(self, name: str, look: Callable[[], Any]) -> Any:
        try:
            self.seen[name] = look()
        except Exception as error:  # noqa: BLE001 - the test judges
            self.seen[name] = {"error": f"{type(error).__name__}: {error}"}
        return self.seen[name]

    def run(self) -> dict[str, Any]:
        for version, path in (("v1", ""), ("v2", "/v2.0")):
            address = f"{self.authority}{path}/.well-known/openid-configuration"
            document = self.check(f"{version} discovery", lambda address=address: self.http.get(address).json())
            self.check(f"{version} metadata", lambda document=document: self._validate(document))
            self.check(f"{version} keys", lambda document=document: self._look_at_keys(document["jwks_uri"]))
        self.check("common discovery", lambda: self._get("/common/v2.0/.well-known/openid-configuration"))
        self.check("unknown tenant", self._ask_of_no_tenant)
        self.check("access token", lambda: self._get_token(f"{DATA}/.default", "v1"))
        client_id = self.settings["client_id"]
        self.check("access token for an application", lambda: self._get_token(f"api://{client_id}/.default", "v2"))
        self.check("sign-in", self._sign_in)
        self.check("sign-in with another verifier", lambda: self._sign_in(verifier=generate_token(48)))
        return self.seen

    def _get(self, path: str) -> Any:
        return self.http.get(self.settings["tls_url"] + path).json()

    def _ask_of_no_tenant(self) -> Any:
        path = "/00000000-0000-4000-8000-000000000003/v2.0/.well-known/openid-configuration"
        answer = self.http.get(self.settings["tls_url"] + path)
        return {"status": answer.status_code, **answer.json()}

    def _validate(self, document: dict[str, Any]) -> str:
        # Microsoft's document for v1 leaves out what OpenID demands only of version 2's.
        OpenIDProviderMetadata(document).validate()
        return "valid"

    def _look_at_keys(self, address: str) -> Any:
        document = self.http.get(address).json()
        KeySet.import_key_set(document)
        return [self._look_at_key(key) for key in document["keys"]]

    def _look_at_key(self, key: dict[str, Any]) -> dict[str, Any]:
        certificate = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
        numbers = certificate.public_key().public_numbers()
        thumbprint = hashlib.sha1(certificate.public_bytes(Encoding.DER)).digest()  # noqa: S324 - as x5t is defined
        return {
            "kid": key["kid"],
            "use": key["use"],
            "kty": key["kty"],
            "private members": sorted(set(key) & {"d", "p", "q", "dp", "dq", "qi"}),
            "x5t fits": key["x5t"] == _encode(thumbprint) == key["kid"],
            "certificate fits": (numbers.n, numbers.e) == (_number(key["n"]), _number(key["e"])),
            "bits": numbers.n.bit_length(),
        }

    def _keys(self, version: str) -> Any:
        return KeySet.import_key_set(self.http.get(self.seen[f"{version} discovery"]["jwks_uri"]).json())

    def _verify(self, token: str, version: str) -> Any:
        verified = jose_jwt.decode(token, self._keys(version), algorithms=["RS256"])
        issuer = self.seen[f"{version} discovery"]["issuer"]
        # Access tokens of version 1 have their issuer's older name, whichever document led here.
        registry = jose_jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True},
            exp={"essential": True},
            nbf={"essential": True},
            iat={"essential": True},
        )
        registry.validate(verified.claims)
        return verified

    def _get_token(self, scope: str, version: str) -> Any:
        session = OAuth2Session(
            self.settings["client_id"],
            self.settings["client_secret"],
            scope=scope,
            token_endpoint_auth_method="client_secret_post",
        )
        answer = session.fetch_token(f"{self.authority}/oauth2/v2.0/token", grant_type="client_credentials")
        verified = self._verify(answer["access_token"], version)
        return {"header": verified.header, "claims": verified.claims, "expires_in": answer["expires_in"]}

    def _sign_in(self, verifier: str | None = None) -> Any:
        """The authorization code grant with PKCE, a person at the page."""
        right, nonce = generate_token(48), generate_token(20)
        session = OAuth2Session(
            self.settings["public_client_id"],
            redirect_uri="http://localhost:49152/back",
            scope=f"openid profile offline_access {GRAPH}/User.Read",
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        address, state = session.create_authorization_url(
            self.seen["v2 discovery"]["authorization_endpoint"], code_verifier=right, nonce=nonce
        )
        back = self._fill_page(address)
        assert parse_qs(urlsplit(back).query)["state"] == [state]
        answer = session.fetch_token(
            self.seen["v2 discovery"]["token_endpoint"], authorization_response=back, code_verifier=verifier or right
        )
        verified = self._verify(answer["id_token"], "v2")
        parameters = {"nonce": nonce, "client_id": self.settings["public_client_id"]}
        CodeIDToken(verified.claims, verified.header, {}, parameters).validate()
        bearer = {"authorization": f"Bearer {answer['access_token']}"}
        userinfo = self.http.get(self.seen["v2 discovery"]["userinfo_endpoint"], headers=bearer).json()
        return {"id token": verified.claims, "userinfo": userinfo, "scope": answer["scope"]}

    def _fill_page(self, address: str) -> str:
        """Where the sign-in leads."""
        browser = requests.Session()
        page = browser.get(address)
        fields = {
            unescape(name): unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
        }
        person = {"username": self.settings["user_name"], "password": self.settings["password"], "action": "sign-in"}
        answer = browser.post(page.url, data=fields | person, allow_redirects=False)
        return urljoin(page.url, answer.headers["location"])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


if __name__ == "__main__":
    json.dump(Checks(json.load(sys.stdin)).run(), sys.stdout)
