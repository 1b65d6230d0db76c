"""What `/v1/files` answers, in the shapes of both ages.

https://platform.claude.com/docs/en/build-with-claude/files
"""

from __future__ import annotations

import pytest
from tests.support.storage_client import FILES_BETA, FORM, Said, StorageClient

DAY = 24 * 3600


def list_ids(said: Said) -> list[str]:
    assert said.status == 200, said.content
    return [file["id"] for file in said.json["data"]]


class TestUpload:
    def test_says_what_was_kept(self, client: StorageClient) -> None:
        said = client.post("/v1/files?beta=true", [("file", ("report.pdf", b"%PDF-1.7", "application/pdf"))])
        assert (said.status, said.headers["content-type"]) == (200, "application/json")
        assert said.json == {
            "type": "file",
            "id": "file_010000000000000000000001",
            "created_at": "2025-06-15T15:06:40.250000Z",
            "filename": "report.pdf",
            "mime_type": "application/pdf",
            "size_bytes": 8,
            "downloadable": False,
            "expires_at": None,
        }

    def test_in_the_beta_knows_no_expiry(self, client: StorageClient) -> None:
        parts = [("file", ("a.txt", b"a", "text/plain")), ("expires_in_seconds", "3600")]
        said = client.post("/v1/files", parts, FILES_BETA)
        assert "expires_at" not in said.json
        assert client.get(f"/v1/files/{said.json['id']}").json["expires_at"] is None

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("report.pdf", "report.pdf"),
            ("a/b/report.pdf", "report.pdf"),
            ("C:\\\\reports\\\\report.pdf", "report.pdf"),
            ("", "unnamed.pdf"),
            ("x" * 255, "x" * 255),
            ("äöü 你好.pdf", "äöü 你好.pdf"),
        ],
    )
    def test_keeps_the_last_component_of_a_name(self, client: StorageClient, sent: str, kept: str) -> None:
        assert client.post("/v1/files", [("file", (sent, b"", "application/pdf"))]).json["filename"] == kept

    @pytest.mark.parametrize("name", ["x" * 256, *[f"a{c}b" for c in "<>:|?*\x01\x1f"], "a%22b"])
    def test_refuses_names_that_are_too_long_or_hold_what_is_forbidden(
        self, client: StorageClient, name: str
    ) -> None:
        for header in ((), (FILES_BETA,)):
            said = client.post("/v1/files", [("file", (name, b"x", "text/plain"))], *header)
            assert said.error[:2] == (400, "invalid_request_error")
            assert "filename" in said.error[2]

    @pytest.mark.parametrize("name", ["a/b.txt", ""])
    def test_in_the_beta_takes_names_as_they_are(self, client: StorageClient, name: str) -> None:
        said = client.post("/v1/files", [("file", (name, b"x", "text/plain"))], FILES_BETA)
        assert said.status == 400

    @pytest.mark.parametrize(
        ("filename", "content", "media_type"),
        [
            ("a", b"%PDF-1.4", "application/pdf"),
            ("a", b"\x89PNG\r\n\x1a\n", "image/png"),
            ("a", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("a.csv", b"a,b", "text/csv"),
            ("a", b"some text", "text/plain"),
            ("a", "ü".encode() * 64 * 1024, "text/plain"),
            ("a", b"x" + "ü".encode() * 64 * 1024, "text/plain"),
            ("a", b"\xff\xfe\0", "application/octet-stream"),
            ("a", b"a\0b", "application/octet-stream"),
            ("a.tar.gz", b"\x1f\x8b", "application/octet-stream"),
        ],
    )
    def test_detects_a_type_that_was_not_sent(
        self, client: StorageClient, filename: str, content: bytes, media_type: str
    ) -> None:
        parts = [("file", (filename, content, None))]
        assert client.post("/v1/files", parts).json["mime_type"] == media_type
        assert client.post("/v1/files", parts, FILES_BETA).status == 400

    @pytest.mark.parametrize("media_type", ["text", "text/plain, x\x7f", "a/" + "b" * 254])
    def test_refuses_what_is_no_media_type(self, client: StorageClient, media_type: str) -> None:
        assert client.post("/v1/files", [("file", ("a", b"", media_type))]).status == 400

    @pytest.mark.parametrize(
        ("seconds", "message"),
        [
            ("3599", "expires_in_seconds: Input should be greater than or equal to 3600"),
            ("7776001", "expires_in_seconds: Input should be less than or equal to 7776000"),
            ("9" * 5000, "expires_in_seconds: Input should be less than or equal to 7776000"),
            (
                "soon",
                "expires_in_seconds: Input should be a valid integer, unable to parse string as an integer",
            ),
        ],
    )
    def test_refuses_an_expiry_out_of_bounds(self, client: StorageClient, seconds: str, message: str) -> None:
        said = client.post("/v1/files", [("file", ("a", b"", "a/b")), ("expires_in_seconds", seconds)])
        assert said.error == (400, "invalid_request_error", message)

    def test_needs_a_file(self, client: StorageClient) -> None:
        said = client.post("/v1/files", [("document", ("a", b"", "text/plain"))])
        assert said.error == (400, "invalid_request_error", "file: Field required")
        assert client.post("/v1/files", [("file", "text")], FILES_BETA).error[2] == "file: Field required"

    def test_needs_a_form(self, client: StorageClient) -> None:
        assert client.ask("POST", "/v1/files", b"{}", [(b"content-type", b"application/json")]).status == 400
        assert client.ask("POST", "/v1/files", b"", [FORM]).status == 400

    def test_over_a_files_limit_is_too_large(self, client: StorageClient) -> None:
        client.storage.files.file_bytes = 3
        said = client.post("/v1/files", [("file", ("a", b"abcd", "text/plain"))])
        assert said.error == (413, "request_too_large", "Request exceeds the maximum allowed number of bytes.")


class TestStorageLimit:
    def test_counts_what_is_there_now(self, tmp_path: object, client: StorageClient) -> None:
        client.total_bytes = 10
        client.storage = client.open()
        first = client.upload(content=b"x" * 6)
        said = client.post("/v1/files", [("file", ("a", b"y" * 5, "text/plain"))])
        assert said.error[:2] == (400, "invalid_request_error")
        assert said.json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
        client.upload(content=b"y" * 4)
        client.delete(f"/v1/files/{first}")
        client.upload(content=b"z" * 6)

    def test_is_each_resources_own(self, client: StorageClient) -> None:
        client.total_bytes = 10
        client.storage = client.open()
        client.upload(content=b"x" * 10)
        client.resource_id = "second-resource"
        client.upload(content=b"x" * 10)


class TestGet:
    def test_shows_the_same_as_the_upload(self, client: StorageClient) -> None:
        uploaded = client.post("/v1/files", [("file", ("a", b"", "text/plain"))]).json
        assert client.get(f"/v1/files/{uploaded['id']}").json == uploaded

    @pytest.mark.parametrize("file_id", ["file_011CNha8iCJcU1wXNR6q4V8w", "file_", "x", "file_..", "nothing-like-it"])
    @pytest.mark.parametrize("suffix", ["", "/content"])
    def test_a_file_that_is_not_there_is_not_found(self, client: StorageClient, file_id: str, suffix: str) -> None:
        client.upload()
        path = f"/v1/files/{file_id}{suffix}"
        assert client.get(path).error == (404, "not_found_error", f"File `{file_id}` not found.")
        assert client.get(path, FILES_BETA).error == (404, "not_found_error", f"File not found: {file_id}")

    def test_nor_is_another_resources(self, client: StorageClient) -> None:
        file_id = client.upload()
        client.resource_id = "second-resource"
        assert client.get(f"/v1/files/{file_id}").status == 404
        assert client.delete(f"/v1/files/{file_id}").status == 404
        client.resource_id = "EXAMPLE-resource"
        assert client.get(f"/v1/files/{file_id}").status == 200


class TestDownload:
    def test_of_an_uploaded_file_is_refused(self, client: StorageClient) -> None:
        said = client.get(f"/v1/files/{client.upload()}/content")
        assert said.error == (400, "invalid_request_error", "File is not downloadable")
        assert said.json["error"]["details"] == {"error_code": "file_not_downloadable"}

    @pytest.mark.parametrize("size", [0, 1, 64 * 1024, 200_001])
    def test_of_what_a_tool_made_gives_its_bytes(self, client: StorageClient, size: int) -> None:
        content = bytes(range(256)) * (size // 256 + 1)
        made = client.storage.files.create(
            "example-resource",
            filename="plot ü.png",
            mime_type="image/png",
            content=content[:size],
            downloadable=True,
        )
        said = client.get(f"/v1/files/{getattr(made, 'file_id', None)}/content")
        assert (said.status, said.content) == (200, content[:size])
        assert said.headers["content-type"] == "image/png"
        assert said.headers["content-disposition"] == "attachment; filename*=utf-8''plot%20%C3%BC.png"


class TestDelete:
    def test_takes_the_file_away(self, client: StorageClient) -> None:
        file_id = client.upload()
        assert client.delete(f"/v1/files/{file_id}").json == {"id": file_id, "type": "file_deleted"}
        assert client.get(f"/v1/files/{file_id}").status == 404
        assert client.delete(f"/v1/files/{file_id}").error == (404, "not_found_error", f"File `{file_id}` not found.")


class TestExpiry:
    def upload(self, client: StorageClient) -> str:
        parts = [("file", ("a", b"x", "text/plain")), ("expires_in_seconds", "3600")]
        said = client.post("/v1/files", parts)
        assert said.json["expires_at"] == "2025-06-15T16:06:40.250000Z"
        return said.json["id"]

    def test_content_goes_and_what_is_known_stays_for_thirty_days(self, client: StorageClient) -> None:
        file_id = self.upload(client)
        client.now += 3600
        gone = client.get(f"/v1/files/{file_id}/content")
        assert gone.error[:2] == (404, "not_found_error")
        assert gone.json["error"]["details"] == {"error_code": "file_expired"}
        assert client.storage.files.read_content("example-resource", file_id) is None
        client.now += 29 * DAY
        assert client.get(f"/v1/files/{file_id}").status == 200
        assert list_ids(client.get("/v1/files")) == [file_id]
        client.now += DAY
        assert client.get(f"/v1/files/{file_id}").status == 404
        assert list_ids(client.get("/v1/files")) == []

    def test_an_expired_file_can_be_deleted(self, client: StorageClient) -> None:
        file_id = self.upload(client)
        client.now += 3600
        assert client.delete(f"/v1/files/{file_id}").status == 200
        assert client.get(f"/v1/files/{file_id}").status == 404


class TestList:
    def test_has_the_newest_first(self, client: StorageClient) -> None:
        assert client.get("/v1/files").json == {"data": [], "next_page": None}
        ids = [client.upload() for _ in range(3)]
        assert list_ids(client.get("/v1/files")) == ids[::-1]

    def test_goes_on_where_a_page_ended_even_when_that_file_is_gone(self, client: StorageClient) -> None:
        ids = [client.upload() for _ in range(5)][::-1]
        first = client.get("/v1/files?limit=2&beta=true")
        assert list_ids(first) == ids[:2]
        client.delete(f"/v1/files/{ids[1]}")
        newer = client.upload()
        second = client.get(f"/v1/files?limit=2&page={first.json['next_page']}")
        assert list_ids(second) == ids[2:4]
        third = client.get(f"/v1/files?limit=2&page={second.json['next_page']}")
        assert (list_ids(third), third.json["next_page"]) == (ids[4:], None)
        assert newer not in ids

    def test_has_twenty_unless_told_otherwise(self, client: StorageClient) -> None:
        for _ in range(21):
            client.upload()
        page = client.get("/v1/files")
        assert (len(list_ids(page)), page.json["next_page"][:5]) == (20, "page_")
        assert len(list_ids(client.get("/v1/files?limit=1000"))) == 21

    def test_takes_ids_in_place_of_pages(self, client: StorageClient) -> None:
        ids = [client.upload() for _ in range(3)]
        for name in ("ids[]", "ids%5B%5D", "ids"):
            said = client.get(f"/v1/files?{name}={ids[0]}&{name}={ids[2]}&{name}=file_gone")
            assert (list_ids(said), said.json["next_page"]) == ([ids[2], ids[0]], None)
        assert client.get(f"/v1/files?ids[]={ids[0]}&limit=1").status == 400
        assert client.get("/v1/files?" + "&".join(f"ids[]=file_{n}" for n in range(101))).status == 400

    def test_has_nothing_in_a_sessions_scope(self, client: StorageClient) -> None:
        client.upload()
        assert list_ids(client.get("/v1/files?scope_id=session_1")) == []

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("limit=0", "limit: Input should be greater than or equal to 1"),
            ("limit=1001", "limit: Input should be less than or equal to 1000"),
            ("limit=x", "limit: Input should be a valid integer, unable to parse string as an integer"),
            ("page=x", "page is not a valid page token."),
            ("page=page_x", "page is not a valid page token."),
            ("page=page_%FF", "page is not a valid page token."),
            ("before_id=file_1", "before_id and after_id are of the beta files-api-2025-04-14. Use page instead."),
        ],
    )
    def test_refuses_what_makes_no_page(self, client: StorageClient, query: str, message: str) -> None:
        assert client.get(f"/v1/files?{query}").error == (400, "invalid_request_error", message)

    def test_another_lists_token_is_none_of_its(self, client: StorageClient) -> None:
        client.create_skill()
        token = client.get("/v1/skills?limit=1").json["next_page"]
        assert client.get(f"/v1/files?page={token}").status == 400


