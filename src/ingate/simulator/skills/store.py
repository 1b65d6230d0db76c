"""Skills on disk: `<resource>/<skill id>/skill.json`, and for each version `<number>.zip` and `<number>.json`.

A JSON file comes last and goes first: what it tells of exists as long as it does. Changes are made under the lock of
the resource's folder.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from ingate.simulator.storing.folder import lock, make_private_folder, name_folder, write_whole
from ingate.simulator.storing.listing import Place
from ingate.simulator.storing.moments import to_microseconds

from .bundle import SkillBundle

_SKILL_ID = re.compile(r"skill_[0-9A-Za-z]{1,64}\Z")
_SKILL_FILE = "skill.json"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSkill:
    """Moments are microseconds since 1970."""

    skill_id: str
    name: str
    """Of every version, for good."""
    label: str | None
    """What its creator calls it: `display_title` in the beta, `display_name` now."""
    created_at: int
    updated_at: int
    is_built_in: bool = False

    @property
    def place(self) -> Place:
        return self.created_at, self.skill_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A version, which never changes."""

    code: str
    """What its id has after `skver_`, or after `skill_version_` in the beta."""
    number: int
    """What the beta calls it: the moment it was made, in microseconds since 1970."""
    skill_id: str
    name: str
    description: str
    created_at: int

    @property
    def version_id(self) -> str:
        return f"skver_{self.code}"

    @property
    def place(self) -> Place:
        return self.number, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTaken:
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameDiffers:
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsRemain:
    """A skill that is not deleted because it has versions, or a version because it is the only one."""


class SkillStore:
    """Safe to use from several processes at once. Every method reads or writes the disk; OSError is the caller's."""

    def __init__(self, folder: Path, *, clock: Callable[[], float], make_id: Callable[[], str]) -> None:
        """`clock` counts seconds since 1970."""
        self._folder = folder
        self._clock = clock
        self._make_id = make_id

    def create(
        self, resource_id: str, bundle: SkillBundle, *, label: str | None, is_label_unique: bool
    ) -> StoredSkill | LabelTaken:
        """A skill with its first version."""
        folder = self._get_folder(resource_id)
        with lock(folder):
            if is_label_unique and label is not None and label in {s.label for s in self.list(resource_id)}:
                return LabelTaken(label=label)
            now = to_microseconds(self._clock())
            skill_id = f"skill_{self._make_id()}"
            skill = StoredSkill(skill_id=skill_id, name=bundle.name, label=label, created_at=now, updated_at=now)
            skill_folder = make_private_folder(folder / skill_id)
            self._write_version(skill_folder, skill, bundle, now)
            _write_skill(skill_folder, skill)
        return skill

    def find(self, resource_id: str, skill_id: str) -> StoredSkill | None:
        return _read(self._get_skill_folder(resource_id, skill_id) / _SKILL_FILE, StoredSkill)

    def list(self, resource_id: str) -> list[StoredSkill]:
        """In no order."""
        found = [_read(path, StoredSkill) for path in self._get_folder(resource_id).glob(f"skill_*/{_SKILL_FILE}")]
        return [skill for skill in found if skill is not None]

    def list_versions(self, resource_id: str, skill_id: str) -> list[StoredVersion]:
        """Oldest first."""
        paths = self._get_skill_folder(resource_id, skill_id).glob("[0-9]*.json")
        found = [_read(path, StoredVersion) for path in paths]
        return sorted((version for version in found if version is not None), key=lambda version: version.number)

    def add_version(self, resource_id: str, skill_id: str, bundle: SkillBundle) -> StoredVersion | NameDiffers | None:
        """None when there is no such skill."""
        with lock(self._get_folder(resource_id)):
            skill = self.find(resource_id, skill_id)
            if skill is None:
                return None
            if bundle.name != skill.name:
                return NameDiffers(expected=skill.name)
            earlier = self.list_versions(resource_id, skill_id)
            number = max(to_microseconds(self._clock()), earlier[-1].number + 1 if earlier else 0)
            skill_folder = self._get_skill_folder(resource_id, skill_id)
            version = self._write_version(skill_folder, skill, bundle, number)
            _write_skill(skill_folder, replace(skill, updated_at=number))
        return version

    def read_archive(self, resource_id: str, version: StoredVersion) -> bytes | None:
        path = self._get_skill_folder(resource_id, version.skill_id) / f"{version.number}.zip"
        try:
            return path.read_bytes()
        except FileNotFoundError:  # deleted a moment ago
            return None

    def delete_version(self, resource_id: str, version: StoredVersion, *, may_be_last: bool) -> bool | VersionsRemain:
        """False when it is gone already."""
        with lock(self._get_folder(resource_id)):
            there = self.list_versions(resource_id, version.skill_id)
            if version not in there:
                return False
            if len(there) == 1 and not may_be_last:
                return VersionsRemain()
            skill_folder = self._get_skill_folder(resource_id, version.skill_id)
            (skill_folder / f"{version.number}.json").unlink()
            (skill_folder / f"{version.number}.zip").unlink()
        return True

    def delete(self, resource_id: str, skill_id: str, *, with_versions: bool) -> bool | VersionsRemain:
        """False when there was none."""
        with lock(self._get_folder(resource_id)):
            if self.find(resource_id, skill_id) is None:
                return False
            if not with_versions and self.list_versions(resource_id, skill_id):
                return VersionsRemain()
            skill_folder = self._get_skill_folder(resource_id, skill_id)
            (skill_folder / _SKILL_FILE).unlink()
            shutil.rmtree(skill_folder)
        return True

    def _get_folder(self, resource_id: str) -> Path:
        return self._folder / name_folder(resource_id)

    def _get_skill_folder(self, resource_id: str, skill_id: str) -> Path:
        """Of what is no skill's id, a folder that is never there."""
        is_one = _SKILL_ID.match(skill_id) is not None
        return self._get_folder(resource_id) / (skill_id if is_one else "no-skill")

    def _write_version(
        self, skill_folder: Path, skill: StoredSkill, bundle: SkillBundle, number: int
    ) -> StoredVersion:
        version = StoredVersion(
            code=self._make_id(),
            number=number,
            skill_id=skill.skill_id,
            name=bundle.name,
            description=bundle.description,
            created_at=number,
        )
        write_whole(skill_folder / f"{number}.zip", bundle.archive)
        write_whole(skill_folder / f"{number}.json", msgspec.json.encode(version))
        return version


def _write_skill(skill_folder: Path, skill: StoredSkill) -> None:
    write_whole(skill_folder / _SKILL_FILE, msgspec.json.encode(skill))


def _read(path: Path, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
