"""Answers requests to `/v1/skills`.

There are two shapes, and two sets of rules: with the header `anthropic-beta: skills-2025-10-02`, the beta's; without,
the present ones. https://platform.claude.com/docs/en/build-with-claude/skills-guide ("Migrate from ...").
"""

from __future__ import annotations

from collections.abc import Sequence

from ingate.simulator.storing.call import WRONG_PATH, Download, Outcome, StorageCall
from ingate.simulator.storing.listing import DEFAULT_LIMIT, get_one, list_page, parse_integer
from ingate.simulator.storing.problem import Problem, miss, refuse
from ingate.wire.multipart import FormPart, MalformedForm, parse_form

from .built_in import BUILT_IN_SKILLS, make_built_in_version
from .bundle import make_bundle
from .shapes import render_skill, render_version
from .store import LabelTaken, NameDiffers, SkillStore, StoredSkill, StoredVersion, VersionsRemain

BETA = "skills-2025-10-02"
MOST_PER_PAGE = 1000
MOST_PER_PAGE_IN_BETA = 100
LONGEST_LABEL = 255
LONGEST_LABEL_IN_BETA = 64

_READ_ONLY = Problem(
    error_type="permission_error", message="Skills published by Anthropic are read-only, and have no files here."
)


class SkillsApi:
    def __init__(self, store: SkillStore) -> None:
        self._store = store

    def answer(self, call: StorageCall) -> Outcome:
        match call.method, call.segments:
            case b"POST", ():
                return self._create(call)
            case b"GET", ():
                return self._list(call)
            case b"GET", (skill_id,):
                skill = self._find(call, skill_id)
                return skill if isinstance(skill, Problem) else self._show(call, skill)
            case b"DELETE", (skill_id,):
                return self._delete(call, skill_id)
            case _, (skill_id, "versions", *rest):
                skill = self._find(call, skill_id)
                return skill if isinstance(skill, Problem) else self._answer_versions(call, skill, tuple(rest))
            case _:
                return WRONG_PATH

    def _answer_versions(self, call: StorageCall, skill: StoredSkill, rest: tuple[str, ...]) -> Outcome:
        match call.method, rest:
            case b"POST", ():
                return self._add_version(call, skill)
            case b"GET", ():
                return self._list_versions(call, skill)
            case b"GET", (slot,):
                version = self._find_version(call, skill, slot)
                return version if isinstance(version, Problem) else render_version(version, is_beta=_is_beta(call))
            case b"DELETE", (slot,):
                return self._delete_version(call, skill, slot)
            case b"GET", (slot, "content"):
                return self._download(call, skill, slot)
            case _:
                return WRONG_PATH

    # Skills

    def _create(self, call: StorageCall) -> Outcome:
        is_beta = _is_beta(call)
        form = _parse_form(call)
        if isinstance(form, Problem):
            return form
        label = _read_label(form, is_beta=is_beta)
        if isinstance(label, Problem):
            return label
        parts = _take_files(form, is_beta=is_beta)
        if isinstance(parts, Problem):
            return parts
        bundle = make_bundle(parts, is_beta=is_beta)
        if isinstance(bundle, Problem):
            return bundle
        skill = self._store.create(call.resource_id, bundle, label=label, is_label_unique=is_beta)
        if isinstance(skill, LabelTaken):
            return refuse(f"Skill cannot reuse an existing display_title: {skill.label}")
        return self._show(call, skill)

    def _show(self, call: StorageCall, skill: StoredSkill) -> Outcome:
        versions = self._get_versions(call, skill)
        if not versions and not _is_beta(call):
            return refuse(f"Skill has no versions: {skill.skill_id}")
        return render_skill(skill, versions[-1] if versions else None, is_beta=_is_beta(call))

    def _find(self, call: StorageCall, skill_id: str) -> StoredSkill | Problem:
        found = BUILT_IN_SKILLS.get(skill_id) or self._store.find(call.resource_id, skill_id)
        return found or miss(f"Skill not found: {skill_id}")

    def _list(self, call: StorageCall) -> Outcome:
        is_beta, source = _is_beta(call), get_one(call.query, "source")
        limit = _parse_limit(call, MOST_PER_PAGE_IN_BETA if is_beta else MOST_PER_PAGE)
        if isinstance(limit, Problem):
            return limit
        if source not in (None, "custom", "anthropic"):
            return refuse("source must be one of custom, anthropic")
        skills = [*self._store.list(call.resource_id)] if source != "anthropic" else []
        if source != "custom":
            skills += BUILT_IN_SKILLS.values()
        newest = {skill.skill_id: self._get_versions(call, skill)[-1:] for skill in skills}
        page = list_page(
            [skill for skill in skills if is_beta or newest[skill.skill_id]],
            lambda skill: skill.place,
            of="skills in beta" if is_beta else "skills",
            token=get_one(call.query, "page"),
            limit=limit,
            newest_first=True,
        )
        if isinstance(page, Problem):
            return page
        shown = [
            render_skill(skill, next(iter(newest[skill.skill_id]), None), is_beta=is_beta) for skill in page.items
        ]
        return _render_page(shown, page.next_page, is_beta=is_beta)

    def _delete(self, call: StorageCall, skill_id: str) -> Outcome:
        if skill_id in BUILT_IN_SKILLS:
            return _READ_ONLY
        deleted = self._store.delete(call.resource_id, skill_id, with_versions=not _is_beta(call))
        if isinstance(deleted, VersionsRemain):
            return refuse("Cannot delete skill with existing versions. Delete all versions first.")
        return {"id": skill_id, "type": "skill_deleted"} if deleted else miss(f"Skill not found: {skill_id}")

    # Versions

    def _get_versions(self, call: StorageCall, skill: StoredSkill) -> Sequence[StoredVersion]:
        """Oldest first."""
        if skill.is_built_in:
            return [make_built_in_version(skill.skill_id)]
        return self._store.list_versions(call.resource_id, skill.skill_id)

    def _add_version(self, call: StorageCall, skill: StoredSkill) -> Outcome:
        if skill.is_built_in:
            return _READ_ONLY
        form = _parse_form(call)
        parts = form if isinstance(form, Problem) else _take_files(form, is_beta=_is_beta(call))
        if isinstance(parts, Problem):
            return parts
        bundle = make_bundle(parts, is_beta=_is_beta(call))
        if isinstance(bundle, Problem):
            return bundle
        version = self._store.add_version(call.resource_id, skill.skill_id, bundle)
        if isinstance(version, NameDiffers):
            return refuse(
                f"Skill name '{bundle.name}' in SKILL.md must be consistent across all versions for a given "
                f"`skill_id`. Expected '{version.expected}'."
            )
        return (
            render_version(version, is_beta=_is_beta(call)) if version else miss(f"Skill not found: {skill.skill_id}")
        )

    def _list_versions(self, call: StorageCall, skill: StoredSkill) -> Outcome:
        is_beta, limit = _is_beta(call), _parse_limit(call, MOST_PER_PAGE)
        if isinstance(limit, Problem):
            return limit
        page = list_page(
            self._get_versions(call, skill),
            lambda version: version.place,
            of=f"versions of {skill.skill_id}{' in beta' if is_beta else ''}",
            token=get_one(call.query, "page"),
            limit=limit,
            newest_first=not is_beta,
        )
        if isinstance(page, Problem):
            return page
        shown = [render_version(version, is_beta=is_beta) for version in page.items]
        return _render_page(shown, page.next_page, is_beta=is_beta)

    def _find_version(self, call: StorageCall, skill: StoredSkill, slot: str) -> StoredVersion | Problem:
        """`slot` is what the path has in the version's place: its number in the beta, its id or `latest` now."""
        versions = self._get_versions(call, skill)
        if _is_beta(call):
            if not slot.isdecimal():
                return refuse(
                    f"Invalid version format: '{slot}'. Version must be a numeric timestamp "
                    "(e.g., '1759178010641129')."
                )
            return _pick([v for v in versions if str(v.number) == slot], slot)
        if slot == "latest":
            return _pick(versions, slot)
        prefix, _, code = slot.rpartition("_")
        if prefix not in ("skver", "skill_version"):
            return refuse(f"Invalid version id: '{slot}'")
        return _pick([v for v in versions if v.code == code], slot)

    def _delete_version(self, call: StorageCall, skill: StoredSkill, slot: str) -> Outcome:
        is_beta = _is_beta(call)
        if skill.is_built_in:
            return _READ_ONLY
        if slot == "latest" and not is_beta:
            return _refuse_latest("deleting")
        version = self._find_version(call, skill, slot)
        if isinstance(version, Problem):
            return version
        deleted = self._store.delete_version(call.resource_id, version, may_be_last=is_beta)
        if isinstance(deleted, VersionsRemain):
            return refuse("cannot delete a Skill's only version. Delete the Skill, or create another version first")
        shown_id = str(version.number) if is_beta else version.version_id
        return {"id": shown_id, "type": "skill_version_deleted"} if deleted else _miss_version(slot)

    def _download(self, call: StorageCall, skill: StoredSkill, slot: str) -> Outcome:
        """Here the number is taken without the beta's header too."""
        if skill.is_built_in:
            return _READ_ONLY
        if slot == "latest" and not _is_beta(call):
            return _refuse_latest("downloading")
        version: StoredVersion | Problem
        if slot.isdecimal():
            version = _pick([v for v in self._get_versions(call, skill) if str(v.number) == slot], slot)
        else:
            version = self._find_version(call, skill, slot)
        if isinstance(version, Problem):
            return version
        archive = self._store.read_archive(call.resource_id, version)
        if archive is None:
            return _miss_version(slot)
        return Download(content=archive, media_type="application/zip", filename=f"{version.name}.zip")


