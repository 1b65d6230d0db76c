"""One Ingate, and all that came out of it while it met secrets. test_no_secret_leaks.py tells the story."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.raw_client import NoAnswer, RawClient, render_request
from tests.support.running import RunningIngate

PIECE = 16
"""So many characters of a secret in a row give it away."""

HEADERS = ((b"host", b"127.0.0.1"), (b"anthropic-version", b"2023-06-01"), (b"content-type", b"application/json"))


@dataclass(kw_only=True)
class Story:
    ingate: RunningIngate
    canaries: dict[str, str] = field(default_factory=dict[str, str])
    """Every secret, by what it is."""
    seen: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Everything that came out, by where."""
    printed_keys: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """What came out where API keys are meant to come out; no other secret may."""

    def send(self, name: str, *parts: bytes) -> None:
        """To the gateway, byte for byte."""
        address = urlsplit(self.ingate.gateway_url)
        with RawClient((address.hostname or "", address.port or 0)) as client:
            for part in parts:
                client.send(part)
            try:
                response = client.read_response(method=b"POST")
                self.seen[f"answer to {name}"] = response.head_bytes + response.body
            except NoAnswer as problem:
                self.seen[f"answer to {name}"] = str(problem).encode()

    def ask(
        self,
        name: str,
        key: str | None = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
        target: str = "/anthropic/v1/messages",
        body: str | None = None,
        deployment_name: str = "claude-haiku-4-5",
        stream: bool = False,
    ) -> None:
        """A Messages request to the gateway, well-formed but for what is given."""
        turns = [{"role": "user", "content": "Hello!"}]
        message = {"model": deployment_name, "max_tokens": 16, "stream": stream, "messages": turns}
        credentials = () if key is None else (("api-key", key),)
        more = tuple((n.encode(), v.encode("latin-1")) for n, v in (*credentials, *headers))
        content = json.dumps(message) if body is None else body
        self.send(name, render_request(b"POST", target.encode(), (*HEADERS, *more), content.encode()))

    def manage(self, name: str, method: str, path: str, token: str | None, body: object = None) -> None:
        """A request to the management API."""
        address = urlsplit(self.ingate.management_url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        with connection.getresponse() as answered:
            head = "".join(f"{name}: {value}\n" for name, value in answered.getheaders())
            self.seen[f"management answer to {name}"] = head.encode() + answered.read()
        connection.close()

    def run(self, name: str, *arguments: str, prints_keys: bool = False, **environment: str) -> None:
        """A command, in another terminal."""
        finished = self.ingate.run_cli(*arguments, environment=environment)
        self.seen[f"stderr of {name}"] = finished.stderr.encode()
        (self.printed_keys if prints_keys else self.seen)[f"stdout of {name}"] = finished.stdout.encode()

    def read_processes(self) -> None:
        """What any user of the machine can see of the processes: their command lines."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.ingate.data_dir).encode() in command:
                self.seen[f"command line of process {folder.name}"] = command

    def read_files(self) -> None:
        """Logs, and every file in the data directory."""
        self.seen["stdout of ingate up"] = self.ingate.stdout_file.read_bytes()
        self.seen["stderr of ingate up"] = self.ingate.stderr_file.read_bytes()
        for path in sorted(self.ingate.data_dir.rglob("*")):
            if path.is_file():
                self.seen[f"file {path.relative_to(self.ingate.data_dir)}"] = path.read_bytes()


def find_leaks(story: Story) -> list[str]:
    """Which secret was seen where, without showing it."""
    places = {**story.seen, **story.printed_keys}
    everything = b"\0".join(places.values())
    leaks: list[str] = []
    for name, canary in story.canaries.items():
        pieces = [piece for piece in cut_pieces(canary) if piece in everything]
        for where, content in places.items():
            if any(piece in content for piece in pieces) and not _belongs(story, name, where):
                leaks.append(f"{name} in {where}")
    return leaks


def _belongs(story: Story, name: str, where: str) -> bool:
    """Each secret that Ingate keeps has one place; API keys are for those who ask for them."""
    if name.startswith("API key"):
        return where in story.printed_keys
    return where == {"administrator token": "file admin.token", "key file": "file ingate.key"}.get(name)


def cut_pieces(canary: str) -> Iterator[bytes]:
    """Whatever gives it away: every stretch of it, and of its base64 at each of the three alignments."""
    secret = canary.encode()
    encoded = [base64.b64encode(secret[offset:])[: len(secret)] for offset in range(3)]
    for text in (secret, *encoded):
        for start in range(len(text) - PIECE + 1):
            yield text[start : start + PIECE]
