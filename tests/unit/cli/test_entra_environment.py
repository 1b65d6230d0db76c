"""Variables that would send Azure's identity libraries somewhere else."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_entra import TENANT
from tests.unit.cli.fake_ingate import SECURE_URL


def test_our_tenant_at_microsofts_authority_is_named(run: Run) -> None:
    result = run("doctor", "-o", "tsv", environment={"AZURE_TENANT_ID": TENANT})
    assert result.exit_code == 1
    assert f"export AZURE_AUTHORITY_HOST={SECURE_URL}" in result.stdout


def test_an_authority_whose_certificate_nobody_trusts_is_named(run: Run, data_dir: Path) -> None:
    (data_dir / "ca.pem").write_text("a certificate")
    environment = {"AZURE_TENANT_ID": TENANT, "AZURE_AUTHORITY_HOST": SECURE_URL + "/"}
    assert f"export REQUESTS_CA_BUNDLE={data_dir / 'ca.pem'}" in run("doctor", environment=environment).stdout
    trusting = environment | {"REQUESTS_CA_BUNDLE": "ca.pem"}
    assert "Entra ID" not in run("doctor", environment=trusting).stdout


def test_another_tenant_is_none_of_our_business(run: Run) -> None:
    assert "Entra ID" not in run("doctor", environment={"AZURE_TENANT_ID": "somebody-elses"}).stdout
