"""Simulated code execution: the blocks of each version of the tool, containers, code that calls client's tools."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.hosted_tools.conftest import CODE_EXECUTION, WEB_SEARCH, Act, Json, read_container, say

FIRST_VERSION = {"type": "code_execution_20250522", "name": "code_execution"}
FOR_CODE_ONLY: Json = {
    "name": "roll_die",
    "input_schema": {"type": "object"},
    "allowed_callers": ["code_execution_20250825"],
}


def run(act: Act, prompt: Any = "Add the sheep up.", **fields: Any) -> tuple[Any, Any]:
    activity = act(prompt, **{"tools": [CODE_EXECUTION], **fields})
    assert activity
    use, result = activity.blocks
    return use, result


def test_the_first_version_runs_python_in_one_kind_of_block(act: Act) -> None:
    use, result = run(act, tools=[FIRST_VERSION])
    assert (use["name"], list(use["input"])) == ("code_execution", ["code"])
    assert result["content"] == {
        "type": "code_execution_result",
        "stdout": "Simulated output: no code was run.\n",
        "stderr": "",
        "return_code": 0,
        "content": [],
    }


@pytest.mark.parametrize("version", ["20250825", "20260120", "20260521"])
def test_later_versions_run_a_shell(act: Act, version: str) -> None:
    use, result = run(act, tools=[{"type": f"code_execution_{version}", "name": "code_execution"}])
    assert (use["name"], use["input"]) == ("bash_code_execution", {"command": 'echo "simulated run 1"'})
    assert result["type"] == "bash_code_execution_tool_result"
    assert result["content"]["type"] == "bash_code_execution_result"


def test_a_prompt_that_wants_a_file_written_has_the_text_editor_used(act: Act) -> None:
    use, result = run(act, "Please write a file named sheep.txt")
    assert use["name"] == "text_editor_code_execution"
    assert use["input"] == {"command": "create", "path": "sheep.txt", "file_text": "This file is simulated.\n"}
    assert result["content"] == {"type": "text_editor_code_execution_create_result", "is_file_update": False}


def test_uploaded_files_are_listed(act: Act) -> None:
    uploaded = {"type": "container_upload", "file_id": "file_011abc"}
    use, result = run(act, [{"type": "text", "text": "Sum it."}, uploaded])
    assert use["input"] == {"command": 'ls "$INPUT_DIR"'}
    assert result["content"]["stdout"] == "Simulated output: no code was run.\nfile_011abc\n"


def test_a_new_container_has_an_id_of_its_own_and_never_expires(act: Act) -> None:
    activity = act(tools=[CODE_EXECUTION])
    assert activity
    container = read_container(activity.container)
    assert container.id.startswith("container_01")
    assert container.expires_at.year == 2099


def test_a_container_that_the_request_names_is_used_again(act: Act) -> None:
    activity = act(tools=[CODE_EXECUTION], container="container_mine")
    assert activity
    assert read_container(activity.container).id == "container_mine"


def test_skills_are_loaded_into_the_container(act: Act) -> None:
    skill = {"type": "anthropic", "skill_id": "xlsx", "version": "latest"}
    activity = act(tools=[CODE_EXECUTION], container={"skills": [skill]})
    assert activity
    [loaded] = read_container(activity.container).skills or []
    assert (loaded.skill_id, loaded.version) == ("xlsx", "latest")


def test_code_that_calls_a_tool_of_the_client_waits_for_its_result(act: Act) -> None:
    tools = [CODE_EXECUTION, FOR_CODE_ONLY]
    activity = act("Roll.", tools=tools)
    assert activity
    [use] = activity.blocks
    assert use["name"] == "code_execution"
    assert activity.found_tools == ("roll_die",)
    assert activity.caller == {"type": "code_execution_20250825", "tool_id": use["id"]}
    assert not activity.pauses

    call = {"type": "tool_use", "id": "toolu_1", "name": "roll_die", "input": {}, "caller": activity.caller}
    answered = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "six"}]}
    continued = act("Roll.", say(use, call), answered, tools=tools)
    assert continued
    [result] = continued.blocks
    assert (result["type"], result["tool_use_id"]) == ("code_execution_tool_result", use["id"])
    content: Any = result["content"]
    assert content["stdout"] == "Simulated output: no code was run.\nsix\n"
    assert continued.caller is None


def test_a_tool_that_the_model_may_call_itself_is_left_to_it(act: Act) -> None:
    activity = act(tools=[CODE_EXECUTION, FOR_CODE_ONLY | {"allowed_callers": ["direct", "code_execution_20250825"]}])
    assert activity
    assert activity.caller is None
    assert activity.found_tools == ()


FOR_CODE: Json = {**WEB_SEARCH, "type": "web_search_20260209", "allowed_callers": ["code_execution_20260120"]}


def test_a_web_search_that_only_code_may_make_is_made_by_code_whose_output_is_encrypted(act: Act) -> None:
    activity = act(tools=[FOR_CODE, CODE_EXECUTION])
    assert activity
    code, search, found, output = activity.blocks
    assert (code["name"], search["name"]) == ("code_execution", "web_search")
    caller = {"type": "code_execution_20260120", "tool_id": code["id"]}
    assert search["caller"] == found["caller"] == caller
    assert output["tool_use_id"] == code["id"]
    content: Any = output["content"]
    assert content["type"] == "encrypted_code_execution_result"
    assert activity.caller is None
    assert activity.container


def test_a_turn_that_pauses_within_code_goes_on_from_the_inside(act: Act) -> None:
    prompt = "Sheep, simulate pause_turn"
    paused = act(prompt, tools=[FOR_CODE, CODE_EXECUTION])
    assert paused
    assert paused.pauses
    code, search = paused.blocks
    continued = act(prompt, say(*paused.blocks), tools=[FOR_CODE, CODE_EXECUTION])
    assert continued
    assert [block["tool_use_id"] for block in continued.blocks] == [search["id"], code["id"]]
