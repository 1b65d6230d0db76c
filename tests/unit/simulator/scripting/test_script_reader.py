"""Scripts that are wrong: every mistake is told, each with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingate.simulator.scripting.problems import ScriptError
from ingate.simulator.scripting.script_reader import load_script, parse_script


def list_problems(text: str, folder: Path | None = None) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        parse_script(text, source_name="scenario.yaml", folder=folder)
    return [str(problem) for problem in caught.value.problems]


def test_all_mistakes_are_told_at_once() -> None:
    assert list_problems(
        """\
version: 1
rulez: []
rules:
  - when: {texxt: a, turn: first}
    respond: {txt: hello}
  - name: rule 1
    probability: 1.5
"""
    ) == [
        "line 2, column 1: a script has no 'rulez': did you mean 'rules'?",
        "line 4, column 12: when has no 'texxt': did you mean 'text'?",
        "line 4, column 28: expected a whole number, not the string 'first'",
        "line 5, column 14: a response needs one of "
        "text, content, generate, error, raw_sse, raw_json, forward, fault",
        "line 5, column 15: a response has no 'txt': did you mean 'text'?",
        "line 6, column 5: a rule needs `respond` or `sequence`",
        "line 6, column 11: 'rule 1' is the name of a rule above",
        "line 7, column 18: can be at most 1, not 1.5",
    ]


def test_an_error_is_its_first_problem_and_prints_all() -> None:
    with pytest.raises(ScriptError) as caught:
        parse_script("version: 1\nseed: x\nvalidate: 1", source_name="my.yaml")
    error = caught.value
    assert (error.message, error.line, error.column) == ("expected a whole number, not the string 'x'", 2, 7)
    assert str(error).split("\n")[1] == "my.yaml: line 3, column 11: expected true or false, not 1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "line 1, column 1: a script has to be a mapping of version, seed"),
        ("seed: 1", "line 1, column 1: `version: 1` is missing"),
        ("version: 2", "line 1, column 10: the only version is 1, not 2"),
        ("version: true", "line 1, column 10: the only version is 1, not true"),
        ("version: 1\nseed: -1", "line 2, column 7: has to be at least 0, not -1"),
        (
            "version: 1\nunmatched: ignore",
            "line 2, column 12: 'ignore' is not known here: expected generate or error",
        ),
        ("version: 1\nrules: {}", "line 2, column 8: rules have to be a list, not a mapping"),
        ("version: 1\nrules: [hi]", "line 2, column 9: a rule has to be a mapping of name, when"),
        ("version: 1\nreplay: /nowhere/at/all", "line 2, column 9: there is no file '/nowhere/at/all'"),
        ("version: 1\nreplay: tapes", "line 2, column 9: 'tapes' is relative, and this script is no file"),
    ],
)
def test_mistakes_at_the_top(text: str, problem: str) -> None:
    assert list_problems(text)[0].startswith(problem)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ('text: {regex: "(a"}', "not a regular expression of RE2: missing ): (a"),
        ('text: {regex: "a(?=b)"}', "not a regular expression of RE2: invalid perl operator: (?="),
        ("text: {}", "needs one of equals, contains, regex"),
        ("text: []", "a text condition has to be a mapping of equals, contains, regex, not a list"),
        ("text: {matches: a}", "a text condition has no 'matches': expected equals, contains or regex"),
        ("text: null", "expected a string, not nothing"),
        ("turn: 0", "has to be at least 1, not 0"),
        ("turn: {min: 1}", "turn has no 'min': expected at_least or at_most"),
        ("stream: sure", "expected true or false, not the string 'sure'"),
        ("header: x-a", "header has to be a mapping of names to values, not the string 'x-a'"),
        ("header: {x-a: {present: false, equals: b}}", "a header that has to be absent has no value to look at"),
        ("tool_result: {name: a}", "tool_result has no 'name': expected tool, is_error, equals, contains or regex"),
        ("any: []", "any of nothing never holds"),
        ("any: {text: a}", "expected a list, not a mapping"),
        ("not: [text]", "when has to be a mapping of deployment"),
    ],
)
def test_mistakes_in_conditions(condition: str, problem: str) -> None:
    text = f"version: 1\nrules:\n- when:\n    {condition}\n  respond: x\n"
    assert [told for told in list_problems(text) if problem in told and told.startswith("line 4, ")]


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ("5", "a response has to be a mapping"),
        ("{text: a, content: []}", "'content' and 'text' cannot both answer"),
        ("{text: 5}", "expected a string, not 5; quotation marks make it one"),
        (
            "{content: hello}",
            "content has to be a list of content blocks, not the string 'hello'; `text:` takes a text",
        ),
        ("{content: [hello]}", "a content block has to be a mapping with a `type`"),
        ("{content: [{text: a}]}", "a content block needs a `type`"),
        ("{content: [{type: txt, text: a}]}", "'txt' is no kind of content block: did you mean 'text'?"),
        ("{content: [{type: tool_use}]}", "a tool_use block needs `name`"),
        ("{content: [{type: tool_use, name: a, input: b}]}", "expected a mapping, not the string 'b'"),
        ("{text: a, stop_reason: end}", "'end' is not known here: expected end_turn, max_tokens"),
        ("{text: a, usage: {ouput_tokens: 1}}", "usage has no 'ouput_tokens': did you mean 'output_tokens'?"),
        ("{text: a, stream: {speed: 1}}", "stream has no 'speed': expected time_to_first_token"),
        ("{text: a, status: 200}", "'status' has no effect beside 'text'"),
        ("{text: 'Hi {{last_user_txt}}'}", "there is no '{{last_user_txt}}': did you mean 'last_user_text'?"),
        ("{generate: false}", "can only be true"),
        ("{fault: reset}", "'reset' is not known here: expected disconnect"),
        ("{error: 200}", "has to be at least 400, not 200"),
        ("{error: {message: a}}", "error needs a `status`"),
        ("{error: {status: 500, body: a, type: b}}", "'type' has no effect beside 'body'"),
        ("{error: {status: 500, shape: aws}}", "'aws' is not known here: expected anthropic or azure"),
        ("{error: {status: 500, headers: {content-length: 1}}}", "'content-length' is set by the server"),
        ("{error: {status: 500, headers: {'a b': c}}}", "'a b' is no name of a header"),
        ('{error: {status: 500, headers: {a: "b\\r\\nc: d"}}}', "not what a header can carry"),
        ("{raw_sse: missing.sse}", "there is no file 'missing.sse'"),
        ("{raw_sse: .}", "is not a regular file"),
        ('{raw_json: "{}\\n"}', "this is no path of a file; what is to be sent goes below `inline:`"),
        ("{raw_json: {inline: a, file: b}}", "needs either `file` or `inline`"),
        ("{forward: a, delay: 1}", "'delay' has no effect beside 'forward'"),
        ("{text: a, delay: soon}", "expected a number, not the string 'soon'"),
        ("{text: a, stream_fault: explode}", "'explode' is not known here: expected error_event, disconnect"),
        ("{text: a, stream_fault: stall}", "a stall needs `seconds`"),
        ("{text: a, stream_fault: {after_events: 1}}", "stream_fault needs a `kind`"),
        ("{text: a, stream_fault: {kind: truncate, seconds: 1}}", "'seconds' has no effect on 'truncate'"),
        ("{text: a, stream_fault: {kind: truncate, after_events: 1, after_bytes: 1}}", "cannot both say when"),
    ],
)
def test_mistakes_in_responses(response: str, problem: str, tmp_path: Path) -> None:
    text = f"version: 1\nrules:\n- respond:\n    {response}\n"
    assert [told for told in list_problems(text, tmp_path) if problem in told and told.startswith("line 4, ")]


def test_mistakes_in_rules() -> None:
    assert list_problems(
        """\
