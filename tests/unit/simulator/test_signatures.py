"""Signatures of thinking: like Claude's to look at, and refused when they stand beside another text."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.simulator.signatures import is_genuine, redact, sign


@given(st.text(max_size=50), st.text(max_size=50), st.binary(max_size=8))
def test_a_signature_fits_its_text_and_no_other(text: str, other: str, salt: bytes) -> None:
    signature = sign(text, model="claude-opus-4-5", salt=salt)
    assert is_genuine(text, signature)
    assert is_genuine(other, signature) == (other == text)


def test_a_signature_looks_like_base64_of_claudes_length_and_is_the_same_every_time() -> None:
    signature = sign("A thought.", model="claude-opus-4-5")
    assert signature == sign("A thought.", model="claude-opus-4-5")
    assert signature.startswith("E")
    assert len(base64.b64decode(signature, validate=True)) > 90


@pytest.mark.parametrize("signature", ["", "not base64!", "abc", "c2ln\n"])
def test_what_is_no_base64_is_not_genuine(signature: str) -> None:
    assert not is_genuine("A thought.", signature)


def test_a_shortened_or_changed_signature_of_ours_is_not_genuine() -> None:
    content = base64.b64decode(sign("A thought.", model="m"))
    for spoilt in (content[:-3], content + b"abc", content[:-1] + bytes([content[-1] ^ 1])):
        assert not is_genuine("A thought.", base64.b64encode(spoilt).decode())


def test_claudes_own_signatures_are_believed(fixtures_dir: Path) -> None:
    message = json.loads((fixtures_dir / "claude" / "thinking_json.json").read_text())
    [block] = [block for block in message["content"] if block["type"] == "thinking"]
    assert is_genuine(block["thinking"], block["signature"])


def test_redacted_data_grows_with_the_thinking_and_does_not_show_it() -> None:
    short, long = redact("secret", model="m"), redact("secret " * 100, model="m")
    assert len(long) > len(short) + 500
    assert b"secret" not in base64.b64decode(long)
