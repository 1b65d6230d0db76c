"""What is kept of a sign-in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingate.cli.invocation import Invocation
from ingate.cli.sign_in import AccessToken, SignIn, SignIns

SIGN_IN = SignIn(
    way="secret",
    tenant_id="t",
    client_id="c",
    object_id="o",
    name="my-app",
    credential="the~client~secret",
    tokens={"https://ai.azure.com": AccessToken(text="eyJ.the-token", expires_on=1_800_000_000)},
)


@pytest.fixture
def kept(tmp_path: Path) -> SignIns:
    return SignIns(Invocation(environment={"INGATE_CONFIG_DIR": str(tmp_path / "config")}))


def test_each_ingate_has_its_own_sign_in(kept: SignIns) -> None:
    other = replace(SIGN_IN, way="user", name="ada@example.com")
    kept.put("/data/one", SIGN_IN)
    kept.put("https://two.example:8443", other)
    assert (kept.get("/data/one"), kept.get("https://two.example:8443")) == (SIGN_IN, other)
    assert kept.delete("/data/one")
    assert (kept.get("/data/one"), kept.get("https://two.example:8443")) == (None, other)


def test_no_secret_is_in_what_python_prints_of_it() -> None:
    assert "the~client~secret" not in repr(SIGN_IN)
    assert "the-token" not in repr(SIGN_IN)
    assert "the-token" not in repr(SIGN_IN.tokens)


@pytest.mark.parametrize("content", ["[]", '{"signIns": {"k": 1}}', '{"signIns": {"k": {"way": "magic"}}}'])
def test_an_entry_that_makes_no_sense_is_nobodys(kept: SignIns, tmp_path: Path, content: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sign-ins.json").write_text(content)
    assert kept.get("k") is None


def test_without_a_directory_of_its_own_the_platforms_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    SignIns(Invocation(environment={})).put("k", SIGN_IN)
    assert (tmp_path / "ingate" / "sign-ins.json").exists()
