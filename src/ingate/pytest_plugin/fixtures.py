"""The fixture, its option, and what a failed test is told."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Generator, Iterator
from pathlib import Path

try:
    import pytest
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "ingate.pytest_plugin is used by pytest, which is not installed here: pip install pytest", name="pytest"
    ) from error

import httpx2

from .connection import Connection, Refused
from .session import Ingate
from .starting import IngateServer, StartFailed, StartOptions, parse_options

OPTIONS = "ingate_options"
OPTIONS_VARIABLE = "INGATE_PYTEST_OPTIONS"


class _SharedServer:
    """The Ingate of this pytest process (with pytest-xdist, of this worker), or why there is none."""

    def __init__(self, folder: Path, options: StartOptions) -> None:
        self._server = IngateServer(folder, options, _environment())
        self._numbers = itertools.count(1)
        self._problem = ""
        self._connection: Connection | None = None
        try:
            self._connection = Connection(self._server.wait_until_ready())
            self._api_key = self._connection.get_api_key()
        except StartFailed as error:
            self._problem = str(error)  # not tried again for every test
        except BaseException:  # a Ctrl-C too: pytest stops only what a fixture has given it
            self.stop()
            raise

    def open_session(self, test: str) -> Ingate:
        if self._connection is None:
            pytest.fail(self._problem, pytrace=False)  # what matters is what Ingate said
        self._demand_running()
        name = f"{next(self._numbers)}-{re.sub(r'[^A-Za-z0-9]+', '-', test)[:80].strip('-')}"
        return Ingate(self._connection, session=name, api_key=self._api_key)

    def close_session(self, session: Ingate) -> None:
        self._demand_running()
        session.close()

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._server.stop()

    def _demand_running(self) -> None:
        if self._server.has_ended():
            pytest.fail(f"Ingate has ended. {self._server.render_log()}", pytrace=False)


_SERVER = pytest.StashKey[_SharedServer]()


@pytest.fixture
def ingate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingate]:
    """A session of this test's own in an Ingate that is started with the first test that asks for it."""
    stash = request.session.stash
    if _SERVER not in stash:
        # No fixture of session scope: `from ingate.pytest_plugin import ingate` must be enough.
        server = _SharedServer(tmp_path_factory.mktemp("ingate"), _get_options(request.config))
        stash[_SERVER] = server
        request.session.addfinalizer(server.stop)
    session = stash[_SERVER].open_session(request.node.name)
    yield session
    stash[_SERVER].close_session(session)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Only with `pytest_plugins`: what is merely imported cannot have an ini option."""
    parser.addini(
        OPTIONS, "what `ingate up` is started with, such as --lenient or INGATE_SIMULATOR_SEED=7", "args", []
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what it asked, and why no rule answered."""
    report = yield
    session = getattr(item, "funcargs", {}).get("ingate")
    if report.when == "call" and report.failed and isinstance(session, Ingate):
        report.sections.append(("Requests to Ingate", _render_requests(session)))
    return report


def _render_requests(session: Ingate) -> str:
    try:
        return "\n".join(str(recorded) for recorded in session.requests) or "none"
    except (Refused, httpx2.HTTPError) as error:
        return f"they cannot be had: {error}"


def _get_options(config: pytest.Config) -> StartOptions:
    """Of the ini file, then of the environment."""
    try:
        words: list[str] = config.getini(OPTIONS)
    except ValueError:  # see pytest_addoption
        words = []
    return parse_options([*words, *shlex.split(_environment().get(OPTIONS_VARIABLE, ""))])


def _environment() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251 - a process of its own, as the command line is
