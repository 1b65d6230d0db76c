"""A script's file, while somebody edits it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from tests.scenarios.playing import Player

from ingate.simulator.scripting.problems import ScriptError
from ingate.simulator.scripting.script_file import ScriptFile


def write(path: Path, text: str, *, at: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(at * 10**9, at * 10**9))


def make_script(answer: str) -> str:
    return f"version: 1\nrules: [{{respond: {answer}}}]\n"


def test_a_change_is_seen_and_a_broken_one_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "script.yaml"
    write(path, make_script("first"), at=1)
    player = Player().use_file(path)
    assert player.ask().text == "first"

    write(path, make_script("second"), at=2)
    player.simulator.reload(now=10.0)
    assert player.ask().text == "second"

    write(path, "version: 1\nrules: [{respnd: third}]\n", at=3)
    with caplog.at_level(logging.ERROR):
        player.simulator.reload(now=11.0)
    assert player.ask().text == "second"
    assert "line 2, column 10: a rule has no 'respnd': did you mean 'respond'?" in caplog.text
    _, script = player.call("GET", "script")
    assert (script["error"]["line"], script["error"]["column"]) == (2, 9)
    assert script["source_name"] == str(path)

    path.unlink()
    player.simulator.reload(now=12.0)
    assert player.ask().text == "second"
    assert player.call("GET", "script")[1]["error"]["message"] == "cannot be read: No such file or directory"

    write(path, make_script("third"), at=4)
    player.simulator.reload(now=13.0)
    assert player.ask().text == "third"
    assert player.call("GET", "script")[1]["error"] is None


def test_counting_begins_anew_with_a_new_script(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    write(path, "version: 1\nrules: [{sequence: [one, two]}]", at=1)
    player = Player().use_file(path)
    assert [player.ask().text for _ in range(2)] == ["one", "two"]
    write(path, "version: 1\nrules: [{sequence: [one, two]}]", at=2)
    player.simulator.reload(now=1.0)
    assert player.ask().text == "one"


def test_the_file_is_looked_at_twice_a_second_at_most(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    write(path, make_script("first"), at=1)
    file = ScriptFile(path)
    file.poll(10.0)
    first = file.script
    write(path, make_script("second"), at=2)
    file.poll(10.4)
    assert file.script is first
    file.poll(10.5)
    assert file.script is not first


def test_a_file_has_to_be_right_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="No such file"):
        ScriptFile(tmp_path / "none.yaml")
