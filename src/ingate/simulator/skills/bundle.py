"""The files of a skill as they were uploaded, one by one or as a zip archive: checked, and made one archive."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.storing.problem import Problem, refuse
from ingate.wire.multipart import FormPart

from .frontmatter import parse_frontmatter

MOST_BYTES = 30 * 1024 * 1024
"""Of all files together, unpacked."""
MOST_FILES = 1000
SKILL_MD = "SKILL.md"

_SEGMENT = re.compile(r'[^\\/:*?"<>|\x00-\x1f]{1,255}\Z')
_ZIP_MAGIC = b"PK\x03\x04"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""What reading a broken or an encrypted archive may raise."""
_SAME_DATE = (1980, 1, 1, 0, 0, 0)
"""The same files make the same archive."""

_NOT_ON_TOP = "SKILL.md file must be exactly in the top-level folder."
_TOO_LARGE = f"The files of a skill must have at most {MOST_BYTES} bytes together, unpacked."


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillBundle:
    name: str
    description: str
    archive: bytes
    """A zip archive with one folder, called as the skill."""


def make_bundle(parts: Sequence[FormPart], *, is_beta: bool) -> SkillBundle | Problem:
    """In the beta, all files come in a folder that is called as the skill; now SKILL.md may stand on top."""
    files = _unpack(parts)
    if isinstance(files, Problem):
        return files
    problem = _find_path_problem(files)
    if problem is not None:
        return problem
    directory = _find_directory(files)
    if isinstance(directory, Problem):
        return directory
    if directory is None and is_beta:
        return refuse(_NOT_ON_TOP)
    prefix = "" if directory is None else f"{directory}/"
    about = parse_frontmatter(bytes(files[prefix + SKILL_MD]), directory=None if is_beta else directory)
    if isinstance(about, Problem):
        return about
    if is_beta and directory != about.name:
        return refuse(f"The folder name '{directory}' must match the skill name '{about.name}' in SKILL.md.")
    archive = _pack({f"{about.name}/{path.removeprefix(prefix)}": content for path, content in files.items()})
    return SkillBundle(name=about.name, description=about.description, archive=archive)


Files = dict[str, bytes | memoryview]


def _unpack(parts: Sequence[FormPart]) -> Files | Problem:
    if len(parts) == 1 and bytes(parts[0].content[:4]) == _ZIP_MAGIC:
        return _unzip(parts[0].content)
    files: Files = {}
    for part in parts:
        path = part.filename or ""
        if path in files:
            return refuse(f"The file '{path}' was sent twice.")
        files[path] = part.content
    return refuse(_TOO_LARGE) if sum(map(len, files.values())) > MOST_BYTES else files


def _unzip(content: memoryview) -> Files | Problem:
    """Reads no more of an entry than there is room for, whatever the archive says of its size."""
    files: Files = {}
    room = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                return refuse(f"A skill has at most {MOST_FILES} files.")
            for entry in entries:
                if entry.filename in files:
                    return refuse(f"The file '{entry.filename}' is in the archive twice.")
                with archive.open(entry) as file:
                    unpacked = file.read(room + 1)
                room -= len(unpacked)
                if room < 0:
                    return refuse(_TOO_LARGE)
                files[entry.filename] = unpacked
    except _UNREADABLE:
        return refuse("The archive is not a zip file that can be read.")
    return files


def _find_path_problem(files: Files) -> Problem | None:
    for path in files:
        if not all(_SEGMENT.match(segment) and segment not in (".", "..") for segment in path.split("/")):
            return refuse(f"The file name '{path}' is not a relative path.")
    return None


def _find_directory(files: Files) -> str | Problem | None:
    """The folder that all files are in, None when SKILL.md is in none."""
    if SKILL_MD in files:
        return None
    directories = {path.partition("/")[0] for path in files}
    if len(directories) > 1:
        return refuse("All files must be in the same top-level folder.")
    directory = next(iter(directories), "")
    return directory if f"{directory}/{SKILL_MD}" in files else refuse(_NOT_ON_TOP)


def _pack(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _SAME_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, bytes(files[path]))
    return packed.getvalue()
