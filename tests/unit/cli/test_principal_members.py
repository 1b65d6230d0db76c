from __future__ import annotations

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import PRINCIPALS, FakeIngate


def test_members_come_and_go_by_any_name(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("readers", kind="group", objectId="g1")
    ingate.add_principal("ada", kind="user", objectId="o1", userPrincipalName="ada@example.com")
    assert run("principal", "member", "add", "readers", "ada@example.com").exit_code == 0
    assert run("principal", "member", "remove", "readers", "ada").exit_code == 0
    body = {"memberId": "o1"}
    assert ingate.actions == [("readers", "addMember", body), ("readers", "removeMember", body)]


def test_members_are_listed_as_principals(run: Run, ingate: FakeIngate) -> None:
    ingate.add_principal("readers", kind="group")
    ingate.arm[f"{PRINCIPALS}/readers/members/ada"] = {
        "name": "ada",
        "properties": {"kind": "user", "objectId": "o1"},
    }
    assert run("principal", "member", "list", "readers", "-o", "tsv").stdout == "ada\tuser\to1\t\t\t\n"
