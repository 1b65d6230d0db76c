"""Files and Skills as the rest of the simulator sees them: one question, whether a request is theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ingate.simulator.files.api import FilesApi
from ingate.simulator.files.store import FileStore
from ingate.simulator.incoming import Header, SimulatorRequest
from ingate.simulator.refusal import Refusal
from ingate.simulator.simulator import SimulatedAnswer, parse_betas, parse_version
from ingate.simulator.skills.api import SkillsApi
from ingate.simulator.skills.store import SkillStore

from .call import Download, Outcome, StorageCall
from .listing import parse_query
from .problem import Problem, refuse, render_problem

_ROOT = b"/v1/"
_JSON_TYPE: Header = (b"content-type", b"application/json")

PIECE = 64 * 1024
"""Bytes of a download that are handed on at a time."""

TOTAL_BYTES = 10**12
"""https://platform.claude.com/docs/en/build-with-claude/files: 1 TB, here for each resource."""


class SimulatedStorage:
    """Keeps what is uploaded below `folder`, for every worker that is given the same one, and across restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        make_id: Callable[[], str],
        total_bytes: int = TOTAL_BYTES,
    ) -> None:
        """`clock` counts seconds since 1970; `make_id` gives some 24 letters and digits, others each time. The
        folder is made with the first upload."""
        self._make_id = make_id
        self.files = FileStore(folder / "files", clock=clock, make_id=make_id, total_bytes=total_bytes)
        self.skills = SkillStore(folder / "skills", clock=clock, make_id=make_id)
        self._apis = {"files": FilesApi(self.files), "skills": SkillsApi(self.skills)}

    def answer(self, request: SimulatorRequest) -> SimulatedAnswer | None:
        """None when the path is neither Files' nor Skills'. It reads and writes the disk before it returns."""
        feature, *segments = request.path.removeprefix(_ROOT).decode("latin-1").split("/")
        api = self._apis.get(feature)
        if api is None or not request.path.startswith(_ROOT):
            return None
        return self._render(self._decide(api, feature, tuple(segments), request))

    def _decide(
        self, api: FilesApi | SkillsApi, feature: str, segments: tuple[str, ...], request: SimulatorRequest
    ) -> Outcome:
        if request.served_as.hosting != "anthropic":
            return refuse(f"{feature} not supported in your workspace.")
        version = parse_version(request)
        if isinstance(version, Refusal):
            return refuse(version.message)
        try:
            query = parse_query(request.query)
        except ValueError:
            return refuse("The query has too many parameters")
        call = StorageCall(
            resource_id=request.served_as.resource_id,
            method=request.method,
            segments=segments,
            query=query,
            betas=parse_betas(request.headers),
            content_type=request.get_header(b"content-type"),
            body=request.body,
        )
        try:
            return api.answer(call)
        except OSError as error:
            return Problem(error_type="api_error", message=f"The simulator's storage failed: {error.strerror}")

    def _render(self, outcome: Outcome) -> SimulatedAnswer:
        request_id = f"req_{self._make_id()}"
        headers: tuple[Header, ...] = (_JSON_TYPE, (b"request-id", request_id.encode()))
        if isinstance(outcome, Problem):
            return SimulatedAnswer(
                status=outcome.status, headers=headers, chunks=((0.0, render_problem(outcome, request_id)),)
            )
        if isinstance(outcome, Download):
            headers = (
                (b"content-type", outcome.media_type.encode("latin-1")),
                (b"content-disposition", outcome.disposition.encode()),
                headers[1],
            )
            content = outcome.content
            pieces = [(0.0, content[start : start + PIECE]) for start in range(0, len(content), PIECE)]
            return SimulatedAnswer(status=200, headers=headers, chunks=tuple(pieces))
        return SimulatedAnswer(status=200, headers=headers, chunks=((0.0, msgspec.json.encode(outcome)),))
