"""`ingate up --local`: a small real model answers in the simulator's place, for as long as this Ingate runs."""

from __future__ import annotations

import itertools
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from ingate.domain.directory import Directory, DirectoryResource
from ingate.domain.upstream import SIMULATOR, CredentialReference, UpstreamDefinition
from ingate.local_model.process import find_free_port, start_local_server, wait_until_ready
from ingate.local_model.weights import prepare_weights
from ingate.store.private_file import write_private_file

START_SECONDS = 120.0
"""A large GGUF file has to be read from disk first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalUpstream:
    process: subprocess.Popen[bytes]
    definition: UpstreamDefinition


def start_local_upstream(choice: str, data_dir: Path, report: Callable[[str], None]) -> LocalUpstream:
    """Fetches the weights if need be and starts their server. Raises LocalModelError."""
    weights = prepare_weights(choice, cache_dir=Path(platformdirs.user_cache_dir("ingate")), report=report)
    port = find_free_port()
    api_key = secrets.token_urlsafe(32)
    key_file = data_dir / "local-model.key"
    write_private_file(key_file, api_key.encode("ascii"))
    log_file = data_dir / "local-model.log"
    report(f"starting {weights.name}")
    process = start_local_server(weights, port=port, api_key=api_key, log_file=log_file)
    try:
        wait_until_ready(process, port=port, timeout_seconds=START_SECONDS, log_file=log_file)
    except BaseException:  # a Ctrl-C too: nobody else knows the process yet
        process.terminate()
        raise
    return LocalUpstream(
        process=process,
        definition=UpstreamDefinition(
            name="local",
            kind="messages-api",
            base_url=f"http://127.0.0.1:{port}",
            credential=CredentialReference(source="file", location=str(key_file)),
            credential_header="x-api-key",
            profile="llama.cpp",
        ),
    )


def put_in_simulators_place(directory: Directory, local: UpstreamDefinition) -> Directory:
    """The same directory with every deployment of the simulator served by `local`."""
    name = _free_name(directory, local.name)

    def rerouted(resource: DirectoryResource) -> DirectoryResource:
        return replace(
            resource,
            deployments=tuple(
                replace(deployment, upstream=name) if deployment.upstream == SIMULATOR else deployment
                for deployment in resource.deployments
            ),
        )

    return replace(
        directory,
        resources=tuple(rerouted(resource) for resource in directory.resources),
        upstreams=(*directory.upstreams, replace(local, name=name)),
    )


def _free_name(directory: Directory, wished: str) -> str:
    taken = {upstream.name for upstream in directory.upstreams}
    numbered = (f"{wished}-{number}" for number in itertools.count(2))
    return wished if wished not in taken else next(name for name in numbered if name not in taken)
