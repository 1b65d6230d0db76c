"""A simulated storage in a folder of its own, and the few words in which its tests talk to it."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingate.simulator.incoming import Hosting, ServedAs, SimulatorRequest
from ingate.simulator.storing.storage import SimulatedStorage

FILES_BETA = (b"anthropic-beta", b"files-api-2025-04-14")
SKILLS_BETA = (b"anthropic-beta", b"skills-2025-10-02")

BOUNDARY = b"--boundary-of-a-test"
FORM = (b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)

Header = tuple[bytes, bytes]
FormFile = tuple[str, bytes, str | None]
"""A file's name, its content and its type."""


def render_form(parts: Sequence[tuple[str, FormFile | str]]) -> bytes:
    """Each part is a field with its text, or a file."""
    rendered: list[bytes] = []
    for name, value in parts:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, str):
            head, content = disposition, value.encode()
        else:
            filename, content, media_type = value
            head = f'{disposition}; filename="{filename}"'
            if media_type is not None:
                head += f"\r\nContent-Type: {media_type}"
        rendered.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY, head.encode(), content))
    return b"".join(rendered) + b"--%b--\r\n" % BOUNDARY


def render_skill_md(name: str = "greeting", description: str = "How to greet.") -> bytes:
    return f"---\nname: {name}\ndescription: {description}\n---\n# Hello\n".encode()


def render_zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


@dataclass(kw_only=True)
class Said:
    """An answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.content)

    @property
    def error(self) -> tuple[int, str, str]:
        body = self.json
        assert body["type"] == "error"
        assert body["request_id"] == self.headers["request-id"]
        return self.status, body["error"]["type"], body["error"]["message"]


@dataclass(kw_only=True)
class StorageClient:
    """The clock stands still unless it is moved; ids count up."""

    folder: Path
    now: float = 1_750_000_000.25
    total_bytes: int = 10**12
    resource_id: str = "example-resource"
    hosting: Hosting = "anthropic"
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.storage = self.open()

    def open(self) -> SimulatedStorage:
        """As another worker, or after a restart."""
        return SimulatedStorage(
            self.folder,
            clock=lambda: self.now,
            make_id=lambda: f"01{next(self.numbers):022}",
            total_bytes=self.total_bytes,
        )

    def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Sequence[Header] = (),
        *,
        version: bytes = b"2026-10-21",
    ) -> Said:
        path, _, query = target.partition("?")
        request = SimulatorRequest(
            method=method.encode(),
            path=path.encode(),
            query=query.encode(),
            headers=[(b"anthropic-version", version), *headers],
            body=body,
            served_as=ServedAs(resource_id=self.resource_id, hosting=self.hosting),
        )
        answer = self.storage.answer(request)
        assert answer is not None
        return Said(
            status=answer.status,
            headers={name.decode(): value.decode() for name, value in answer.headers},
            content=b"".join(piece for _, piece in answer.chunks),
        )

    def get(self, target: str, *headers: Header) -> Said:
        return self.ask("GET", target, headers=headers)

    def delete(self, target: str, *headers: Header) -> Said:
        return self.ask("DELETE", target, headers=headers)

    def post(self, target: str, parts: Sequence[tuple[str, FormFile | str]], *headers: Header) -> Said:
        return self.ask("POST", target, render_form(parts), [FORM, *headers])

    def upload(
        self, filename: str = "report.pdf", content: bytes = b"%PDF-1.7", media_type: str | None = "application/pdf"
    ) -> str:
        """A file, one microsecond later than the one before. Gives back its id."""
        self.now += 1e-6
        said = self.post("/v1/files", [("file", (filename, content, media_type))])
        assert said.status == 200, said.content
        return said.json["id"]

    def create_skill(self, *headers: Header, name: str = "greeting", **fields: str) -> dict[str, Any]:
        self.now += 1e-6
        parts: list[tuple[str, FormFile | str]] = [*fields.items()]
        said = self.post("/v1/skills", [*parts, skill_file(name)], *headers)
        assert said.status == 200, said.content
        return said.json


def skill_file(name: str = "greeting", content: bytes | None = None, path: str | None = None) -> tuple[str, FormFile]:
    return "files[]", (path or f"{name}/SKILL.md", content or render_skill_md(name), "text/markdown")
