"""Skills and their versions as JSON, in the shapes of both ages."""

from __future__ import annotations

from ingate.simulator.json_value import JsonObject
from ingate.simulator.storing.moments import render_moment

from .store import StoredSkill, StoredVersion


def render_skill(skill: StoredSkill, newest: StoredVersion | None, *, is_beta: bool) -> JsonObject:
    """Only the beta knows skills without a version."""
    source = "anthropic" if skill.is_built_in else "custom"
    shown: JsonObject = {
        "type": "skill",
        "id": skill.skill_id,
        "created_at": render_moment(skill.created_at),
        "updated_at": render_moment(skill.updated_at),
    }
    if is_beta:
        latest = None if newest is None else str(newest.number)
        return shown | {"display_title": skill.label, "source": source, "latest_version": latest}
    return shown | {
        "display_name": skill.label or skill.name,
        "source": {"type": source},
        "latest_version_id": None if newest is None else newest.version_id,
    }


def render_version(version: StoredVersion, *, is_beta: bool) -> JsonObject:
    shown: JsonObject = {
        "type": "skill_version",
        "id": f"skill_version_{version.code}" if is_beta else version.version_id,
        "skill_id": version.skill_id,
        "name": version.name,
        "description": version.description,
        "created_at": render_moment(version.created_at),
    }
    if is_beta:
        return shown | {"version": str(version.number), "directory": version.name}
    return shown
