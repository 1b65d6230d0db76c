"""`code_execution_*`: commands that are never run, in a container that does not exist.

The first version (20250522) runs Python in one block; from 20250825 on there is a shell and a text editor. Code that
calls the client's tools (`allowed_callers`) pauses at the call, and its output holds what the client answered.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.hosted_tools.hosted_tool import FAR_DATE, derive_id
from ingate.simulator.hosted_tools.turn import Turn, list_blocks
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

FIRST_VERSION = "code_execution_20250522"
OUTPUT = "Simulated output: no code was run.\n"
ERROR_CODES = frozenset({"invalid_tool_input", "unavailable", "too_many_requests", "execution_time_exceeded"})
_NAMES = frozenset({"code_execution", "bash_code_execution", "text_editor_code_execution"})
_CALLERS = {
    "code_execution_20250825": "code_execution_20250825",
    "code_execution_20260120": "code_execution_20260120",
    "code_execution_20260521": "code_execution_20260120",  # the SDK knows no later caller in answers
}
_WRITES_FILE = re.compile(r"\b(?:create|write|save|make)\b.{0,40}\bfile\b", re.IGNORECASE | re.DOTALL)
_FILE_NAME = re.compile(r"\b[\w-]{1,60}\.[A-Za-z]\w{0,5}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeExecution:
    tool: JsonObject

    @property
    def name(self) -> str:
        return "code_execution"

    @property
    def error_codes(self) -> frozenset[str]:
        return ERROR_CODES

    @property
    def max_uses(self) -> int | None:
        return None

    def is_own(self, use: JsonObject) -> bool:
        return use.get("type") == "server_tool_use" and get_string(use, "name") in _NAMES

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        called = find_tool_for_code(turn)
        if called is not None:
            return (compose_code(get_string(called, "name")),)
        if self.tool.get("type") == FIRST_VERSION:
            return (_use("code_execution", {"code": f'print("simulated run {ordinal + 1}")'}),)
        if _WRITES_FILE.search(turn.question):
            found = _FILE_NAME.search(turn.question)
            path = found.group() if found else "simulated.txt"
            text = "This file is simulated.\n"
            return (_use("text_editor_code_execution", {"command": "create", "path": path, "file_text": text}),)
        return (_use("bash_code_execution", {"command": self.compose_command(turn, ordinal)}),)

    def compose_command(self, turn: Turn, ordinal: int) -> str:
        if any(block.get("type") == "container_upload" for block in turn.opening):
            return 'ls "$INPUT_DIR"'
        return f'echo "simulated run {ordinal + 1}"'

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        name = get_string(use, "name")
        return {
            "type": f"{name}_tool_result",
            "tool_use_id": get_string(use, "id"),
            "content": {"type": f"{name}_tool_result_error", "error_code": error_code}
            if error_code
            else self.invent_result(turn, use, name),
        }

    def invent_result(self, turn: Turn, use: JsonObject, name: str) -> JsonObject:
        if name == "text_editor_code_execution":
            return {"type": "text_editor_code_execution_create_result", "is_file_update": False}
        if any(block.get("name") == "web_search" for block in list_calls(turn, use)):
            opaque = base64.b64encode(hashlib.shake_256(get_string(use, "id").encode()).digest(96)).decode()
            kind = "encrypted_code_execution_result"
            return {"type": kind, "encrypted_stdout": opaque, "stderr": "", "return_code": 0, "content": []}
        stdout = "".join(self.list_output(turn, use))
        return {"type": f"{name}_result", "stdout": stdout, "stderr": "", "return_code": 0, "content": []}

    def list_output(self, turn: Turn, use: JsonObject) -> Sequence[str]:
        """The uploaded files, and what the client's tools returned to this code."""
        lines = [OUTPUT]
        lines += [
            f"{get_string(block, 'file_id')}\n" for block in turn.opening if block.get("type") == "container_upload"
        ]
        calls = {get_string(block, "id") for block in list_calls(turn, use)}
        for result in turn.results:
            if get_string(result, "tool_use_id") in calls:
                lines += [get_string(block, "text") + "\n" for block in list_blocks(result)]
        return lines


def list_calls(turn: Turn, use: JsonObject) -> Sequence[JsonObject]:
    """What the code of this use called."""
    return [
        block
        for block in turn.said
        if is_object(caller := block.get("caller")) and caller.get("tool_id") == get_string(use, "id")
    ]


def compose_code(tool_name: str) -> JsonObject:
    """A use whose code calls this tool."""
    return _use("code_execution", {"code": f"result = await {tool_name}(...)\nprint(result)"})


def find_tool_for_code(turn: Turn) -> JsonObject | None:
    """The first of the client's tools that only code may call, if the client has not answered a call in this turn."""
    if turn.results:
        return None
    for tool in get_objects(turn.body.get("tools")):
        if "input_schema" in tool and find_only_caller(tool):
            return tool
    return None


def find_only_caller(tool: JsonObject) -> str:
    """The `type` of `caller` on a call by code; empty when the model itself may call the tool, or code may not."""
    callers = tool.get("allowed_callers")
    if not is_list(callers) or "direct" in callers:
        return ""
    return next((_CALLERS[str(name)] for name in callers if str(name) in _CALLERS), "")


def describe_container(turn: Turn, *, is_used: bool) -> JsonObject | None:
    """The container that the request names, or a new one when code is run."""
    asked = turn.body.get("container")
    given = asked if is_object(asked) else {}
    container_id = asked if isinstance(asked, str) else get_string(given, "id")
    if not is_used and not container_id:
        return None
    container_id = container_id or derive_id(turn.fingerprint, "container_", "container")
    container: JsonObject = {"id": container_id, "expires_at": FAR_DATE}
    skills = get_objects(given.get("skills"))
    if skills:
        container["skills"] = [
            {
                "type": get_string(skill, "type"),
                "skill_id": get_string(skill, "skill_id"),
                "version": get_string(skill, "version") or "latest",
            }
            for skill in skills
        ]
    return container


def _use(name: str, tool_input: JsonObject) -> JsonObject:
    return {"type": "server_tool_use", "name": name, "input": tool_input}
