from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

from ingate.domain.redaction import PatternInvalid, RedactionTooSlow, Redactor, check_pattern

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "secret",
    ["sk-ant-api03-abc_DEF-123456", "Bearer abcdefghij0123456789", TOKEN, "k" * 84, "0123456789abcdef" * 2, PEM],
)
@pytest.mark.parametrize("around", ["{}", "key={},", 'he said: "{}"', "é {}\n{}"])
def test_secrets_are_taken_out_and_nothing_else(secret: str, around: str) -> None:
    assert Redactor(()).redact(around.replace("{}", secret)) == around.replace("{}", "[redacted]")


@pytest.mark.parametrize("secret", ["sk-ant-api03-0123456789", "k" * 84, "k" * 32])
def test_an_underscore_beside_a_secret_does_not_hide_it(secret: str) -> None:
    assert secret not in str(Redactor(()).redact(f"KEY_{secret}_2"))


def test_a_private_key_that_is_cut_off_is_taken_out_to_the_end() -> None:
    assert Redactor(()).redact("see " + PEM[:50]) == "see [redacted]"


def test_a_private_key_inside_json_text_inside_a_string_is_taken_out() -> None:
    assert Redactor(()).redact(json.dumps({"pem": PEM})) == '{"pem": "[redacted]"}'


@pytest.mark.parametrize(
    "text", ["The bearer of this letter is welcome.", "k" * 83, "k" * 85, "0" * 31, "eyJ", "sk-ant", "", "日本語 🦊"]
)
def test_other_text_stays(text: str) -> None:
    assert Redactor(()).redact(text) == text


def test_strings_are_redacted_wherever_they_stand_but_not_names_and_numbers() -> None:
    value = {"ACME-1": ["ACME-2", {"a": "x ACME-3 y"}, 4, None, True, 1.5], "n": 12345}
    assert Redactor([r"ACME-\d|\d{5}"]).redact(value) == {
        "ACME-1": ["[redacted]", {"a": "x [redacted] y"}, 4, None, True, 1.5],
        "n": 12345,
    }


def test_patterns_work_on_characters_and_all_of_them() -> None:
    assert Redactor(["(?i)größe", "ß."]).redact("GRÖSSE größe Größe ße") == "GRÖSSE [redacted] [redacted] [redacted]"


def test_where_a_pattern_matches_nothing_nothing_changes() -> None:
    assert Redactor(["x*"]).redact("axxb") == "a[redacted]b"


@pytest.mark.timeout(10)
def test_no_pattern_takes_longer_than_linear_time() -> None:
    assert Redactor(["(a+)+$"]).redact("a" * 100_000 + "b") == "a" * 100_000 + "b"


def test_finding_very_many_has_a_deadline() -> None:
    moments = itertools.count(step=0.01)
    redactor = Redactor(["a.*z|a"], clock=lambda: next(moments))
    assert redactor.redact(["a" * 50, "z"]) == ["[redacted]" * 50, "z"]
    assert redactor.redact(["a" * 50, "z"]) == ["[redacted]" * 50, "z"], "each has its own"
    with pytest.raises(RedactionTooSlow):
        redactor.redact(["a" * 300])


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("secret-(", "missing )"),
        ("secret[z", "missing ]"),
        ("(?=secret)", "invalid perl operator"),
        (r"(secret)\1", "invalid escape sequence"),
        ("secret{1001}", "invalid repetition size"),
        ("\ud800", "a lone surrogate"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said_without_it(pattern: str, reason: str) -> None:
    assert check_pattern(pattern) == PatternInvalid(reason=reason)


def test_the_library_is_not_imported_before_a_pattern_is() -> None:
    look = "import sys, ingate.assembly.gateway, ingate.assembly.control; sys.exit('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_a_valid_pattern_has_no_problem() -> None:
    assert check_pattern(r"(?i)\bacct-\d{6}\b") is None
