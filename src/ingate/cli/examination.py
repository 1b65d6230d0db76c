"""The checks of `ingate doctor` that ask: the gateway first, then the management API for what the refusal meant."""

from __future__ import annotations

from urllib.parse import urlsplit

from .address import is_loopback, origin
from .connection import Connection
from .diagnosis import Finding, problem
from .failure import CommandFailed, Refused
from .invocation import Invocation
from .json_value import JsonObject, get_text
from .lookup import list_deployments, list_resources, suggest
from .probe import Presence, ask, find_listener
from .refused_call import diagnose_refused_call


class Examination:
    """One look at one gateway, as a client with `api_key` (empty when it has none) sees it."""

    def __init__(self, invocation: Invocation, connection: Connection | None, base_url: str, api_key: str) -> None:
        self._invocation = invocation
        self._connection = connection
        self._base_url = base_url
        self._api_key = api_key
        self._parts = urlsplit(base_url)
        self._resources = self._list_resources()

    def run(self, deployment: str | None) -> list[Finding]:
        presence = find_listener(self._invocation, self._base_url)
        if presence.listener != "gateway":
            return [self._explain_absence(presence)]
        findings = [Finding(check="gateway", level="ok", message=f"a gateway answers at {self._base_url}.")]
        resource = self._served_resource()
        api_key, about_key = self._choose_key(resource)
        findings += about_key
        if not api_key:
            return findings
        if deployment is None:
            deployment = self._any_deployment(resource)
        refusal = ask(self._invocation, self._base_url, api_key, deployment)
        return findings + [self._explain_answer(refusal, resource, deployment)]

    # Who listens

    def _explain_absence(self, presence: Presence) -> Finding:
        address = origin(self._parts)
        secure, plain = address.replace("http://", "https://"), address.replace("https://", "http://")
        match presence.listener:
            case "plain-http":
                message, fix = f"{address} speaks plain HTTP, not TLS.", f"use {plain}/anthropic"
            case "tls":
                message, fix = f"{address} speaks TLS, not plain HTTP.", f"use {secure}/anthropic"
            case "untrusted":
                message = f"the TLS certificate of {address} is not trusted here."
                fix = "point SSL_CERT_FILE at the certificate of whoever signed it"
            case "unknown-host":
                message, fix = f"this machine knows no address for {self._parts.hostname}.", self._how_to_resolve()
            case "silent":
                message = f"{address} takes connections but does not answer."
                fix = f"see what holds the port{self._where_it_runs()}"
            case "nobody":
                message, fix = f"nothing listens at {address}.", self._how_to_start()
            case _:
                message, fix = self._explain_stranger(address, presence.detail)
        return problem("gateway", message, fix)

    def _explain_stranger(self, address: str, server: str) -> tuple[str, str]:
        running = self._connection.running if self._connection else None
        if self._connection and urlsplit(self._connection.management.url).netloc == self._parts.netloc:
            fix = f"use {running.gateway_url}/anthropic" if running else "use the gateway's address"
            return f"{address} is Ingate's management API, not its gateway.", fix
        who = f" ({server})" if server else ""
        return (
            f"something else than Ingate listens at {address}{who}.",
            f"use the address that `ingate up` prints, or start it with another --port{self._where_it_runs()}",
        )

    def _how_to_start(self) -> str:
        if self._connection and self._connection.running:
            gateway_url = self._connection.running.gateway_url
            if gateway_url == origin(self._parts):
                return "its management API answers, so see what `ingate up` says about the gateway"
            return f"Ingate runs at {gateway_url}: use {gateway_url}/anthropic"
        port = self._parts.port
        return "ingate up" if port in (None, 8080) else f"ingate up --port {port}"

    def _how_to_resolve(self) -> str:
        if is_loopback(self._parts.hostname):
            # Browsers and curl know *.localhost by themselves; most C libraries do not.
            return f"add to /etc/hosts: 127.0.0.1 {self._parts.hostname}"
        return f"look for a misspelt name{self._where_it_runs()}"

    def _where_it_runs(self) -> str:
        running = self._connection.running if self._connection else None
        return f"; Ingate runs at {running.gateway_url}" if running else ""

    # Which resource and which key

    def _served_resource(self) -> JsonObject | None:
        """The resource that this base URL reaches, when the management API can tell."""
        label = (self._parts.hostname or "").partition(".")[0]
        running = self._connection.running if self._connection else None
        for item in self._resources:
            if get_text(item, "properties", "customSubDomainName").lower() == label:
                return item
        wanted = running.default_resource.lower() if running else ""
        return next((item for item in self._resources if get_text(item, "name").lower() == wanted), None)

    def _choose_key(self, resource: JsonObject | None) -> tuple[str, list[Finding]]:
        if self._api_key:
            return self._api_key, []
        fix = "set ANTHROPIC_FOUNDRY_API_KEY; `ingate keys list` prints the keys"
        # A key of this Ingate is not for another one whose address was typed.
        if resource is None or not is_loopback(self._parts.hostname):
            return "", [problem("API key", "there is no API key in the environment.", fix)]
        message = f"there is no API key in the environment; checked with key 1 of {get_text(resource, 'name')}."
        note = Finding(check="API key", level="note", message=message, fix=fix)
        return next(iter(self._keys_of(resource)), ""), [note]

    def _any_deployment(self, resource: JsonObject | None) -> str | None:
        names = self._deployment_names(resource)
        return min(names) if names else None

    # What the gateway's answer means

    def _explain_answer(
        self, refusal: Refused | None, resource: JsonObject | None, deployment: str | None
    ) -> Finding:
        if refusal is None and deployment is None:
            message = "the key is accepted; name a deployment with --deployment to check that too."
            return Finding(check="API key", level="ok", message=message)
        if refusal is None:
            return Finding(check="deployment", level="ok", message=f"{deployment} answers.")
        if refusal.code == "ResourceNotFound":
            names = ", ".join(sorted(get_text(item, "name") for item in self._resources))
            return problem("base URL", refusal.message, f"use the host name of a resource{names and f': {names}'}")
        if known := diagnose_refused_call(refusal, get_text(resource, "name"), deployment or ""):
            return known
        if refusal.status == 401:
            return self._explain_wrong_key(resource)
        if refusal.code == "DeploymentNotFound":
            return self._explain_unknown_deployment(resource, deployment or "")
        if "anthropic-version" in refusal.message:
            return problem("headers", refusal.message, "something on the way removes the header; look for a proxy")
        if refusal.status in (429, 503):
            return problem("gateway", refusal.message, "try again in a moment")
        return problem(
            "upstream", f"{deployment}: {refusal.message}", "see `ingate upstream list` and what `ingate up` logs"
        )

    def _explain_wrong_key(self, resource: JsonObject | None) -> Finding:
        served = get_text(resource, "name")
        owners = [get_text(item, "name") for item in self._resources if self._api_key in self._keys_of(item)]
        if owners and served and served not in owners:
            return problem(
                "API key",
                f"the API key is one of {owners[0]}, but {origin(self._parts)} serves {served}.",
                f"use a key of {served} (ingate keys list --resource {served}){self._or_the_address_of(owners[0])}",
            )
        if owners:
            return problem(
                "API key", f"the API key is one of {owners[0]}, yet it is refused.", "try again in a moment"
            )
        message = "the API key is refused"
        message += ": it belongs to no resource here." if self._resources else "."
        return problem("API key", message, f"ingate keys list{f' --resource {served}' if served else ''}")

    def _or_the_address_of(self, resource: str) -> str:
        if not is_loopback(self._parts.hostname):
            return ""
        port = f":{self._parts.port}" if self._parts.port else ""
        return f", or the base URL {self._parts.scheme}://{resource.lower()}.localhost{port}/anthropic"

    def _explain_unknown_deployment(self, resource: JsonObject | None, deployment: str) -> Finding:
        served = get_text(resource, "name") or "the resource"
        hint = suggest(deployment, self._deployment_names(resource)).strip()
        return problem(
            "deployment",
            f"{served} has no deployment {deployment!r}.",
            hint or f"ingate deployment create {deployment} --model MODEL",
        )

    # What the management API knows; it may fail at any moment, which is no mistake of the client's

    def _list_resources(self) -> list[JsonObject]:
        if self._connection is None:
            return []
        try:
            return list_resources(self._connection)
        except CommandFailed:
            return []

    def _keys_of(self, resource: JsonObject) -> list[str]:
        if self._connection is None:
            return []
        try:
            keys = self._connection.management.post(f"{get_text(resource, 'id')}/listKeys")
        except CommandFailed:
            return []
        return [key for key in (get_text(keys, "key1"), get_text(keys, "key2")) if key]

    def _deployment_names(self, resource: JsonObject | None) -> list[str]:
        if self._connection is None or resource is None:
            return []
        try:
            return [get_text(item, "name") for item in list_deployments(self._connection, resource)]
        except CommandFailed:
            return []
