"""Who trusts the local certificate authority, and `ingate trust`, which says how to be one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import click

from .failure import CommandFailed
from .invocation import Invocation
from .output import say
from .private_file import write_private_file
from .running import CA_FILE, default_data_dir
from .system_trust import find_trust_store, install, uninstall

BUNDLE_FILE = "ca-bundle.pem"

_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_EXPLANATION = """\
The local certificate authority: {path}
SHA-256: {fingerprint}

It was made on this machine, and its private key has not left it ({key_name} beside it, readable by you alone). The
certificate is constrained by name: whoever trusts it trusts it for the Azure hosts that Ingate serves, for localhost
and for loopback addresses, and for nothing else.

`ingate run -- COMMAND` sets these for one command, and nothing has to be installed:

  SSL_CERT_FILE          anthropic (Python), azure-identity's aio, curl, Claude Code
  REQUESTS_CA_BUNDLE     azure-identity, the azure-mgmt packages, az
  CURL_CA_BUNDLE         curl
  NODE_EXTRA_CA_CERTS    Node, Claude Code

For programs that read none of them (browsers, Go on macOS, Java, .NET), trust it in the system: `ingate trust
--install`, or by hand. Whoever can read {key_name} can then pass as those hosts to your programs: undo it when you
need it no more, with --uninstall.

  Debian, Ubuntu   sudo cp {quoted} /usr/local/share/ca-certificates/ingate.crt && sudo update-ca-certificates
         undo      sudo rm /usr/local/share/ca-certificates/ingate.crt && sudo update-ca-certificates --fresh
  Fedora           sudo trust anchor {quoted}
         undo      sudo trust anchor --remove {quoted}
  macOS            security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {quoted}
         undo      security remove-trusted-cert {quoted}
  Java             keytool -importcert -alias ingate -file {quoted} -keystore STORE

A program that takes only certain certificates (pinning) cannot be led here; give it Ingate's own address.
"""


@click.command("trust")
@click.option(
    "--install", "wish", flag_value="install", help="Put it among the certificates that this machine trusts."
)
@click.option("--uninstall", "wish", flag_value="uninstall", help="Take it out of them again.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="INGATE_DATA_DIR",
    show_envvar=True,
    help="Whose authority. [default: the platform's directory for state]",
)
@click.pass_obj
def explain_trust(invocation: Invocation, data_dir: Path | None, wish: str | None) -> None:
    """Explain the local certificate authority, and how programs come to trust it.

    Changes nothing without --install or --uninstall, which show what they run. Where that needs root, they only show
    it.
    """
    path = (data_dir or default_data_dir()).expanduser().absolute() / CA_FILE
    if wish == "uninstall":  # also of an authority whose data directory is gone
        uninstall(find_trust_store(path, invocation.environment), invocation.environment)
        return
    fingerprint = _read_fingerprint(path)
    if wish is None:
        quoted = f"'{path}'" if " " in str(path) else str(path)
        text = _EXPLANATION.format(path=path, fingerprint=fingerprint, key_name="ca.key", quoted=quoted)
        click.echo(text, nl=False)
        return
    say(f"{path}, SHA-256: {fingerprint}")
    install(find_trust_store(path, invocation.environment), path, invocation.environment)


def _read_fingerprint(path: Path) -> str:
    """Ends the command when there is no certificate."""
    import ssl

    try:
        certificate = ssl.PEM_cert_to_DER_cert(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        raise CommandFailed(f"there is no authority yet: {path} is made by the first `ingate up`.") from None
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} holds no certificate that can be read.") from error
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2))


def write_bundle(data_dir: Path, environment: Mapping[str, str]) -> Path:
    """The authority's certificate and those that this machine trusts already, for programs that reach others as well.
    Ends the command when it finds none of those."""
    wider = [path for path in _list_bundles(environment, data_dir) if path.is_file()]
    if not wider:
        raise CommandFailed("this machine's trusted certificates were not found; name their file in SSL_CERT_FILE.")
    try:
        content = wider[0].read_bytes().rstrip() + b"\n" + (data_dir / CA_FILE).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{error.filename} cannot be read: {error.strerror}") from error
    path = data_dir / BUNDLE_FILE
    write_private_file(path, content)
    return path


def _list_bundles(environment: Mapping[str, str], data_dir: Path) -> list[Path]:
    import ssl

    named = [Path(environment[name]) for name in _BUNDLE_VARIABLES if environment.get(name)]
    paths = ssl.get_default_verify_paths()
    defaults = [Path(path) for path in (paths.cafile, paths.openssl_cafile) if path]
    # Inside another `ingate run` the variables name these; they are none of the machine's own.
    own = {data_dir / CA_FILE, data_dir / BUNDLE_FILE}
    return [path for path in (*named, *defaults) if path not in own]