class TestListInBeta:
    def ask(self, client: StorageClient, query: str) -> Said:
        return client.get(f"/v1/files?{query}", FILES_BETA)

    def test_tells_its_ends_and_whether_there_is_more(self, client: StorageClient) -> None:
        assert self.ask(client, "").json == {"data": [], "has_more": False, "first_id": None, "last_id": None}
        ids = [client.upload() for _ in range(5)][::-1]
        said = self.ask(client, "limit=2")
        assert list_ids(said) == ids[:2]
        assert (said.json["has_more"], said.json["first_id"], said.json["last_id"]) == (True, ids[0], ids[1])
        assert "expires_at" not in said.json["data"][0]

    @pytest.mark.parametrize(
        ("query", "expected", "has_more"),
        [
            ("after_id={1}&limit=2", [2, 3], True),
            ("after_id={3}&limit=2", [4], False),
            ("before_id={3}&limit=2", [1, 2], True),
            ("before_id={2}&limit=2", [0, 1], False),
            ("before_id={0}&limit=2", [], False),
        ],
    )
    def test_pages_lie_before_or_behind_a_file(
        self, client: StorageClient, query: str, expected: list[int], has_more: bool
    ) -> None:
        ids = [client.upload() for _ in range(5)][::-1]
        said = self.ask(client, query.format(*ids))
        assert ([ids.index(file_id) for file_id in list_ids(said)], said.json["has_more"]) == (expected, has_more)

    def test_refuses_two_cursors_and_one_that_is_nowhere(self, client: StorageClient) -> None:
        file_id = client.upload()
        assert self.ask(client, f"before_id={file_id}&after_id={file_id}").status == 400
        assert self.ask(client, "after_id=file_gone").error[2] == "File not found: file_gone"
