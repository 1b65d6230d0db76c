from __future__ import annotations

import pytest

from ingate.domain import naming


@pytest.mark.parametrize(
    "name",
    ["aa", "claude-opus-4-5", "v1.2_b", "A" * 64, "production-été", "生产", "モデル", "रिलीज़-1", "Ωmega", "4x"],
)
def test_a_deployments_name_may_use_letters_and_digits_of_any_script(name: str) -> None:
    assert naming.is_deployment_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "A" * 65,
        "-a",
        ".hidden",
        "_a",
        "a b",
        "a/b",
        "a\\b",
        "a\nb",
        "a\0b",
        'a"b',
        "a%2fb",
        "caf\N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT}",
        "\N{COMBINING ACUTE ACCENT}a",
        "a\N{ZERO WIDTH JOINER}b",
        "a\N{RIGHT-TO-LEFT OVERRIDE}b",
        "a😀",
        "a\ud800",
    ],
    ids=ascii,
)
def test_a_deployments_name_has_nothing_that_hides_or_separates(name: str) -> None:
    assert not naming.is_deployment_name(name)


@pytest.mark.parametrize(("name", "valid"), [("a1", True), ("Example-Resource", True), ("a" * 64, True)])
def test_resource_names_are_azures(name: str, valid: bool) -> None:
    assert naming.is_resource_name(name) is valid


@pytest.mark.parametrize("name", ["a", "-ab", "ab-", "a_b", "a.b", "é1", "a" * 65, "ab\n"], ids=ascii)
def test_what_could_be_no_host_name_is_no_resource_name(name: str) -> None:
    assert not naming.is_resource_name(name)


def test_resource_group_names_do_not_end_with_a_period() -> None:
    assert naming.is_resource_group_name("My_Group-(1).x")
    assert not naming.is_resource_group_name("group.")
    assert not naming.is_resource_group_name("")
    assert not naming.is_resource_group_name("a" * 91)


def test_names_that_differ_in_case_are_the_same() -> None:
    assert naming.fold_name("ÉTÉ-Prod") == naming.fold_name("été-pROD")
    assert naming.fold_name("a") != naming.fold_name("b")


@pytest.mark.parametrize(
    ("text", "short"), [("East US 2", "eastus2"), ("eastus2", "eastus2"), ("a/b", None), ("", None)]
)
def test_regions_have_a_long_and_a_short_name(text: str, short: str | None) -> None:
    assert naming.parse_location(text) == short


def test_a_guid_is_the_hyphenated_form_only() -> None:
    assert naming.is_guid("22222222-2222-4222-8222-22222222222A")
    assert not naming.is_guid("22222222222242228222222222222222")
    assert not naming.is_guid("{22222222-2222-4222-8222-222222222222}")
