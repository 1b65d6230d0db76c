"""Pipes between a supervisor and its children."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import pytest

from ingate.assembly.lifeline import report_ready, watch_lifeline


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends; a test closes the one it hands over."""
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


def watch_while(descriptor: int, act: object = None) -> list[str]:
    """What a child hears while `act` happens."""
    loop = asyncio.new_event_loop()
    heard: list[str] = []
    try:
        watch_lifeline(descriptor, loop, lambda: heard.append("gone"))
        if callable(act):
            act()
        for _ in range(3):
            loop.call_soon(loop.stop)
            loop.run_forever()
    finally:
        loop.close()
    return heard


def test_a_child_hears_of_its_supervisors_end_once(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    assert watch_while(reader) == []
    assert watch_while(reader, lambda: os.close(writer)) == ["gone"]


def test_without_a_lifeline_nothing_is_watched() -> None:
    assert watch_while(-1) == []


def test_a_child_reports_with_one_line_and_lets_go(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    report_ready(writer, {"worker": 0})
    assert json.loads(os.read(reader, 1000)) == {"worker": 0}
    assert os.read(reader, 1) == b"", "the pipe has ended"


def test_a_report_that_nobody_wants_harms_nobody(pipe: tuple[int, int]) -> None:
    """As when a worker is started again: by then the supervisor has stopped listening."""
    reader, writer = pipe
    os.close(reader)
    report_ready(writer, {"worker": 0})
    report_ready(-1, {})
