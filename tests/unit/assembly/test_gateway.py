from __future__ import annotations

from pathlib import Path

import pytest

from ingate.assembly.credentials import read_credential
from ingate.domain.upstream import CredentialReference


def test_a_credential_from_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  s3cret\n\n")
    assert read_credential(CredentialReference(source="file", location=str(file))) == "s3cret"


def test_a_credential_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "s3cret\n")
    assert read_credential(CredentialReference(source="env", location="SOME_SECRET")) == "s3cret"


def test_one_that_is_not_there_is_an_error_that_the_caller_knows(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        read_credential(CredentialReference(source="file", location=str(tmp_path / "nowhere")))
    with pytest.raises(KeyError):
        read_credential(CredentialReference(source="env", location="NO_SUCH_VARIABLE_HERE"))


def test_one_that_is_no_ascii_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("clé", encoding="utf-8")
    with pytest.raises(UnicodeError) as caught:
        read_credential(CredentialReference(source="file", location=str(file)))
    assert "clé" not in str(caught.value)
