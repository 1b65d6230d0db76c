"""The simulator of one worker, made when something needs it: a worker whose deployments all go elsewhere saves the
time and the memory that it takes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ingate.domain.directory import Directory, DirectoryMalformed, parse_directory
from ingate.domain.upstream import UpstreamRequest
from ingate.settings import Settings

from .data_files import PREVIOUS_DIRECTORY_FILE

if TYPE_CHECKING:
    from ingate.simulator.scripting.administration import AdminAnswer
    from ingate.simulator.simulator import SimulatedAnswer

    from .embedded_simulator import EmbeddedSimulator

_log = logging.getLogger(__name__)


def needs_simulator(directory: Directory) -> bool:
    """Whether a deployment goes to it. The upstream itself is in every directory."""
    simulators = {definition.name for definition in directory.upstreams if definition.kind == "simulator"}
    return any(
        deployment.upstream in simulators for resource in directory.resources for deployment in resource.deployments
    )


def expects_simulator(settings: Settings) -> bool:
    """Whether this run's first directory will most likely need it, by what the last run's did. A first run's
    deployments go to the simulator, unless something is put in its place."""
    try:
        return needs_simulator(parse_directory((settings.data_dir / PREVIOUS_DIRECTORY_FILE).read_bytes()))
    except FileNotFoundError:
        return not (settings.local or settings.record_to)
    except (OSError, DirectoryMalformed):
        return False


class SimulatorOnDemand:
    """`load` before the first request makes that one as fast as the next. Whatever is asked of it loads it too."""

    def __init__(self, settings: Settings) -> None:
        """Raises ScriptError when there is a script that cannot be used: that is said at the start, needed or not."""
        self._settings = settings
        self._loaded: EmbeddedSimulator | None = None
        if settings.script:
            self.load()

    def load(self) -> EmbeddedSimulator:
        """The same one each time. The first time it takes a few tenths of a second."""
        if self._loaded is None:
            from .embedded_simulator import EmbeddedSimulator

            self._loaded = EmbeddedSimulator(self._settings)
            _log.debug("the simulator is loaded")
        return self._loaded

    def respond(self, request: UpstreamRequest) -> SimulatedAnswer:
        return self.load().respond(request)

    def administer(self, method: bytes, path: bytes, query: bytes, body: bytes) -> AdminAnswer:
        return self.load().administer(method, path, query, body)

    def tick(self, now: float) -> None:
        """A few times a second; `now` is monotonic."""
        if self._loaded is not None:
            self._loaded.tick(now)
