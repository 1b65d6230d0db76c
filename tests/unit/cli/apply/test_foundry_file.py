"""What is said about a foundry.yaml with mistakes."""

from __future__ import annotations

import pytest
from tests.unit.cli.apply.conftest import ApplyText

from ingate.cli.apply.foundry_file import parse_foundry_file
from ingate.cli.apply.problem import FileInvalid


def find_problems(text: str) -> list[str]:
    with pytest.raises(FileInvalid) as caught:
        parse_foundry_file(text, "foundry.yaml")
    return [f"{problem.place}: {problem.message}" for problem in caught.value.problems]


def test_several_mistakes_are_told_at_once_each_with_its_place(apply_text: ApplyText) -> None:
    text = """\
version: 1
resources:
  - name: team-a
    deploymnets:
      - {name: opus}
    deployments:
      - name: opus
        model: claude-opus-4-5
        capacity: lots
        type: GlobalStandart
      - {name: haiku}
"""
    result = apply_text(text)
    assert result.exit_code == 1
    lines = [line.rpartition("foundry.yaml:")[2] for line in result.stderr.splitlines()[1:]]
    assert lines == [
        "4:5: there is no key 'deploymnets' here. Did you mean 'deployments'?",
        "9:19: a whole number from 1 to 1000000 is expected here, not 'lots'",
        "10:15: 'GlobalStandart' is none of GlobalStandard, DataZoneStandard. Did you mean 'GlobalStandard'?",
        "11:9: 'model' is missing",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: there is nothing in it"),
        ("- a", "1:1: keys and values is expected here, not a list"),
        ("version: 2", "1:10: a whole number from 1 to 1 is expected here, not 2"),
        ("resources: []", "1:1: 'version' is missing"),
        ("version: 1\nversion: 1", "2:1: 'version' is here a second time"),
        ("version: !secret 1", "1:10: tags are not taken: !secret"),
        ("a: &a [*a]", "1:4: more than"),
        ("version: 1\n---\nversion: 1", "2:1: not YAML: "),
        ("version: 1\nprincipals: [{name: a, kind: group, secretFile: x}]", "2:49: 'secretFile' belongs to"),
        ("version: 1\nroles: [{name: a}, {name: A}]", "2:27: 'A' is here a second time; line 2 has the first"),
        ("version: 1\nassignments: [{role: a, scope: b}]", "2:15: an assignment has either 'principal' or"),
        ("version: 1\nprincipals: [{name: a, kind: user, objectId: 7}]", "2:46: a GUID is expected here, not 7"),
    ],
)
def test_each_mistake_is_explained(text: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in find_problems(text)), find_problems(text)


def test_a_credential_that_is_there_itself_is_not_repeated() -> None:
    text = "version: 1\nupstreams: [{name: a, baseUrl: 'https://a', credential: sk-ant-secret}]"
    (problem,) = find_problems(text)
    assert problem.startswith("2:57: where the credential is, env:VARIABLE or file:PATH")
    assert "sk-ant" not in problem


def test_numbers_that_are_names_stay_as_they_are_written() -> None:
    text = "version: 1\nresources: [{name: 007, deployments: [{name: 12, model: 1e5, version: 20251101}]}]"
    resource = parse_foundry_file(text, "foundry.yaml").sections("resources")[0]
    deployment = resource.sections("deployments")[0]
    assert (resource.text("name"), deployment.text("name")) == ("007", "12")
    assert (deployment.text("model"), deployment.text("version")) == ("1e5", "20251101")