version: 1
rules:
  - {respond: a, sequence: [b]}
  - {sequence: []}
  - {respond: a, then: next_rule}
  - {respond: a, times: 0}
"""
    ) == [
        "line 3, column 28: 'sequence' and 'respond' cannot both answer",
        "line 4, column 16: sequence has to be a list of at least one response",
        "line 5, column 24: 'then' has no effect without 'sequence'",
        "line 6, column 25: has to be at least 1, not 0",
    ]


def test_a_mistake_behind_an_alias_is_told_once() -> None:
    text = "version: 1\nrules:\n- respond: &r {txt: a}\n- respond: *r"
    assert len(list_problems(text)) == 2


def test_somebody_elses_template_is_a_text() -> None:
    script = parse_script("version: 1\nrules:\n- respond: 'Dear {{ customer }}'", source_name="")
    assert len(script.rules) == 1


def test_a_script_of_nothing_but_a_version_is_one() -> None:
    script = parse_script('{"version": 1}', source_name="")
    assert (script.rules, script.validates, script.seed) == ((), True, None)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "script.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScriptError, match=r"script.yaml: line 1, column 1: (not UTF-8|cannot be read: No such file)"):
        load_script(path)


def test_the_search_for_mistakes_ends() -> None:
    """So that what is no script at all costs no minutes."""
    problems = list_problems("version: 1\n" + "".join(f"key {number}: 1\n" for number in range(20_000)))
    assert len(problems) == 20
