"""Where the Ingate of this machine is: the data directory, and the file that a running one leaves in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .address import parse_http_url, reachable
from .failure import CommandFailed
from .json_value import get_text

RUNNING_FILE = "running.json"
ADMIN_TOKEN_FILE = "admin.token"  # noqa: S105 - a file's name
CA_FILE = "ca.pem"
"""The certificate of the local authority, which signed that of the TLS port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningIngate:
    """What `ingate up` says of itself while it runs. An Ingate that was killed leaves this behind."""

    gateway_url: str
    management_url: str
    management_tls_url: str
    """Where the identity endpoints are as well; empty when there is none."""
    tenant_id: str
    subscription_id: str
    resource_group: str
    default_resource: str
    proxy_url: str = ""
    """Its own proxy's, for `ingate env`; empty when there is none."""
    proxy_lets_out: bool = False
    """Whether this proxy's clients reach other hosts too."""
    azure_names_port: int | None = None
    """Where it serves Azure's host names itself, for clients that DNS or /etc/hosts leads here."""


def default_data_dir() -> Path:
    """The platform's directory for state, when neither `--data-dir` nor INGATE_DATA_DIR names one."""
    import platformdirs

    return Path(platformdirs.user_state_dir("ingate"))


def read_running(data_dir: Path) -> RunningIngate | None:
    """What runs with `data_dir`; None when nothing does."""
    path = data_dir / RUNNING_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} cannot be read: {_reason(error)}") from error
    return RunningIngate(
        gateway_url=_parse_address(get_text(content, "gateway_url")),
        management_url=_parse_address(get_text(content, "management_url")),
        management_tls_url=_parse_address(get_text(content, "management_tls_url")),
        tenant_id=get_text(content, "tenant_id"),
        subscription_id=get_text(content, "subscription_id"),
        resource_group=get_text(content, "resource_group"),
        default_resource=get_text(content, "default_resource"),
        proxy_url=get_text(content, "proxy_url"),
        proxy_lets_out=get_text(content, "proxy_lets_out") == "yes",
        azure_names_port=int(port) if (port := get_text(content, "azure_names_port")).isdigit() else None,
    )


def read_admin_token(data_dir: Path) -> str | None:
    """The local administrator's token; None when this data directory has none yet."""
    path = data_dir / ADMIN_TOKEN_FILE
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} cannot be read: {_reason(error)}") from error


def _parse_address(text: str) -> str:
    """Empty when it is none, which commands take for not running."""
    return reachable(text) if parse_http_url(text) else ""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it is not what Ingate writes"
