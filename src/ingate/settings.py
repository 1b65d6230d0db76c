"""Settings: parsed once, from options and the environment, then frozen. Nothing else reads the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import inf
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec
import platformdirs

from ingate.domain.issuer_source import ISSUER_SOURCE_RULE, IssuerSourceInvalid, parse_issuer_source
from ingate.domain.network import NetworkPolicy, NetworkRules, parse_network
from ingate.domain.upstream_rules import UpstreamInvalid, decide_plain_http, parse_base_url, parse_credential
from ingate.limits.valkey_address import ValkeyAddress, parse_valkey_address
from ingate.simulator.cassettes.redaction import PathInvalid, parse_path
from ingate.upstreams.profiles.profile import PROFILE_NAMES

PREFIX = "INGATE_"


class SettingsError(ValueError):
    """Settings that cannot be used. The text names them as the environment does, and says what they take."""

    def __init__(self, *names: str, reason: str) -> None:
        """`names` are those of fields."""
        self.names = names
        self.reason = reason
        super().__init__(f"{' and '.join(map(name_variable, names))}: {reason}")


def name_variable(field_name: str) -> str:
    return PREFIX + field_name.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `ingate up` runs with. Each field is also the variable `INGATE_` and its name in capitals; times are in
    seconds."""

    host: str = "127.0.0.1"
    """Where the gateway listens."""
    port: int = 8080
    """The gateway's; 0 takes a free one."""
    management_port: int = 8081
    """The management API's, on loopback; 0 takes a free one."""
    management_tls_port: int = 8443
    """The management API's and Entra ID's over TLS, on loopback; 0 takes a free one, as it does when not given while
    `management_port` is 0."""
    proxy_port: int = -1
    """The port of transparent mode's proxy, on loopback; 0 takes a free one, -1 is for no proxy."""
    proxy_allow: tuple[str, ...] = ()
    """Hosts that this proxy lets through untouched; `*.` stands for one label."""
    proxy_passthrough: bool = False
    """It lets every host through that Ingate does not serve."""
    tls: bool = False
    """Serves Azure's host names directly, over TLS, for clients that DNS or /etc/hosts leads here. Given `tls_port`,
    yes by default."""
    tls_port: int = 443
    """Where, on `host`; 0 takes a free one."""
    data_dir: Path = Path()
    """State, keys, journals. The platform's directory for state when not given."""
    default_resource: str = "example-resource"
    """Serves host names under no known domain, such as a bare address."""
    domains: tuple[str, ...] = ()
    """`resource.DOMAIN` is served as well as Azure's host names. In the environment, separated by commas."""
    local: str = ""
    """A small real model in the simulator's place: `smollm2`, or the path of a GGUF file."""
    development_keys: bool = False
    """Gives the default resource the publicly known development keys."""
    trusted_issuers: tuple[str, ...] = ()
    """Whose tokens are believed beside Ingate's own: a Microsoft tenant's GUID, or `ISSUER=JWKS_URL`."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose `X-Forwarded-For` is believed."""
    private_ranges: tuple[str, ...] = ()
    """Networks that stand for private endpoints: from there a resource without public access can be called."""
    managed_identity: str = ""
    """The principal whose tokens the managed identity endpoints give to whoever asks on this machine; none by
    default."""
    subscription_quota: str = "unlimited"
    """What deployments of one model may take of a subscription: `unlimited`, `enterprise` or `payg`."""
    require_model_provider_data: bool = False
    """A new deployment has to have `modelProviderData`, as on Azure."""
    operation_seconds: float = 0.0
    """How long creating and deleting a resource or a deployment seems to take."""
    role_propagation: float = 0.0
    """How long a new role assignment takes to reach the gateways, as on Azure, where it takes minutes."""
    log_level: str = "info"
    workers: int = 1
    """Gateway processes on the one port."""
    limits: str = "in-process"
    """Where quotas are kept: `in-process`, or on a Valkey: `valkey://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, which
    stands here without user and password (`read_limits_address` has them)."""
    limits_when_away: str = "refuse"
    """What becomes of requests while that Valkey does not answer: `refuse` or `admit`."""
    limits_timeout: float = 0.25
    """For it to decide about a request."""
    on_client_gone: str = "cancel"
    """What becomes of an upstream's answer when its client leaves: `cancel`, or `drain`, to learn what it cost."""
    client_gone_timeout: float = 60.0
    """How long an upstream is read on with `drain`."""
    drain_timeout: float = 30.0
    """For open exchanges to end when a worker is told to stop."""
    fsync: bool = False
    """The last of an answer waits until the disk has its record: a loss of power then loses none either."""
    journal_file_bytes: int = 8 * 1024 * 1024
    """A worker begins a new journal file after so many, every hour in which there was a record, and every day."""
    sink_backlog_bytes: int = 1024 * 1024 * 1024
    """Of journals, that are kept for a diagnostic setting's destination, or a collector, that is behind."""
    otlp_endpoint: str = ""
    """The base URL of an OpenTelemetry collector that gets traces and metrics; without it nobody does."""
    head_timeout: float = 15.0
    """For a request's head to arrive."""
    body_timeout: float = 30.0
    """For a request's body to arrive, with a second more for every 4 KiB that did."""
    idle_timeout: float = 75.0
    """For the next request on a client's connection."""
    max_connections: int = 20_000
    """Client connections of one worker."""
    simulator_seed: int = 0
    simulator_time_to_first_token: float = 0.0
    simulator_tokens_per_second: float = 0.0
    """0: as fast as possible."""
    simulator_jitter: float = 0.0
    """How much each pause may differ from its length, from 0 to 1: the same pauses for the same request."""
    simulator_pad_data_lines: bool = False
    """White space before the last brace of a stream's data lines, as Claude sends it."""
    simulator_storage_bytes: int = 10 * 1024 * 1024 * 1024
    """What the simulator's files and skills may take of the disk, for each resource."""
    script: str = ""
    """A file of rules for the simulator, read again when it changes."""
    lenient: bool = False
    """The simulator answers whatever it can, also what Claude would refuse."""
    record_to: str = ""
    """A folder for cassettes: what passes between the simulator's deployments and an upstream in its place."""
    record_upstream_url: str = ""
    """That upstream's base URL."""
    record_credential: str = ""
    """Where its credential is: `env:VARIABLE` or `file:/absolute/path`."""
    record_credential_header: str = "x-api-key"
    record_profile: str = "none"
    record_deployments: tuple[str, ...] = ()
    """`NAME=MODEL`, each: more deployments of the default resource that it serves."""
    record_redact: tuple[str, ...] = ()
    """Paths of fields that cassettes leave out."""


