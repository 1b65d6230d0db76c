from __future__ import annotations

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

EVENT = {
    "time": "2027-01-15T07:59:00Z",
    "actorName": "ada@example.com",
    "action": "Microsoft.CognitiveServices/accounts/listKeys/action",
    "target": account_path("example-resource"),
    "callerAddress": "127.0.0.1",
    "result": "refused",
    "status": 403,
    "detail": "AuthorizationFailed",
}


def test_events_say_who_did_what_from_where_with_what_result(run: Run, ingate: FakeIngate) -> None:
    ingate.events.append(EVENT)
    assert run("audit", "-o", "tsv").stdout.split("\t") == [
        "2027-01-15T07:59:00Z",
        "ada@example.com",
        "Microsoft.CognitiveServices/accounts/listKeys/action",
        account_path("example-resource"),
        "127.0.0.1",
        "refused",
        "AuthorizationFailed\n",
    ]


@pytest.mark.parametrize(
    ("since", "begin"),
    [
        ("24h", "2027-01-14T08:00:00.000000Z"),
        ("90m", "2027-01-15T06:30:00.000000Z"),
        ("2027-01-01", "2027-01-01T00:00:00.000000Z"),
        ("2027-01-15T09:00:00+02:00", "2027-01-15T07:00:00.000000Z"),
    ],
)
def test_the_time_is_how_long_ago_or_a_date(run: Run, ingate: FakeIngate, since: str, begin: str) -> None:
    run("audit", "--since", since)
    assert ingate.requests[-1].url.params["since"] == begin


def test_a_target_is_a_resources_name_or_an_id(run: Run, ingate: FakeIngate) -> None:
    run("audit", "--target", "example-resource")
    assert ingate.requests[-1].url.params["target"] == account_path("example-resource")


def test_what_is_no_time_is_wrong_usage(run: Run) -> None:
    assert run("audit", "--since", "yesterday").exit_code == 2
