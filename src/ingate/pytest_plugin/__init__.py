"""Ingate for tests: a pytest fixture that starts one and gives each test a session of its own in it.

An outsider like the command line: it starts `ingate up` as a process and speaks HTTP to it, so whatever it can do,
a test in any language can. Nothing that serves is imported here, and pytest and `anthropic` only when they are used.
"""

from __future__ import annotations

from .fixtures import ingate, pytest_addoption, pytest_runtest_makereport
from .journal import Finding, NearMiss, RecordedRequest, Verdict
from .session import Ingate, ScriptError
from .starting import StartFailed

__all__ = [
    "Finding",
    "Ingate",
    "NearMiss",
    "RecordedRequest",
    "ScriptError",
    "StartFailed",
    "Verdict",
    "ingate",
    "pytest_addoption",
    "pytest_runtest_makereport",
]