def _is_beta(call: StorageCall) -> bool:
    return BETA in call.betas


def _parse_form(call: StorageCall) -> Sequence[FormPart] | Problem:
    form = parse_form(call.content_type, call.body)
    if isinstance(form, MalformedForm):
        return refuse(f"The request body is not a valid form: {form.reason}")
    return form


def _take_files(form: Sequence[FormPart], *, is_beta: bool) -> Sequence[FormPart] | Problem:
    """What else is in the form is passed over."""
    parts = [part for part in form if part.name == "files[]" and part.filename is not None]
    if parts:
        return parts
    missing = (
        "No files provided. Please provide files using 'files[]' field." if is_beta else "files[]: Field required"
    )
    return refuse(missing)


def _read_label(form: Sequence[FormPart], *, is_beta: bool) -> str | Problem | None:
    field = "display_title" if is_beta else "display_name"
    longest = LONGEST_LABEL_IN_BETA if is_beta else LONGEST_LABEL
    content = next((part.content for part in form if part.name == field), None)
    if not content:
        return None
    try:
        label = bytes(content).decode()
    except UnicodeDecodeError:
        return refuse(f"{field} is not UTF-8")
    if len(label) > longest:
        return refuse(f"{field} must be at most {longest} characters long")
    return label if label.isprintable() else refuse(f"{field} must be a single line of printable characters")


def _parse_limit(call: StorageCall, most: int) -> int | Problem:
    text = get_one(call.query, "limit")
    limit = DEFAULT_LIMIT if text is None else parse_integer(text, "limit")
    if isinstance(limit, Problem) or 1 <= limit <= most:
        return limit
    return refuse(f"limit must be between 1 and {most}")


def _pick(versions: Sequence[StoredVersion], slot: str) -> StoredVersion | Problem:
    return versions[-1] if versions else _miss_version(slot)


def _miss_version(slot: str) -> Problem:
    return miss(f"Skill version not found: {slot}")


def _refuse_latest(doing: str) -> Problem:
    return refuse(
        f"'latest' is not accepted when {doing} a skill version. Address a specific version id: read the skill's "
        "latest_version_id, or GET /v1/skills/{skill_id}/versions/latest, and use that id."
    )


def _render_page(shown: Sequence[object], next_page: str | None, *, is_beta: bool) -> dict[str, object]:
    page: dict[str, object] = {"data": shown, "next_page": next_page}
    if is_beta:
        page["has_more"] = next_page is not None
    return page
