"""`ingate trust --install` and `--uninstall`: the local authority's certificate among those that this machine trusts.

Each kind of system has commands for this. They are shown before they are run, and only shown where they need root.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .failure import CommandFailed
from .output import printable, say

DEBIAN_ANCHORS = Path("/usr/local/share/ca-certificates")
ANCHOR_NAME = "ingate.crt"
MAC_KEYCHAIN = Path("Library/Keychains/login.keychain-db")
"""The user's own, below the home directory."""

Commands = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """How a kind of system is told."""

    name: str
    needs_root: bool
    install: Commands
    uninstall: Commands
    anchor: Path | None = None
    """Where the certificate is copied to; None where the system keeps it by itself."""


def find_trust_store(ca_file: Path, environment: Mapping[str, str], *, platform: str = sys.platform) -> TrustStore:
    """Ends the command where it knows none."""
    ca = str(ca_file)
    if platform == "darwin":
        keychain = str(Path(environment.get("HOME", "~")).expanduser() / MAC_KEYCHAIN)
        return TrustStore(
            name="the login keychain",
            needs_root=False,
            install=(("security", "add-trusted-cert", "-k", keychain, ca),),
            uninstall=(("security", "remove-trusted-cert", ca),),
        )
    path = environment.get("PATH")
    if DEBIAN_ANCHORS.is_dir() and shutil.which("update-ca-certificates", path=path):
        anchor = DEBIAN_ANCHORS / ANCHOR_NAME
        return TrustStore(
            name="the system's certificates",
            needs_root=True,
            install=(("install", "-m", "0644", ca, str(anchor)), ("update-ca-certificates",)),
            uninstall=(("rm", "-f", str(anchor)), ("update-ca-certificates", "--fresh")),
            anchor=anchor,
        )
    if shutil.which("trust", path=path):
        return TrustStore(
            name="the system's certificates",
            needs_root=True,
            install=(("trust", "anchor", ca),),
            uninstall=(("trust", "anchor", "--remove", ca),),
        )
    raise CommandFailed(
        "this machine has neither update-ca-certificates nor trust; `ingate trust` says what else there is."
    )


def install(store: TrustStore, ca_file: Path, environment: Mapping[str, str]) -> None:
    if _is_installed(store, ca_file):
        say(f"{store.name} has it already.")
        return
    _run(store, store.install, environment)
    say(f"The local certificate authority is in {store.name} now. Undo it with: ingate trust --uninstall")


def uninstall(store: TrustStore, environment: Mapping[str, str]) -> None:
    if store.anchor is not None and not store.anchor.exists():
        say(f"{store.name} does not have it.")
        return
    _run(store, store.uninstall, environment)
    say(f"The local certificate authority is not in {store.name} any more.")


def _is_installed(store: TrustStore, ca_file: Path) -> bool:
    try:
        return store.anchor is not None and store.anchor.read_bytes() == ca_file.read_bytes()
    except OSError:
        return False


def _run(store: TrustStore, commands: Commands, environment: Mapping[str, str]) -> None:
    if store.needs_root and os.geteuid() != 0:
        lines = [f"  sudo {shlex.join(command)}" for command in commands]
        raise CommandFailed("\n".join(["this needs root. Nothing was changed; run:", *lines]))
    for command in commands:
        say(f"+ {shlex.join(command)}")
        _run_one(command, environment)


def _run_one(command: Sequence[str], environment: Mapping[str, str]) -> None:
    try:
        finished = subprocess.run(list(command), env=dict(environment), capture_output=True, text=True, check=False)  # noqa: S603 - what was shown
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be run: {error.strerror}.") from error
    if said := (finished.stdout + finished.stderr).strip():
        say(printable(said, keep="\n"))
    if finished.returncode != 0:
        raise CommandFailed(f"{command[0]} failed with {finished.returncode}; what came before it was done.")
