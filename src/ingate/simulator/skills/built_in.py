"""The skills that Anthropic publishes: seen by everyone, changed by nobody, and not kept on disk.

https://platform.claude.com/docs/en/agents-and-tools/agent-skills/overview; their version is a date. Here they have
names and descriptions and no files.
"""

from __future__ import annotations

from .store import StoredSkill, StoredVersion

VERSION = 20251013
PUBLISHED_AT = 1_760_313_600_000_000
"""2025-10-13, in microseconds."""

_ABOUT = {
    "docx": ("Word", "Simulated: creates and edits Word documents."),
    "pdf": ("PDF", "Simulated: creates and reads PDF documents."),
    "pptx": ("PowerPoint", "Simulated: creates and edits presentations."),
    "xlsx": ("Excel", "Simulated: creates and analyzes spreadsheets."),
}

BUILT_IN_SKILLS = {
    skill_id: StoredSkill(
        skill_id=skill_id,
        name=skill_id,
        label=label,
        created_at=PUBLISHED_AT,
        updated_at=PUBLISHED_AT,
        is_built_in=True,
    )
    for skill_id, (label, _) in _ABOUT.items()
}


def make_built_in_version(skill_id: str) -> StoredVersion:
    return StoredVersion(
        code=f"01{skill_id}".ljust(24, "0"),
        number=VERSION,
        skill_id=skill_id,
        name=skill_id,
        description=_ABOUT[skill_id][1],
        created_at=PUBLISHED_AT,
    )
