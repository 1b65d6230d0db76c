"""The simulator of one worker: what it is made of, and how the gateway's room asks it."""

from __future__ import annotations

import time
from pathlib import Path

from ingate.domain.upstream import UpstreamRequest
from ingate.settings import Settings
from ingate.simulator.file_sources import StoredContent
from ingate.simulator.incoming import ServedAs, SimulatorRequest
from ingate.simulator.scripting.administration import AdminAnswer
from ingate.simulator.scripting.script_file import ScriptFile
from ingate.simulator.scripting.scripted_simulator import ScriptedSimulator
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings
from ingate.simulator.storing.storage import SimulatedStorage

from .identifiers import make_storage_id

STORAGE_FOLDER = "simulator"

_ONE_WORKER_ONLY = AdminAnswer(
    status=409,
    headers=((b"Content-Type", b"application/json"),),
    body=b'{"error":{"code":"SeveralWorkers","message":"Scripts and the journal of requests belong to one worker; '
    b'start Ingate with --workers 1 to use them."}}',
)


class EmbeddedSimulator:
    """Raises ScriptError when there is a script that cannot be used."""

    def __init__(self, settings: Settings) -> None:
        simulator = Simulator(
            settings=SimulatorSettings(
                seed=settings.simulator_seed,
                time_to_first_token=settings.simulator_time_to_first_token,
                tokens_per_second=settings.simulator_tokens_per_second,
                jitter=settings.simulator_jitter,
                pad_data_lines=settings.simulator_pad_data_lines,
                lenient=settings.lenient,
            ),
            clock=time.monotonic,
            read_file=self._read_file,
        )
        self._storage = SimulatedStorage(
            settings.data_dir / STORAGE_FOLDER,
            clock=time.time,
            make_id=make_storage_id,
            total_bytes=settings.simulator_storage_bytes,
        )
        self._scripted = ScriptedSimulator(
            simulator,
            clock=time.monotonic,
            wall_clock=time.time,
            seed=settings.simulator_seed,
            on_reset=simulator.forget,
        )
        if settings.script:
            self._scripted.use_file(ScriptFile(Path(settings.script)))
        self._is_alone = settings.workers == 1

    def respond(self, request: UpstreamRequest) -> SimulatedAnswer:
        asked = SimulatorRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=b"".join(request.body),
            served_as=ServedAs(
                resource_id=request.resource_id,
                deployment_name=request.deployment_name,
                hosting=request.hosting,
            ),
        )
        return self._storage.answer(asked) or self._scripted.answer(asked)

    def _read_file(self, resource_id: str, file_id: str) -> StoredContent | None:
        file = self._storage.files.find(resource_id, file_id)
        content = None if file is None else self._storage.files.read_content(resource_id, file_id)
        return None if file is None or content is None else (file.mime_type, content)

    def administer(self, method: bytes, path: bytes, query: bytes, body: bytes) -> AdminAnswer:
        if not self._is_alone:
            return _ONE_WORKER_ONLY
        return self._scripted.administer(method, path, query, body)

    def tick(self, now: float) -> None:
        """A few times a second; `now` is monotonic."""
        self._scripted.reload(now)
