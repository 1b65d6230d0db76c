"""The admin API: scripts, the journal of requests, the verdict, over HTTP and without any of it.

Whoever calls has been found to be the administrator before. Errors are `{"error": {"code", "message"}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qsl

import msgspec

from ingate.simulator.incoming import Header
from ingate.simulator.json_value import JsonObject
from ingate.simulator.scripting.problems import ScriptError
from ingate.simulator.scripting.request_journal import JournalEntry, RequestJournal
from ingate.simulator.scripting.rule_counters import RuleCount, RuleCounters
from ingate.simulator.scripting.session_scripts import SessionScripts
from ingate.simulator.scripting.verdict import Finding, decide_verdict
from ingate.simulator.scripting.yaml_tree import MOST_CHARACTERS

DEFAULT_LIMIT = 100
MOST_LIMIT = 1_000
_PARAMETERS = frozenset({"session", "limit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminAnswer:
    status: int
    headers: tuple[Header, ...]
    body: bytes


class Administered(Protocol):
    """What is administered: the scripted simulator."""

    @property
    def scripts(self) -> SessionScripts: ...
    @property
    def journal(self) -> RequestJournal: ...
    def reset(self, session: str) -> None: ...
    def get_counters(self, session: str) -> RuleCounters: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminCall:
    parameters: Mapping[str, str]
    body: bytes

    @property
    def session(self) -> str:
        return self.parameters.get("session", "")


class Administration:
    def __init__(self, administered: Administered) -> None:
        self._administered = administered
        self._routes: Mapping[str, Mapping[str, Callable[[AdminCall], AdminAnswer]]] = {
            "script": {"GET": self._get_script, "PUT": self._put_script, "DELETE": self._delete_script},
            "requests": {"GET": self._list_requests, "DELETE": self._delete_requests},
            "verdict": {"GET": self._get_verdict},
            "reset": {"POST": self._reset},
        }

    def administer(self, method: bytes, path: bytes, query: bytes, body: bytes) -> AdminAnswer:
        name = path.decode("latin-1").strip("/")
        route = self._routes.get(name)
        if route is None:
            return refuse(404, "not_found", f"There is no '{name}' here: only {', '.join(self._routes)}")
        verb = method.decode("latin-1").upper()
        handle = route.get(verb)
        if handle is None:
            allowed = ", ".join(route)
            message = f"{verb} is not allowed on '{name}': only {allowed}"
            return refuse(405, "method_not_allowed", message, (b"allow", allowed.encode()))
        try:
            parameters = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=20))
        except (UnicodeDecodeError, ValueError):
            return refuse(400, "query_invalid", "The query string cannot be read")
        unknown = sorted(parameters.keys() - _PARAMETERS)
        if unknown:
            return refuse(400, "query_invalid", f"There is no parameter '{unknown[0]}': only session and limit")
        return handle(AdminCall(parameters=parameters, body=body))

    def _get_script(self, call: AdminCall) -> AdminAnswer:
        scripts = self._administered.scripts
        script = scripts.get(call.session)
        counts = self._administered.get_counters(call.session).counts
        file = scripts.file
        return answer(
            {
                "session": call.session,
                "source_name": script.source_name,
                "text": script.text,
                "rules": [render_rule(rule.name, counts.get(rule.name)) for rule in script.rules],
                "error": None if file is None or file.error is None else render_script_error(file.error),
            }
        )

    def _put_script(self, call: AdminCall) -> AdminAnswer:
        if len(call.body) > MOST_CHARACTERS:
            return refuse(413, "script_too_large", f"A script has at most {MOST_CHARACTERS} bytes")
        try:
            text = call.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return refuse(400, "script_invalid", "The script is not UTF-8")
        try:
            self._administered.scripts.put(call.session, text, "script")
        except ScriptError as error:
            return answer({"error": render_script_error(error)}, status=400)
        return self._get_script(call)

    def _delete_script(self, call: AdminCall) -> AdminAnswer:
        self._administered.scripts.delete(call.session)
        return nothing()

    def _list_requests(self, call: AdminCall) -> AdminAnswer:
        text = call.parameters.get("limit", str(DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_LIMIT):
            return refuse(400, "query_invalid", f"limit has to be a whole number from 1 to {MOST_LIMIT}")
        journal = self._administered.journal
        entries = journal.list_entries(call.session)[-int(text) :]
        return answer({"requests": [render_entry(entry) for entry in entries], "dropped": journal.dropped})

    def _delete_requests(self, call: AdminCall) -> AdminAnswer:
        self._administered.journal.delete(call.session)
        return nothing()

    def _get_verdict(self, call: AdminCall) -> AdminAnswer:
        journal = self._administered.journal
        verdict = decide_verdict(journal.list_entries(call.session))
        return answer(
            {
                "ok": verdict.is_ok,
                "findings": [render_finding(finding) for finding in verdict.findings],
                "notes": [render_finding(note) for note in verdict.notes],
                "dropped": journal.dropped,
            }
        )

    def _reset(self, call: AdminCall) -> AdminAnswer:
        self._administered.reset(call.session)
        return nothing()


def answer(value: JsonObject, *, status: int = 200) -> AdminAnswer:
    content = msgspec.json.encode(value)
    return AdminAnswer(status=status, headers=((b"content-type", b"application/json"),), body=content)


def nothing() -> AdminAnswer:
    return AdminAnswer(status=204, headers=(), body=b"")


def refuse(status: int, code: str, message: str, *headers: Header) -> AdminAnswer:
    refusal = answer({"error": {"code": code, "message": message}}, status=status)
    return AdminAnswer(status=status, headers=(*refusal.headers, *headers), body=refusal.body)


def render_script_error(error: ScriptError) -> JsonObject:
    return {
        "code": "script_invalid",
        "message": error.message,
        "line": error.line,
        "column": error.column,
        "problems": [
            {"message": problem.message, "line": problem.line, "column": problem.column} for problem in error.problems
        ],
    }


def render_rule(name: str, count: RuleCount | None) -> JsonObject:
    return {
        "name": name,
        "matched": 0 if count is None else count.matched,
        "answered": 0 if count is None else count.answered,
    }


def render_entry(entry: JournalEntry) -> JsonObject:
    request = entry.request
    return {
        "number": entry.number,
        "time": datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "session": entry.session,
        "deployment_name": request.served_as.deployment_name,
        "method": request.method.decode("latin-1"),
        "path": request.path.decode("latin-1"),
        "headers": dict(entry.headers),
        "body": render_body(request.body),
        "status": entry.status,
        "ending": entry.ending,
        "rule": entry.rule,
        "near_misses": [{"rule": miss.rule, "failed": list(miss.failed)} for miss in entry.near_misses],
        "answered_by": entry.answered_by,
    }


def render_body(body: bytes) -> object:
    """JSON as it came, anything else as a text."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")
    return msgspec.Raw(body)


def render_finding(finding: Finding) -> JsonObject:
    return {
        "kind": finding.kind,
        "message": finding.message,
        "requests": list(finding.requests),
        "session": finding.session,
    }
