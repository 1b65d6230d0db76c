"""What `/v1/skills` answers, in the shapes and by the rules of both ages.

https://platform.claude.com/docs/en/build-with-claude/skills-guide
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from tests.support.storage_client import (
    SKILLS_BETA,
    Header,
    Said,
    StorageClient,
    render_skill_md,
    render_zip,
    skill_file,
)

NOT_THERE = "skill_01AbCdEfGhIjKlMnOpQrStUv"


def list_ids(said: Said) -> list[str]:
    assert said.status == 200, said.content
    return [item["id"] for item in said.json["data"]]


def add_version(client: StorageClient, skill_id: str, *headers: Header, description: str = "More.") -> dict[str, Any]:
    client.now += 1
    file = skill_file(content=render_skill_md(description=description))
    said = client.post(f"/v1/skills/{skill_id}/versions", [file], *headers)
    assert said.status == 200, said.content
    return said.json


class TestShapes:
    def test_of_a_skill(self, client: StorageClient) -> None:
        client.now -= 1e-6
        skill = client.create_skill(display_name="Greeting people")
        assert skill == {
            "type": "skill",
            "id": "skill_010000000000000000000001",
            "display_name": "Greeting people",
            "source": {"type": "custom"},
            "latest_version_id": "skver_010000000000000000000002",
            "created_at": "2025-06-15T15:06:40.250000Z",
            "updated_at": "2025-06-15T15:06:40.250000Z",
        }
        assert client.get(f"/v1/skills/{skill['id']}").json == skill

    def test_of_a_skill_in_the_beta(self, client: StorageClient) -> None:
        client.now -= 1e-6
        skill = client.create_skill(SKILLS_BETA, display_title="Greeting people")
        assert skill == {
            "type": "skill",
            "id": "skill_010000000000000000000001",
            "display_title": "Greeting people",
            "source": "custom",
            "latest_version": "1750000000250000",
            "created_at": "2025-06-15T15:06:40.250000Z",
            "updated_at": "2025-06-15T15:06:40.250000Z",
        }

    def test_of_a_version(self, client: StorageClient) -> None:
        client.now -= 1e-6
        skill = client.create_skill()
        said = client.get(f"/v1/skills/{skill['id']}/versions/{skill['latest_version_id']}")
        shown = {
            "type": "skill_version",
            "id": "skver_010000000000000000000002",
            "skill_id": skill["id"],
            "name": "greeting",
            "description": "How to greet.",
            "created_at": "2025-06-15T15:06:40.250000Z",
        }
        assert said.json == shown
        beta = client.get(f"/v1/skills/{skill['id']}/versions/1750000000250000", SKILLS_BETA)
        assert beta.json == shown | {
            "id": "skill_version_010000000000000000000002",
            "version": "1750000000250000",
            "directory": "greeting",
        }

    def test_a_label_is_taken_from_the_name_when_there_is_none(self, client: StorageClient) -> None:
        skill = client.create_skill()
        assert skill["display_name"] == "greeting"
        assert client.get(f"/v1/skills/{skill['id']}", SKILLS_BETA).json["display_title"] is None


class TestLabels:
    @pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400)])
    def test_have_255_characters(self, client: StorageClient, length: int, status: int) -> None:
        said = client.post("/v1/skills", [("display_name", "ü" * length), skill_file()])
        assert said.status == status
        if status == 400:
            assert said.error[2] == "display_name must be at most 255 characters long"

    @pytest.mark.parametrize(("length", "status"), [(64, 200), (65, 400)])
    def test_have_64_in_the_beta(self, client: StorageClient, length: int, status: int) -> None:
        parts = [("display_title", "x" * length), skill_file()]
        assert client.post("/v1/skills", parts, SKILLS_BETA).status == status

    def test_may_be_shared_but_in_the_beta(self, client: StorageClient) -> None:
        client.create_skill(display_name="Hello")
        client.create_skill(display_name="Hello")
        said = client.post("/v1/skills", [("display_title", "Hello"), skill_file()], SKILLS_BETA)
        assert said.error == (
            400,
            "invalid_request_error",
            "Skill cannot reuse an existing display_title: Hello",
        )

    def test_of_the_other_age_are_passed_over(self, client: StorageClient) -> None:
        skill = client.create_skill(display_title="Hello")
        assert skill["display_name"] == "greeting"

    def test_are_a_single_line(self, client: StorageClient) -> None:
        assert client.post("/v1/skills", [("display_name", "a\r\nb"), skill_file()]).status == 400


class TestUploads:
    def read(self, client: StorageClient, skill: dict[str, Any]) -> dict[str, bytes]:
        said = client.get(f"/v1/skills/{skill['id']}/versions/{skill['latest_version_id']}/content")
        assert (said.status, said.headers["content-type"]) == (200, "application/zip")
        assert said.headers["content-disposition"] == "attachment; filename*=utf-8''greeting.zip"
        with zipfile.ZipFile(io.BytesIO(said.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def test_are_kept_as_one_archive(self, client: StorageClient) -> None:
        files = [skill_file(), skill_file(path="greeting/scripts/hi.py", content=b"print('hi')")]
        skill = client.post("/v1/skills", files).json
        assert self.read(client, skill) == {
            "greeting/SKILL.md": render_skill_md(),
            "greeting/scripts/hi.py": b"print('hi')",
        }

    @pytest.mark.parametrize("prefix", ["", "greeting/", "elsewhere/"])
    def test_may_stand_in_any_folder_or_in_none(self, client: StorageClient, prefix: str) -> None:
        skill = client.post("/v1/skills", [skill_file(path=f"{prefix}SKILL.md")]).json
        assert list(self.read(client, skill)) == ["greeting/SKILL.md"]

    @pytest.mark.parametrize("prefix", ["", "greeting/"])
    def test_may_be_a_zip_file(self, client: StorageClient, prefix: str) -> None:
        packed = render_zip({f"{prefix}SKILL.md": render_skill_md(), f"{prefix}a/b.txt": b"b", f"{prefix}a/": b""})
        skill = client.post("/v1/skills", [("files[]", ("any.zip", packed, "application/zip"))]).json
        assert self.read(client, skill)["greeting/a/b.txt"] == b"b"

    def test_take_the_folders_name_when_the_frontmatter_has_none(self, client: StorageClient) -> None:
        content = b"---\ndescription: How to greet.\n---\n"
        said = client.post("/v1/skills", [skill_file(content=content)])
        assert said.json["display_name"] == "greeting"
        assert client.post("/v1/skills", [skill_file(content=content, path="SKILL.md")]).status == 400

    @pytest.mark.parametrize(
        ("path", "name", "message"),
        [
            ("SKILL.md", "greeting", "SKILL.md file must be exactly in the top-level folder."),
            ("a/greeting/SKILL.md", "greeting", "SKILL.md file must be exactly in the top-level folder."),
            ("hi/SKILL.md", "greeting", "The folder name 'hi' must match the skill name 'greeting' in SKILL.md."),
        ],
    )
    def test_in_the_beta_stand_in_a_folder_called_as_the_skill(
        self, client: StorageClient, path: str, name: str, message: str
    ) -> None:
        said = client.post("/v1/skills", [skill_file(name, path=path)], SKILLS_BETA)
        assert said.error == (400, "invalid_request_error", message)

    def test_need_files(self, client: StorageClient) -> None:
        for parts in ([("display_name", "x")], [("files", skill_file()[1])], [("files[]", "text")]):
            said = client.post("/v1/skills", parts)
            assert said.error == (400, "invalid_request_error", "files[]: Field required")
        said = client.post("/v1/skills", [("display_title", "x")], SKILLS_BETA)
        assert said.error[2] == "No files provided. Please provide files using 'files[]' field."

    def test_pass_over_other_fields(self, client: StorageClient) -> None:
        assert client.post("/v1/skills", [("files[][]", "stray"), ("x", "y"), skill_file()]).status == 200

    @pytest.mark.parametrize(
        "paths",
        [
            ["a/SKILL.md", "b/x"],
            ["x/y"],
            ["greeting/SKILL.md", "greeting/../x"],
            ["greeting/SKILL.md", "/greeting/x"],
            ["greeting/SKILL.md", "greeting//x"],
            ["greeting/SKILL.md", "greeting/a:b"],
            ["greeting/SKILL.md", "greeting/SKILL.md"],
            ["greeting/SKILL.md", "greeting/"],
        ],
    )
    def test_with_other_paths_are_refused(self, client: StorageClient, paths: list[str]) -> None:
        said = client.post("/v1/skills", [skill_file(path=path) for path in paths])
        assert said.error[:2] == (400, "invalid_request_error")

    @pytest.mark.parametrize(
        "content",
        [
            b"# Hello\n",
            b"---\nname: greeting\n",
            b"---\n---\n",
            b"---\n- a\n---\n",
            b"---\na: [\n---\n",
            b"---\na: " + b"[" * 5000 + b"\n---\n",
            b"---\na: 2024-13-45\n---\n",
            b"---\n\xff: x\n---\n",
            b"---\nname: Greeting\ndescription: x\n---\n",
            b"---\nname: " + b"x" * 65 + b"\ndescription: x\n---\n",
            b"---\nname: <b>hi</b>\ndescription: x\n---\n",
            b"---\nname: my-claude-skill\ndescription: x\n---\n",
            b"---\nname: anthropic\ndescription: x\n---\n",
            b"---\nname: greeting\n---\n",
            b"---\nname: greeting\ndescription: ''\n---\n",
            b"---\nname: greeting\ndescription: 5\n---\n",
            b"---\nname: greeting\ndescription: " + b"x" * 1025 + b"\n---\n",
            b"---\nname: greeting\ndescription: use <b>bold</b>\n---\n",
            b"---\nname: greeting\ndescription: x\npadding: " + b"x" * 20_000 + b"\n---\n",
        ],
    )
    def test_with_frontmatter_against_the_rules_are_refused(self, client: StorageClient, content: bytes) -> None:
        for header in ((), (SKILLS_BETA,)):
            said = client.post("/v1/skills", [skill_file(content=content)], *header)
            assert said.error[:2] == (400, "invalid_request_error")
            assert "SKILL.md" in said.error[2]

    @pytest.mark.parametrize(
        "content",
        [
            b"\xef\xbb\xbf---\r\nname: greeting\r\ndescription: a < b, c > d\r\n---\r\n",
            b"--- \nname: greeting\ndescription: |\n  Two\n  lines\n---",
            b"---\nname: greeting\ndescription: " + "ü".encode() * 1024 + b"\nallowed-tools: [a]\n---\n---\n",
        ],
    )
    def test_with_unusual_frontmatter_are_taken(self, client: StorageClient, content: bytes) -> None:
        assert client.post("/v1/skills", [skill_file(content=content)]).status == 200

    def test_that_are_broken_archives_are_refused(self, client: StorageClient) -> None:
        whole = render_zip({"greeting/SKILL.md": render_skill_md()})
        for packed in (whole[:40], b"PK\x03\x04" + b"\0" * 99, whole.replace(b"Hello", b"Jello")):
            said = client.post("/v1/skills", [("files[]", ("a.zip", packed, "application/zip"))])
            assert said.error[2] == "The archive is not a zip file that can be read."

    def test_over_thirty_megabytes_unpacked_are_refused(self, client: StorageClient) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("greeting/SKILL.md", render_skill_md())
            archive.writestr("greeting/zeros", bytes(30 * 1024 * 1024))
        assert len(packed.getvalue()) < 100_000
        said = client.post("/v1/skills", [("files[]", ("a.zip", packed.getvalue(), "application/zip"))])
        assert said.error[:2] == (400, "invalid_request_error")
        large = skill_file(path="greeting/zeros", content=bytes(30 * 1024 * 1024))
        assert client.post("/v1/skills", [skill_file(), large]).error == said.error


class TestVersions:
    def test_a_new_one_is_the_latest(self, client: StorageClient) -> None:
        skill = client.create_skill()
        version = add_version(client, skill["id"])
        after = client.get(f"/v1/skills/{skill['id']}").json
        assert after["latest_version_id"] == version["id"] != skill["latest_version_id"]
        assert after["updated_at"] == version["created_at"] > skill["updated_at"]
        assert client.get(f"/v1/skills/{skill['id']}/versions/latest").json == version

    def test_keep_the_skills_name(self, client: StorageClient) -> None:
        skill = client.create_skill()
        said = client.post(f"/v1/skills/{skill['id']}/versions", [skill_file("farewell")])
        assert said.error[2] == (
            "Skill name 'farewell' in SKILL.md must be consistent across all versions for a given `skill_id`. "
            "Expected 'greeting'."
        )

    def test_of_one_moment_are_told_apart(self, client: StorageClient) -> None:
        skill = client.create_skill(SKILLS_BETA)
        path = f"/v1/skills/{skill['id']}/versions"
        numbers = [client.post(path, [skill_file()], SKILLS_BETA).json["version"] for _ in range(3)]
        assert [int(number) - int(skill["latest_version"]) for number in numbers] == [1, 2, 3]

    def test_are_listed_newest_first_but_in_the_beta(self, client: StorageClient) -> None:
        skill = client.create_skill()
        ids = [skill["latest_version_id"], *(add_version(client, skill["id"])["id"] for _ in range(3))]
        path = f"/v1/skills/{skill['id']}/versions"
        first = client.get(f"{path}?limit=3")
        assert list_ids(first) == ids[:0:-1]
        second = client.get(f"{path}?limit=3&page={first.json['next_page']}")
        assert (list_ids(second), second.json) == ([ids[0]], {"data": second.json["data"], "next_page": None})
        beta = client.get(f"{path}?limit=3", SKILLS_BETA)
        assert [item["id"].rpartition("_")[2] for item in beta.json["data"]] == [
            i.rpartition("_")[2] for i in ids[:3]
        ]
        assert beta.json["has_more"]
        assert client.get(f"{path}?page={beta.json['next_page']}").error[2] == "page is not a valid page token."

    def test_are_addressed_by_id_or_as_the_latest(self, client: StorageClient) -> None:
        skill = client.create_skill()
        path = f"/v1/skills/{skill['id']}/versions"
        code = skill["latest_version_id"].removeprefix("skver_")
        assert client.get(f"{path}/skver_{code}").json == client.get(f"{path}/skill_version_{code}").json
        number = client.get(path, SKILLS_BETA).json["data"][0]["version"]
        for slot in (number, f"skillver_{code}", "newest"):
            assert client.get(f"{path}/{slot}").error == (
                400,
                "invalid_request_error",
                f"Invalid version id: '{slot}'",
            )
        assert client.get(f"{path}/skver_gone").error == (
            404,
            "not_found_error",
            "Skill version not found: skver_gone",
        )

    def test_are_addressed_by_number_in_the_beta(self, client: StorageClient) -> None:
        skill = client.create_skill()
        path = f"/v1/skills/{skill['id']}/versions"
        for slot in (skill["latest_version_id"], "latest"):
            assert client.get(f"{path}/{slot}", SKILLS_BETA).error[2] == (
                f"Invalid version format: '{slot}'. Version must be a numeric timestamp (e.g., '1759178010641129')."
            )
        assert client.get(f"{path}/1", SKILLS_BETA).status == 404

    def test_latest_is_for_reading_only(self, client: StorageClient) -> None:
        path = f"/v1/skills/{client.create_skill()['id']}/versions/latest"
        assert client.delete(path).error[2].startswith("'latest' is not accepted when deleting a skill version.")
        said = client.get(f"{path}/content")
        assert said.error[2].startswith("'latest' is not accepted when downloading a skill version.")

    def test_content_is_found_by_number_too(self, client: StorageClient) -> None:
        skill = client.create_skill()
        path = f"/v1/skills/{skill['id']}/versions"
        number = client.get(path, SKILLS_BETA).json["data"][0]["version"]
        by_id = client.get(f"{path}/{skill['latest_version_id']}/content").content
        assert client.get(f"{path}/{number}/content").content == by_id
        assert client.get(f"{path}/{number}/content", SKILLS_BETA).content == by_id


class TestDeleting:
    def test_a_skill_takes_its_versions_along(self, client: StorageClient) -> None:
        skill = client.create_skill()
        add_version(client, skill["id"])
        path = f"/v1/skills/{skill['id']}"
        assert client.delete(path).json == {"id": skill["id"], "type": "skill_deleted"}
        for gone in (path, f"{path}/versions", f"{path}/versions/latest"):
            assert client.get(gone).error == (404, "not_found_error", f"Skill not found: {skill['id']}")
        assert client.delete(path).status == 404

    def test_a_skill_with_versions_is_refused_in_the_beta(self, client: StorageClient) -> None:
        skill = client.create_skill(SKILLS_BETA)
        path = f"/v1/skills/{skill['id']}"
        said = client.delete(path, SKILLS_BETA)
        assert said.error[2] == "Cannot delete skill with existing versions. Delete all versions first."
        version = skill["latest_version"]
        said = client.delete(f"{path}/versions/{version}", SKILLS_BETA)
        assert said.json == {"id": version, "type": "skill_version_deleted"}
        assert client.get(path, SKILLS_BETA).json["latest_version"] is None
        assert client.get(path).status == 400
        assert skill["id"] not in list_ids(client.get("/v1/skills"))
        assert skill["id"] in list_ids(client.get("/v1/skills", SKILLS_BETA))
        assert client.delete(path, SKILLS_BETA).status == 200

    def test_the_only_version_is_refused(self, client: StorageClient) -> None:
        skill = client.create_skill()
        path = f"/v1/skills/{skill['id']}/versions"
        assert client.delete(f"{path}/{skill['latest_version_id']}").error[2] == (
            "cannot delete a Skill's only version. Delete the Skill, or create another version first"
        )
        newer = add_version(client, skill["id"])
        said = client.delete(f"{path}/{newer['id']}")
        assert said.json == {"id": newer["id"], "type": "skill_version_deleted"}
        after = client.get(f"/v1/skills/{skill['id']}").json
        assert after["latest_version_id"] == skill["latest_version_id"]
        assert client.get(f"{path}/{newer['id']}/content").status == 404


class TestList:
    def test_has_anthropics_own_behind_the_newer_ones(self, client: StorageClient) -> None:
        client.now = 1_770_000_000
        ids = [client.create_skill()["id"] for _ in range(2)]
        said = client.get("/v1/skills")
        assert list_ids(said) == [*ids[::-1], "xlsx", "pptx", "pdf", "docx"]
        assert said.json["next_page"] is None
        assert "has_more" not in said.json
        assert client.get("/v1/skills", SKILLS_BETA).json["has_more"] is False

    def test_is_filtered_by_source(self, client: StorageClient) -> None:
        skill_id = client.create_skill()["id"]
        assert list_ids(client.get("/v1/skills?source=custom")) == [skill_id]
        assert list_ids(client.get("/v1/skills?source=anthropic")) == ["xlsx", "pptx", "pdf", "docx"]
        assert client.get("/v1/skills?source=plugin").error[2] == "source must be one of custom, anthropic"

    def test_comes_in_pages(self, client: StorageClient) -> None:
        first = client.get("/v1/skills?limit=3")
        second = client.get(f"/v1/skills?limit=3&page={first.json['next_page']}")
        assert [list_ids(first), list_ids(second)] == [["xlsx", "pptx", "pdf"], ["docx"]]
        assert client.get(f"/v1/skills?page={first.json['next_page']}", SKILLS_BETA).status == 400

    @pytest.mark.parametrize("limit", ["0", "1001", "-1"])
    def test_refuses_limits_out_of_bounds(self, client: StorageClient, limit: str) -> None:
        assert client.get(f"/v1/skills?limit={limit}").error[2] == "limit must be between 1 and 1000"

    def test_has_at_most_a_hundred_in_the_beta(self, client: StorageClient) -> None:
        assert client.get("/v1/skills?limit=100", SKILLS_BETA).status == 200
        assert client.get("/v1/skills?limit=101", SKILLS_BETA).status == 400


class TestBuiltIn:
    def test_skills_are_anthropics(self, client: StorageClient) -> None:
        skill = client.get("/v1/skills/pptx").json
        assert (skill["source"], skill["display_name"]) == ({"type": "anthropic"}, "PowerPoint")
        beta = client.get("/v1/skills/pptx", SKILLS_BETA).json
        assert (beta["source"], beta["latest_version"]) == ("anthropic", "20251013")
        version = client.get(f"/v1/skills/pptx/versions/{skill['latest_version_id']}").json
        assert version == client.get("/v1/skills/pptx/versions/latest").json
        assert version["name"] == "pptx"
        assert client.get("/v1/skills/pptx/versions/20251013", SKILLS_BETA).status == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("DELETE", "/v1/skills/xlsx"),
            ("POST", "/v1/skills/xlsx/versions"),
            ("DELETE", "/v1/skills/xlsx/versions/20251013"),
            ("GET", "/v1/skills/xlsx/versions/20251013/content"),
        ],
    )
    def test_skills_are_read_only(self, client: StorageClient, method: str, path: str) -> None:
        assert client.ask(method, path).error[:2] == (403, "permission_error")


@pytest.mark.parametrize("skill_id", [NOT_THERE, "skill_", "skill_..", "no-skill", "PPTX"])
def test_a_skill_that_is_not_there_is_not_found(client: StorageClient, skill_id: str) -> None:
    client.create_skill()
    for path in ("", "/versions", "/versions/latest", "/versions/latest/content"):
        said = client.get(f"/v1/skills/{skill_id}{path}")
        assert said.error == (404, "not_found_error", f"Skill not found: {skill_id}")


def test_a_skill_is_its_resources_own_and_outlives_a_restart(client: StorageClient) -> None:
    skill = client.create_skill()
    client.storage = client.open()
    assert client.get(f"/v1/skills/{skill['id']}").json == skill
    client.resource_id = "second-resource"
    assert client.get(f"/v1/skills/{skill['id']}").status == 404
    assert client.delete(f"/v1/skills/{skill['id']}").status == 404
