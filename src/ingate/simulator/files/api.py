"""Answers requests to `/v1/files`.

There are two shapes of everything: with the header `anthropic-beta: files-api-2025-04-14`, the beta's; without, the
present one. https://platform.claude.com/docs/en/build-with-claude/files ("Migrate from ...") says how they differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingate.simulator.json_value import JsonObject
from ingate.simulator.storing.call import WRONG_PATH, Download, Outcome, StorageCall
from ingate.simulator.storing.listing import DEFAULT_LIMIT, get_one, list_page, parse_integer
from ingate.simulator.storing.moments import render_moment
from ingate.simulator.storing.problem import Problem, miss, refuse

from .store import FileStore, StorageFull, StoredFile
from .upload import parse_upload

BETA = "files-api-2025-04-14"
MOST_IDS = 100
MOST_PER_PAGE = 1000


class FilesApi:
    def __init__(self, store: FileStore) -> None:
        self._store = store

    def answer(self, call: StorageCall) -> Outcome:
        match call.method, call.segments:
            case b"POST", ():
                return self._create(call)
            case b"GET", ():
                return self._list_beta(call) if BETA in call.betas else self._list(call)
            case b"GET", (file_id,):
                file = self._find(call, file_id)
                return file if isinstance(file, Problem) else render_file(file, is_beta=BETA in call.betas)
            case b"DELETE", (file_id,):
                deleted = self._store.delete(call.resource_id, file_id)
                return {"id": file_id, "type": "file_deleted"} if deleted else _miss(call, file_id)
            case b"GET", (file_id, "content"):
                return self._download(call, file_id)
            case _:
                return WRONG_PATH

    def _create(self, call: StorageCall) -> Outcome:
        is_beta = BETA in call.betas
        upload = parse_upload(call.content_type, call.body, is_beta=is_beta, file_bytes=self._store.file_bytes)
        if isinstance(upload, Problem):
            return upload
        stored = self._store.create(
            call.resource_id,
            filename=upload.filename,
            mime_type=upload.mime_type,
            content=upload.content,
            expires_in_seconds=upload.expires_in_seconds,
        )
        if isinstance(stored, StorageFull):
            return refuse(
                f"The files of this resource would exceed {stored.total_bytes} bytes.", "storage_quota_exceeded"
            )
        return render_file(stored, is_beta=is_beta)

    def _find(self, call: StorageCall, file_id: str) -> StoredFile | Problem:
        return self._store.find(call.resource_id, file_id) or _miss(call, file_id)

    def _download(self, call: StorageCall, file_id: str) -> Outcome:
        file = self._find(call, file_id)
        if isinstance(file, Problem):
            return file
        if file.is_expired(self._store.now):
            return miss(f"File `{file_id}` has expired.", "file_expired")
        if not file.downloadable:
            return refuse("File is not downloadable", "file_not_downloadable")
        content = self._store.read_content(call.resource_id, file_id)
        if content is None:
            return _miss(call, file_id)
        return Download(content=content, media_type=file.mime_type, filename=file.filename)

    def _list(self, call: StorageCall) -> Outcome:
        query = call.query
        if "before_id" in query or "after_id" in query:
            return refuse("before_id and after_id are of the beta files-api-2025-04-14. Use page instead.")
        token, limit = get_one(query, "page"), _parse_limit(call)
        ids = {*query.get("ids[]", ()), *query.get("ids", ())}
        if isinstance(limit, Problem):
            return limit
        files = self._list_all(call)
        if ids:
            if len(ids) > MOST_IDS:
                return refuse(f"ids: List should have at most {MOST_IDS} items after validation, not {len(ids)}")
            if token is not None or "limit" in query:
                return refuse("ids cannot be combined with page or limit.")
            files, limit = [file for file in files if file.file_id in ids], MOST_IDS
        page = list_page(files, _get_place, of="files", token=token, limit=limit, newest_first=True)
        if isinstance(page, Problem):
            return page
        return {"data": [render_file(file, is_beta=False) for file in page.items], "next_page": page.next_page}

    def _list_beta(self, call: StorageCall) -> Outcome:
        """A page lies before or behind a file that has to be there."""
        limit = _parse_limit(call)
        if isinstance(limit, Problem):
            return limit
        before_id, after_id = get_one(call.query, "before_id"), get_one(call.query, "after_id")
        if before_id is not None and after_id is not None:
            return refuse("before_id and after_id cannot be combined.")
        files = sorted(self._list_all(call), key=_get_place, reverse=True)
        cursor_id = before_id or after_id
        if cursor_id is not None:
            position = next((index for index, file in enumerate(files) if file.file_id == cursor_id), None)
            if position is None:
                return _miss(call, cursor_id)
            files = files[:position] if before_id is not None else files[position + 1 :]
        page = files[-limit:] if before_id is not None else files[:limit]
        return {
            "data": [render_file(file, is_beta=True) for file in page],
            "has_more": len(files) > len(page),
            "first_id": page[0].file_id if page else None,
            "last_id": page[-1].file_id if page else None,
        }

    def _list_all(self, call: StorageCall) -> Sequence[StoredFile]:
        """No file here belongs to the scope of a session."""
        return [] if get_one(call.query, "scope_id") is not None else self._store.list(call.resource_id)


def render_file(file: StoredFile, *, is_beta: bool) -> JsonObject:
    shown: JsonObject = {
        "type": "file",
        "id": file.file_id,
        "created_at": render_moment(file.created_at),
        "filename": file.filename,
        "mime_type": file.mime_type,
        "size_bytes": file.size_bytes,
        "downloadable": file.downloadable,
    }
    if not is_beta:
        shown["expires_at"] = None if file.expires_at is None else render_moment(file.expires_at)
    return shown


def _get_place(file: StoredFile) -> tuple[int, str]:
    return file.place


def _parse_limit(call: StorageCall) -> int | Problem:
    text = get_one(call.query, "limit")
    limit = DEFAULT_LIMIT if text is None else parse_integer(text, "limit")
    if isinstance(limit, Problem):
        return limit
    if limit < 1:
        return refuse("limit: Input should be greater than or equal to 1")
    return refuse(f"limit: Input should be less than or equal to {MOST_PER_PAGE}") if limit > MOST_PER_PAGE else limit


def _miss(call: StorageCall, file_id: str) -> Problem:
    return miss(f"File not found: {file_id}" if BETA in call.betas else f"File `{file_id}` not found.")
