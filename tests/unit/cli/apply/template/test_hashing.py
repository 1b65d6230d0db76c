from __future__ import annotations

from ingate.cli.apply.template.hashing import make_guid, make_unique_string


def test_unique_strings_are_those_that_bicep_makes() -> None:
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg"
    cases = [
        (["test"], "rbgf3xv4ufgzg"),
        (["abc"], "cgtzqvhu4i23s"),
        (["hello", "world"], "a7wkljktk6wne"),
        (["foo", "bar", "baz"], "xzi4ioaxtmth4"),
        ([group], "bmg7c6xu4tw46"),
    ]
    assert [make_unique_string(parts) for parts, _ in cases] == [expected for _, expected in cases]


def test_guids_are_version_5_and_follow_from_their_arguments() -> None:
    made = make_guid(["a", "b"])
    assert made[14] == "5"
    assert made == make_guid(["a-b"]) != make_guid(["a", "B"])
