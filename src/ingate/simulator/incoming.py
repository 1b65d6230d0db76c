"""A request as the simulator is asked it, before and after it was found to be one that can be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.json_value import JsonObject

Header = tuple[bytes, bytes]
Hosting = Literal["anthropic", "azure"]
"""Where the deployment's model runs: on Anthropic's infrastructure or on Azure's, which has fewer features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAs:
    """What the gateway knows of a request that its bytes do not say."""

    resource_id: str = ""
    """Of Azure Resource Manager: a name is not enough, which two resource groups may use."""
    deployment_name: str = ""
    """What the client sent as `model`; the body that arrives here names the model."""
    hosting: Hosting = "anthropic"
    session: str = ""
    """Whose test this is, if the client says so: sessions share neither rules nor prompt cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorRequest:
    """What arrived, credentials removed by the gateway."""

    method: bytes = b"POST"
    path: bytes
    query: bytes = b""
    headers: Sequence[Header] = ()
    body: bytes = b""
    served_as: ServedAs = field(default_factory=ServedAs)

    def get_header(self, name: bytes) -> bytes | None:
        """The first value of a header; `name` in lower case."""
        for candidate, value in self.headers:
            if candidate.lower() == name:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRequest:
    """A request to the Messages API with which nothing was found wrong."""

    request: SimulatorRequest
    body: JsonObject
    version: str
    """`anthropic-version`."""
    betas: tuple[str, ...]
    """`anthropic-beta`, every line of it, in order."""
    fingerprint: Fingerprint