def parse_settings(options: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Options go before the environment, the environment before defaults. Raises SettingsError."""
    environment = os.environ if environment is None else environment
    hints = get_type_hints(Settings)
    values: dict[str, object] = {}
    for field in fields(Settings):
        variable = name_variable(field.name)
        if options.get(field.name) is not None:
            values[field.name] = _convert(field.name, options[field.name], hints[field.name])
        elif environment.get(variable):
            values[field.name] = _convert(field.name, environment[variable], hints[field.name])
    if values.get("management_port") == 0:
        values.setdefault("management_tls_port", 0)
    if "tls_port" in values:
        values.setdefault("tls", True)
    values.setdefault("data_dir", Path(platformdirs.user_state_dir("ingate")))
    return _without_password(_checked(Settings(**cast(Any, values))))


def read_environment(name: str) -> str:
    """For credentials that are kept by reference. Raises KeyError."""
    return os.environ[name]


def read_limits_address(settings: Settings, environment: Mapping[str, str] | None = None) -> ValkeyAddress | None:
    """The Valkey that keeps quotas, None when they are kept in process. Its password comes from the environment
    alone: settings travel on command lines."""
    environment = os.environ if environment is None else environment
    whole = parse_valkey_address(environment.get(f"{PREFIX}LIMITS", ""))
    if whole is not None and str(whole) == settings.limits:
        return whole
    return parse_valkey_address(settings.limits)


def render_settings(settings: Settings) -> str:
    """For a child process. There is no secret in settings."""
    return msgspec.json.encode(settings, enc_hook=str).decode()


def restore_settings(text: str) -> Settings:
    return msgspec.json.decode(text, type=Settings, dec_hook=lambda kind, value: kind(value))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _convert(name: str, value: object, kind: object) -> object:
    try:
        if kind is bool:
            return _parse_flag(value)
        if kind == tuple[str, ...]:
            parts = value.split(",") if isinstance(value, str) else cast("tuple[str, ...]", value)
            return tuple(part.strip() for part in parts if part.strip())
        if kind is Path:
            return Path(str(value)).expanduser().absolute()
        return cast("type[int] | type[float] | type[str]", kind)(cast(str, value))
    except ValueError:
        raise SettingsError(name, reason=f"{_say_wanted(kind)} is expected, not '{value}'") from None


def _say_wanted(kind: object) -> str:
    if kind is bool:
        return "1, true, yes, 0, false or no"
    return "a whole number" if kind is int else "a number" if kind is float else "a list"


def _parse_flag(value: object) -> bool:
    flag = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(str(value).lower())
    if flag is None:
        raise ValueError
    return flag


def _without_password(settings: Settings) -> Settings:
    address = parse_valkey_address(settings.limits)
    return settings if address is None else replace(settings, limits=str(address))


def _checked(settings: Settings) -> Settings:
    for name in ("port", "management_port", "management_tls_port", "tls_port"):
        if not 0 <= getattr(settings, name) <= 65535:
            raise SettingsError(name, reason="not a port")
    if not -1 <= settings.proxy_port <= 65535:
        raise SettingsError("proxy_port", reason="not a port")
    for field in fields(Settings):
        if field.type == "float" and not 0 <= getattr(settings, field.name) < inf:
            raise SettingsError(field.name, reason="a finite number, not negative")
    if settings.subscription_quota not in ("unlimited", "enterprise", "payg"):
        raise SettingsError("subscription_quota", reason="unlimited, enterprise or payg")
    for text in settings.trusted_issuers:
        if isinstance(parse_issuer_source(text), IssuerSourceInvalid):
            raise SettingsError("trusted_issuers", reason=ISSUER_SOURCE_RULE)
    for name in ("trusted_proxies", "private_ranges"):
        wrong = [text for text in getattr(settings, name) if parse_network(text) is None]
        if wrong:
            raise SettingsError(name, reason=f"'{wrong[0]}' is no address and no network in CIDR notation")
    if settings.tls and not is_loopback(settings.host):
        _check_exposed_tls(settings)
    if settings.simulator_jitter > 1:
        raise SettingsError("simulator_jitter", reason="from 0 to 1")
    if settings.script and settings.workers > 1:
        raise SettingsError("script", reason="its rules count requests, so it needs --workers 1")
    if settings.otlp_endpoint and isinstance(parse_base_url(settings.otlp_endpoint), UpstreamInvalid):
        raise SettingsError(
            "otlp_endpoint",
            reason="an http or https URL without user name, query and /v1, such as http://localhost:4318",
        )
    for name in ("workers", "journal_file_bytes", "sink_backlog_bytes", "max_connections", "simulator_storage_bytes"):
        if getattr(settings, name) < 1:
            raise SettingsError(name, reason="at least 1")
    if settings.record_to or settings.record_upstream_url:
        _check_recording(settings)
    if settings.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("log_level", reason="debug, info, warning or error")
    if settings.limits != "in-process" and parse_valkey_address(settings.limits) is None:
        raise SettingsError(
            "limits", reason="in-process, or valkey://[USER:PASSWORD@]HOST[:PORT][/DATABASE] (valkeys: TLS)"
        )
    if settings.on_client_gone not in ("cancel", "drain"):
        raise SettingsError("on_client_gone", reason="cancel or drain")
    if settings.limits_when_away not in ("refuse", "admit"):
        raise SettingsError("limits_when_away", reason="refuse or admit")
    if not settings.limits_timeout > 0:
        raise SettingsError("limits_timeout", reason="more than 0 seconds")
    if settings.development_keys and not is_loopback(settings.host):
        raise SettingsError(
            "host",
            reason=f"{settings.host} is not loopback, and the development keys are known to everyone; "
            "start without --development-keys",
        )
    return settings


def _check_exposed_tls(settings: Settings) -> None:
    """What comes over TLS reaches the gateway from loopback, whoever the client is. Raises SettingsError."""
    for name in ("trusted_proxies", "private_ranges"):
        policy = NetworkPolicy(NetworkRules(default_action="Deny", allowed=getattr(settings, name)), ())
        if any(policy.decide(address) is None for address in ("127.0.0.1", "::1", settings.host)):
            raise SettingsError(
                name, reason=f"with tls on {settings.host}, loopback and that address stand for every client"
            )


def _check_recording(settings: Settings) -> None:
    """Raises SettingsError, which repeats nothing of a URL or a credential: it may be a pasted secret."""
    if not settings.record_to or not settings.record_upstream_url:
        raise SettingsError("record_to", "record_upstream_url", reason="one is of no use without the other")
    if settings.workers > 1:
        raise SettingsError("record_to", reason="cassettes are written in order, by one worker")
    if settings.local:
        raise SettingsError("record_to", reason="not with --local; both stand in the simulator's place")
    url = parse_base_url(settings.record_upstream_url)
    if isinstance(url, UpstreamInvalid):
        raise SettingsError("record_upstream_url", reason=url.reason)
    credential = parse_credential(settings.record_credential) if settings.record_credential else None
    if isinstance(credential, UpstreamInvalid):
        raise SettingsError("record_credential", reason=credential.reason)
    refused = decide_plain_http(url, has_credential=credential is not None, allowed=False)
    if refused is not None:
        raise SettingsError(
            "record_upstream_url", reason="would send the credential over plain http to another machine"
        )
    if settings.record_credential_header not in ("x-api-key", "api-key", "authorization"):
        raise SettingsError("record_credential_header", reason="x-api-key, api-key or authorization")
    if settings.record_profile not in PROFILE_NAMES:
        raise SettingsError("record_profile", reason=", ".join(PROFILE_NAMES))
    for pair in settings.record_deployments:
        if not all(pair.partition("=")):
            raise SettingsError("record_deployments", reason="NAME=MODEL")
    try:
        for path in settings.record_redact:
            parse_path(path)
    except PathInvalid as error:
        raise SettingsError("record_redact", reason=str(error)) from None
